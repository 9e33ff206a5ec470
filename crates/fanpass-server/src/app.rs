//! What the operations share while the service runs.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use fanpass_model::{AttributeRegistry, ServiceSetting, ga4};
use jiff::SignedDuration;
use tokio::sync::Semaphore;

use crate::auth::{Authority, Rates};
use crate::config::{Config, Limits};
use crate::disk;
use crate::error::{ServiceError, ServiceErrorKind};
use crate::faults::Faults;
use crate::ga4::Forwarding;
use crate::http::floods::Floods;
use crate::http::idempotency::UnderWay;
use crate::http::owed::Owed;
use crate::http::problem::{Kind, Problem};
use crate::imports::Imports;
use crate::metrics::Metrics;
use crate::store::{Attributes, Store, StoreError};

/// Files that are looked into at the same time: a workbook may hold its shared strings in memory meanwhile.
const CHECKS_MAX: usize = 2;

/// Answers of some MiB that are made, or wait for their clients to take them, at the same time.
const LONG_ANSWERS_MAX: usize = 16;

/// How much older than its last use the kept one of a token may be: not each call is to write.
const TOKEN_USE_KEPT: SignedDuration = SignedDuration::from_mins(1);

/// The shared parts of one service.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) imports: Imports,
    pub(crate) authority: Authority,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) metrics: Metrics,
    pub(crate) forwarding: Forwarding,
    /// Whether it takes no more connections and only answers the calls under way.
    pub(crate) draining: AtomicBool,
    /// Permits for uploads that are being received.
    pub(crate) uploads: Arc<Semaphore>,
    /// Permits for bytes of inline segments.
    pub(crate) inline_room: Arc<Semaphore>,
    /// Permits for bytes of all other bodies that are held in memory.
    pub(crate) body_room: Arc<Semaphore>,
    /// Permits for bytes of answers.
    pub(crate) answer_room: Arc<Semaphore>,
    /// Permits for answers that may be long.
    pub(crate) long_answers: Arc<Semaphore>,
    pub(crate) rates: Rates,
    pub(crate) floods: Floods,
    pub(crate) owed: Owed,
    /// Idempotency keys of calls under way.
    pub(crate) under_way: Arc<UnderWay>,
    /// Permits to look into files that were received.
    pub(crate) checks: Semaphore,
    pub(crate) token_lifetime: Duration,
    /// As whoever runs the service tells them.
    pub(crate) settings: Vec<ServiceSetting>,
    /// How long changes of users are kept.
    user_history: Duration,
    /// The contract's catalogue with what the configuration adds.
    platform: AttributeRegistry,
    /// The catalogue with the custom attributes as they were registered when it was made.
    registry: RwLock<(Attributes, Arc<AttributeRegistry>)>,
}

impl App {
    pub(crate) fn new(
        store: Store,
        imports: Imports,
        authority: Authority,
        config: &Config,
    ) -> Result<Self, ServiceError> {
        let no_metrics = |error: prometheus::Error| {
            ServiceError::new(ServiceErrorKind::Config, format!("the metrics contradict each other: {error}"))
        };
        let metrics = Metrics::new().map_err(no_metrics)?;
        for meter in store.meters() {
            metrics.add_writer(meter).map_err(no_metrics)?;
        }
        let mut platform = AttributeRegistry::builtin().with_policy(config.platform_policy);
        for definition in &config.platform_attributes {
            platform.insert(definition.clone());
        }
        let forwarding = Forwarding::new(&config.ga4)?;
        if forwarding.target.is_some() {
            store.keep_outbox();
            for warning in ga4::lint_definitions(platform.iter()) {
                tracing::warn!("{warning}");
            }
        }
        let custom = store.attributes();
        let registry = Arc::new(with_custom(&platform, &custom));
        Ok(Self {
            store,
            imports,
            authority,
            limits: config.limits.clone(),
            faults: Faults::new(&config.faults),
            metrics,
            forwarding,
            draining: AtomicBool::new(false),
            uploads: Arc::new(Semaphore::new(config.limits.concurrent_uploads.min(Semaphore::MAX_PERMITS))),
            inline_room: Arc::new(Semaphore::new(permits(config.limits.inline_bytes_in_all))),
            body_room: Arc::new(Semaphore::new(permits(config.limits.body_bytes_in_all))),
            answer_room: Arc::new(Semaphore::new(permits(config.limits.answer_bytes_in_all))),
            long_answers: Arc::new(Semaphore::new(LONG_ANSWERS_MAX)),
            rates: Rates::new(&config.limits),
            floods: Floods::default(),
            owed: Owed::default(),
            under_way: Arc::default(),
            checks: Semaphore::new(CHECKS_MAX),
            token_lifetime: config.token_lifetime,
            settings: config.settings.clone(),
            user_history: config.user_history,
            platform,
            registry: RwLock::new((custom, registry)),
        })
    }

    /// Refuses what would leave less room on the disk than is to be kept free, `bytes` more being written. What logs take counts
    /// as free: they are cut where it is wanted.
    pub(crate) fn check_room(&self, bytes: u64) -> Result<(), Problem> {
        let free = match disk::free(self.store.folder().path()) {
            Ok(Some(free)) => free,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, "the system does not tell how much room the disk has");
                return Ok(());
            }
        };
        let kept = self.limits.disk_kept_free;
        let wanted = kept.saturating_add(bytes);
        if free >= wanted {
            return Ok(());
        }
        self.store.cut_logs();
        let logs: u64 = self.store.log_bytes().iter().map(|(_, bytes)| bytes).sum();
        if free.saturating_add(logs) >= wanted {
            return Ok(());
        }
        tracing::error!(free, kept, "the disk has too little room for uploads and lists");
        let what = match kept {
            0 => "the service's disk has no room for it".to_owned(),
            _ => {
                format!("it would leave less than the {kept} bytes that are kept free on the service's disk")
            }
        };
        let detail = format!("{what}; nothing was stored: its operator must free space");
        Err(Problem::new(Kind::FULL, detail))
    }

    /// What is done every second: owed records are kept, counts of refused calls recorded, uses of tokens kept, old changes
    /// forgotten.
    pub(crate) async fn tend(&self) -> Result<(), StoreError> {
        self.store.folder().check_place()?;
        self.owed.settle(&self.store).await?;
        self.record_floods(self.store.clock().now().as_microsecond()).await?;
        self.store.keep_token_uses(TOKEN_USE_KEPT).await?;
        let until = SignedDuration::try_from(self.user_history)
            .ok()
            .and_then(|kept| self.store.clock().now().checked_sub(kept).ok());
        match until {
            Some(until) => self.store.forget_changes(until).await.map(drop),
            None => Ok(()),
        }
    }

    /// What is not to be lost when the service stops.
    pub(crate) async fn tend_at_last(&self) -> Result<(), StoreError> {
        self.owed.settle(&self.store).await?;
        self.record_floods(i64::MAX).await?;
        self.store.keep_token_uses(SignedDuration::ZERO).await
    }

    async fn record_floods(&self, now: i64) -> Result<(), StoreError> {
        for entry in self.floods.drain(now) {
            self.store.append_audit(entry).await?;
        }
        Ok(())
    }

    /// The attributes that users may carry now.
    pub(crate) fn registry(&self) -> Arc<AttributeRegistry> {
        let custom = self.store.attributes();
        {
            let made = self.registry.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&made.0, &custom) {
                return Arc::clone(&made.1);
            }
        }
        let registry = Arc::new(with_custom(&self.platform, &custom));
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = (custom, Arc::clone(&registry));
        registry
    }
}

/// A permit for each byte, as many as a semaphore can have at most.
fn permits(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}

fn with_custom(platform: &AttributeRegistry, custom: &Attributes) -> AttributeRegistry {
    let mut registry = platform.clone();
    for definition in custom.values() {
        registry.insert(definition.clone());
    }
    registry
}
