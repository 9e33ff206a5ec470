//! Tokens that were issued: kept in the database without their secret, their standing read from memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::database::Database;
use super::error::{StoreError, StoreErrorKind};
use super::{Store, Trace, time};

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// The token's id.
    pub jti: String,
    /// Who it was made for.
    pub subject: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

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
pub(super) struct TokenCache(RwLock<HashMap<String, TokenStanding>>);

impl TokenCache {
    pub(super) fn load(service: &Database) -> Result<Self, StoreError> {
        let all = service.read_blocking("read the tokens", |connection| {
            let mut statement = connection.prepare("SELECT jti, revoked_at IS NOT NULL FROM tokens")?;
            let rows = statement.query_map([], |row| {
                let standing = if row.get(1)? { TokenStanding::Revoked } else { TokenStanding::Issued };
                Ok((row.get(0)?, standing))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        Ok(Self(RwLock::new(all)))
    }

    fn set(&self, jti: &str, standing: TokenStanding) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(jti.to_owned(), standing);
    }
}

const RECORD: &str = "SELECT jti, subject, scopes, issued_at, expires_at, revoked_at FROM tokens";

impl Store {
    /// Whether the token `jti` was issued here and still stands, from memory.
    pub fn token_standing(&self, jti: &str) -> TokenStanding {
        let all = self.0.tokens.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(jti).copied().unwrap_or(TokenStanding::Unknown)
    }

    /// Keeps a token that is about to be handed out.
    ///
    /// # Errors
    /// [`StoreErrorKind::Busy`], [`StoreErrorKind::Full`], [`StoreErrorKind::Io`] (also for an id that was issued
    /// before).
    pub async fn issue_token(&self, token: TokenRecord, trace: impl Into<Trace>) -> Result<(), StoreError> {
        let (now, trace) = (self.now(), trace.into());
        let cache = Arc::clone(&self.0.tokens);
        let jti = token.jti.clone();
        self.0
            .service
            .write_then(
                "issue a token",
                move |connection| {
                    connection
                        .prepare_cached(
                            "INSERT INTO tokens (jti, subject, scopes, issued_at, expires_at) \
                             VALUES (?1, ?2, ?3, ?4, ?5)",
                        )?
                        .execute(params![
                            token.jti,
                            token.subject,
                            serde_json::Value::from(token.scopes).to_string(),
                            token.issued_at.as_microsecond(),
                            token.expires_at.as_microsecond(),
                        ])?;
                    trace.write(connection, now).map(drop)
                },
                move |()| cache.set(&jti, TokenStanding::Issued),
            )
            .await
    }

    /// Revokes a token at once and for good. Again is fine and keeps the first time. `trace` sees the token as it is then.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`] for a token never issued here; [`StoreErrorKind::Busy`],
    /// [`StoreErrorKind::Full`], [`StoreErrorKind::Io`].
    pub async fn revoke_token<T: Into<Trace>>(
        &self,
        jti: &str,
        trace: impl FnOnce(&TokenRecord) -> T + Send + 'static,
    ) -> Result<TokenRecord, StoreError> {
        let now = self.now();
        let cache = Arc::clone(&self.0.tokens);
        let jti = jti.to_owned();
        self.0
            .service
            .write_then(
                "revoke a token",
                move |connection| {
                    let token = connection
                        .prepare_cached(
                            "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?2) WHERE jti = ?1 \
                             RETURNING jti, subject, scopes, issued_at, expires_at, revoked_at",
                        )?
                        .query_row(params![jti, now], token)
                        .optional()?
                        .ok_or_else(|| {
                            StoreError::new(
                                StoreErrorKind::NotFound,
                                format!("no token `{jti}` was issued here; list the tokens to see their ids"),
                            )
                        })?;
                    trace(&token).into().write(connection, now)?;
                    Ok(token)
                },
                move |token: &TokenRecord| cache.set(&token.jti, TokenStanding::Revoked),
            )
            .await
    }

    /// One token, if it was ever issued here.
    ///
    /// # Errors
    /// [`StoreErrorKind::Io`].
    pub async fn token(&self, jti: &str) -> Result<Option<TokenRecord>, StoreError> {
        let jti = jti.to_owned();
        let read = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(&format!("{RECORD} WHERE jti = ?1"))?;
            Ok(statement.query_row([jti], token).optional()?)
        };
        self.0.service.read("read a token", read).await
    }

    /// All tokens, newest first.
    ///
    /// # Errors
    /// [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        self.0
            .service
            .read("list the tokens", |connection| {
                let sql = format!("{RECORD} ORDER BY issued_at DESC, jti DESC");
                let mut statement = connection.prepare_cached(&sql)?;
                let tokens = statement.query_map([], token)?.collect::<Result<_, _>>()?;
                Ok(tokens)
            })
            .await
    }
}

fn token(row: &Row<'_>) -> rusqlite::Result<TokenRecord> {
    let scopes: String = row.get(2)?;
    Ok(TokenRecord {
        jti: row.get(0)?,
        subject: row.get(1)?,
        // Unreadable scopes allow nothing.
        scopes: serde_json::from_str(&scopes).unwrap_or_default(),
        issued_at: time(row.get(3)?),
        expires_at: time(row.get(4)?),
        revoked_at: row.get::<_, Option<i64>>(5)?.map(time),
    })
}
