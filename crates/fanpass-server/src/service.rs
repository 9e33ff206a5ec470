//! The service: opened on a data folder, reached over sockets or in process, stopped without losing a call.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use fanpass_transport::DynTransport;
use futures_util::FutureExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::auth::{Authority, SCOPES, secret_file};
use crate::config::Config;
use crate::error::{ServiceError, ServiceErrorKind};
use crate::files;
use crate::ga4::Forwarder;
use crate::http::{router, watching};
use crate::imports::Imports;
use crate::in_process::InProcessTransport;
use crate::listen::listen;
use crate::portal;
use crate::store::folder::DEVELOPMENT_TOKEN;
use crate::store::{AuditEntry, Clock, Ids, Store, StoreError, StoreErrorKind};

const TENDED_EVERY: Duration = Duration::from_secs(1);
/// Connections to the address for metrics.
const WATCHERS_MAX: usize = 32;
const DEVELOPMENT_SUBJECT: &str = "development";

/// A running FanPass on one data folder. Clones are handles of the same service.
#[derive(Clone)]
pub struct Service {
    app: Arc<App>,
    tending: Arc<Tending>,
    forwarder: Arc<Forwarder>,
    config: Arc<Config>,
    router: Router,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("data", &self.config.data).finish_non_exhaustive()
    }
}

impl Service {
    /// Opens the data folder, made when it is not there, and takes up the imports that an earlier run left behind.
    ///
    /// # Errors
    /// [`ServiceErrorKind::Locked`] when another process owns the folder, [`ServiceErrorKind::TooNew`] when a newer
    /// FanPass wrote it, [`ServiceErrorKind::Storage`] when it cannot be read or written, [`ServiceErrorKind::Key`]
    /// when the signing key cannot, or is open to others than its owner, [`ServiceErrorKind::Config`] when the configuration
    /// contradicts itself.
    pub async fn open(config: Config) -> Result<Self, ServiceError> {
        Self::open_with(config, Clock::system(), Ids::random()).await
    }

    /// As [`open`](Self::open), with a clock and ids of the caller's choice: what tests need to say what is answered.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(config: Config, clock: Clock, ids: Ids) -> Result<Self, ServiceError> {
        let opened = tokio::task::spawn_blocking(move || {
            let store = Store::open_with(&config.data, clock, ids, config.limits.writes_waiting)?;
            let authority = Authority::open(&config.data, store.clone())?;
            let imports = Imports::start(store.clone(), config.imports.clone())?;
            Ok::<_, ServiceError>((App::new(store, imports, authority, &config)?, config))
        });
        let (app, config) = opened.await.map_err(|error| {
            ServiceError::new(ServiceErrorKind::Storage, "opening the data folder was cut short")
                .with_source(error)
        })??;
        let app = Arc::new(app);
        let tending = Arc::new(Tending::start(&app));
        let api = router(&app);
        let pages = config.portal.enabled.then(|| portal::router(&app, &api, &config.portal));
        let router = pages.map_or(api.clone(), |pages| api.merge(pages));
        Ok(Self { router, app, tending, forwarder: Arc::default(), config: Arc::new(config) })
    }

    #[cfg(test)]
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// A transport into this service without a socket.
    pub fn transport(&self) -> InProcessTransport {
        InProcessTransport::new(self.router.clone())
    }

    /// Serves connections until `shutdown` completes; then accepts no more and answers the calls under way, for at
    /// most [`Config::drain`]. The service itself goes on: see [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`ServiceErrorKind::Network`] when the socket fails for good.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServiceError> {
        let most = files::connections(&self.config.limits);
        listen(listener, self.router.clone(), &self.app, &self.config, most, shutdown).await
    }

    /// Serves `/metrics`, `/healthz` and `/readyz` to whoever reaches the socket, without a token, until `shutdown` completes; at
    /// most 32 connections at the same time.
    ///
    /// # Errors
    /// [`ServiceErrorKind::Network`] when the socket fails for good.
    pub async fn serve_metrics(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServiceError> {
        listen(listener, watching(&self.app), &self.app, &self.config, WATCHERS_MAX, shutdown).await
    }

    /// Begins to forward to GA4 what waits and what will come, over `transport`: the service has no HTTP client of its own.
    /// Where [`Config::ga4`] names no stream, and where it has begun already, nothing happens.
    pub fn forward_to_ga4(&self, transport: DynTransport) {
        self.forwarder.start(&self.app, transport);
    }

    /// A token with every scope for whoever owns the data folder, kept there in `dev-token` (mode 0600). The same one
    /// each time, until it has expired or was revoked.
    ///
    /// # Errors
    /// [`ServiceErrorKind::Key`] when the file cannot be read or written, or is open to others;
    /// [`ServiceErrorKind::Storage`] when a new token cannot be stored.
    pub async fn development_token(&self) -> Result<SecretString, ServiceError> {
        let path = self.config.data.join(DEVELOPMENT_TOKEN);
        let kept = secret_file::read(&path).map_err(|error| token_file("read", &path, error))?;
        if let Some(kept) = kept.and_then(|bytes| String::from_utf8(bytes).ok()).map(SecretString::from)
            && self.app.authority.verify(kept.expose_secret().trim()).is_ok()
        {
            return Ok(kept.expose_secret().trim().into());
        }
        let scopes = SCOPES.map(str::to_owned).into();
        let lifetime = self.config.token_lifetime.as_secs();
        let (record, token) =
            self.app.authority.make_token(DEVELOPMENT_SUBJECT.to_owned(), scopes, lifetime)?;
        let audit = AuditEntry {
            operation: "developmentToken".to_owned(),
            subject: Some(DEVELOPMENT_SUBJECT.to_owned()),
            target: Some(record.jti.clone()),
            status: 200,
            ..AuditEntry::default()
        };
        self.app.store.issue_token(record, audit).await?;
        secret_file::write(&path, token.expose_secret().as_bytes())
            .map_err(|error| token_file("keep", &path, error))?;
        Ok(token)
    }

    /// How many imports an earlier run left unfinished, which this one took up when it was opened.
    pub fn imports_taken_up(&self) -> usize {
        self.app.imports.taken_up()
    }

    /// Takes no more imports and waits until those received so far have ended.
    pub async fn finish(&self) {
        self.app.imports.finish().await;
        self.forwarder.stop(self.config.drain).await;
        self.tending.stop(&self.app).await;
    }

    /// Takes no more imports and leaves those that are not done to the next start, which takes them up again.
    pub async fn stop(&self) {
        self.app.draining.store(true, Ordering::Relaxed);
        self.app.imports.stop().await;
        self.forwarder.stop(self.config.drain).await;
        self.tending.stop(&self.app).await;
    }
}

/// The task that does what is done every second.
#[derive(Debug)]
struct Tending(Mutex<Option<JoinHandle<()>>>);

impl Tending {
    fn start(app: &Arc<App>) -> Self {
        let app = Arc::downgrade(app);
        Self(Mutex::new(Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(TENDED_EVERY).await;
                let Some(app) = app.upgrade() else { return };
                match AssertUnwindSafe(app.tend()).catch_unwind().await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) if error.kind() == StoreErrorKind::Moved => tracing::error!("{error}"),
                    Ok(Err(error)) => tracing::warn!(%error, "the storage could not be tended"),
                    // The next time may go better, and without it nothing would be tended any more.
                    Err(_) => tracing::error!("the storage could not be tended: it panicked"),
                }
            }
        }))))
    }

    /// Ends the task, and does what is not to be lost.
    async fn stop(&self, app: &App) {
        let task = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            // Ended by force, or by a fault that was told already.
            let _ = task.await;
        }
        if let Err(error) = app.tend_at_last().await {
            tracing::warn!(%error, "the storage could not be tended");
        }
    }
}

fn token_file(doing: &str, path: &Path, error: std::io::Error) -> ServiceError {
    let message = format!("could not {doing} the development token in `{}`: {error}", path.display());
    ServiceError::new(ServiceErrorKind::Key, message).with_source(error)
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::Locked => ServiceErrorKind::Locked,
            StoreErrorKind::TooNew => ServiceErrorKind::TooNew,
            _ => ServiceErrorKind::Storage,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}
