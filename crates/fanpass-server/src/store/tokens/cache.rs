//! The standing of each token, and when it was last used, in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use jiff::Timestamp;

use crate::store::database::Database;
use crate::store::error::StoreError;
use crate::store::time;

/// Whether a token id may be trusted, its signature and times apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStanding {
    /// Issued here and not revoked.
    Issued,
    /// Revoked.
    Revoked,
    /// Never issued here.
    Unknown,
}

/// The standing of each token in memory; exact, because this process alone writes them.
#[derive(Debug, Default)]
pub(in crate::store) struct TokenCache(RwLock<HashMap<String, Known>>);

/// What is known of a token. Times are microseconds since 1970; 0: never.
#[derive(Debug)]
struct Known {
    standing: TokenStanding,
    used: AtomicI64,
    /// The use that the database knows.
    kept: AtomicI64,
}

impl TokenCache {
    pub(in crate::store) fn load(service: &Database) -> Result<Self, StoreError> {
        let all = service.read_blocking("read the tokens", |connection| {
            let mut statement = connection
                .prepare("SELECT jti, revoked_at IS NOT NULL, coalesce(last_used_at, 0) FROM tokens")?;
            let rows = statement.query_map([], |row| {
                let standing = if row.get(1)? { TokenStanding::Revoked } else { TokenStanding::Issued };
                Ok((row.get(0)?, Known::new(standing, row.get(2)?)))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        Ok(Self(RwLock::new(all)))
    }

    pub(super) fn standing(&self, jti: &str) -> TokenStanding {
        self.read().get(jti).map_or(TokenStanding::Unknown, |known| known.standing)
    }

    /// As [`standing`](Self::standing), for a call that is made with the token at `now`.
    pub(super) fn use_at(&self, jti: &str, now: i64) -> TokenStanding {
        let all = self.read();
        let Some(known) = all.get(jti) else { return TokenStanding::Unknown };
        if known.standing == TokenStanding::Issued {
            known.used.store(now, Ordering::Relaxed);
        }
        known.standing
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Known>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, jti: &str, standing: TokenStanding) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let used = all.get(jti).map_or(0, |known| known.used.load(Ordering::Relaxed));
        all.insert(jti.to_owned(), Known::new(standing, used));
    }

    pub(super) fn last_use(&self, jti: &str) -> Option<Timestamp> {
        let used = self.read().get(jti)?.used.load(Ordering::Relaxed);
        (used > 0).then(|| time(used))
    }

    /// Uses that are more than `tolerance` microseconds later than those that the database knows.
    pub(super) fn uses_to_keep(&self, tolerance: i64) -> Vec<(String, i64)> {
        let all = self.read();
        let uses = all.iter().filter_map(|(jti, known)| {
            let (used, kept) = (known.used.load(Ordering::Relaxed), known.kept.load(Ordering::Relaxed));
            (used.saturating_sub(kept) > tolerance).then(|| (jti.clone(), used))
        });
        uses.collect()
    }

    pub(super) fn kept(&self, uses: &[(String, i64)]) {
        let all = self.read();
        for (jti, used) in uses {
            if let Some(known) = all.get(jti) {
                known.kept.store(*used, Ordering::Relaxed);
            }
        }
    }
}

impl Known {
    const fn new(standing: TokenStanding, used: i64) -> Self {
        Self { standing, used: AtomicI64::new(used), kept: AtomicI64::new(used) }
    }
}
