//! Tokens that were issued: kept in the database without their secret, their standing read from memory.

mod cache;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::{StoreError, StoreErrorKind};
use super::{Store, Trace, time};
pub(super) use cache::TokenCache;
pub use cache::TokenStanding;

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
    /// When a call was last made with it, if any was.
    pub last_used_at: Option<Timestamp>,
    /// Which key signed it; absent: the first.
    pub kid: Option<String>,
}

const COLUMNS: &str = "jti, subject, scopes, issued_at, expires_at, revoked_at, last_used_at, kid";

impl Store {
    /// Whether the token `jti` was issued here and still stands, from memory.
    pub fn token_standing(&self, jti: &str) -> TokenStanding {
        self.0.tokens.standing(jti)
    }

    /// As [`token_standing`](Self::token_standing), for a call that is made with it now.
    pub(crate) fn use_token(&self, jti: &str) -> TokenStanding {
        self.0.tokens.use_at(jti, self.now())
    }

    /// Stores when tokens were last used, where what is stored is older by more than `tolerance`.
    pub(crate) async fn keep_token_uses(&self, tolerance: SignedDuration) -> Result<(), StoreError> {
        let tolerance = i64::try_from(tolerance.as_micros()).unwrap_or(i64::MAX);
        let uses = self.0.tokens.uses_to_keep(tolerance);
        if uses.is_empty() {
            return Ok(());
        }
        let cache = Arc::clone(&self.0.tokens);
        let keep = move |connection: &Connection| {
            let mut keep = connection.prepare_cached("UPDATE tokens SET last_used_at = ?2 WHERE jti = ?1")?;
            for (jti, used) in &uses {
                keep.execute(params![jti, used])?;
            }
            Ok(uses)
        };
        self.0
            .service
            .write_then("keep uses of tokens", keep, move |uses: &Vec<_>| cache.kept(uses))
            .await
            .map(drop)
    }

    /// How many tokens in force each key has signed, by its id.
    ///
    /// # Errors
    /// [`StoreErrorKind::Io`].
    pub async fn tokens_by_key(&self) -> Result<HashMap<Option<String>, u64>, StoreError> {
        let now = self.now();
        let count = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT kid, count(*) FROM tokens WHERE revoked_at IS NULL AND expires_at > ?1 GROUP BY kid",
            )?;
            let rows = statement.query_map([now], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        self.0.service.read("count the tokens", count).await
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
                            "INSERT INTO tokens (jti, subject, scopes, issued_at, expires_at, kid) \
                             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        )?
                        .execute(params![
                            token.jti,
                            token.subject,
                            serde_json::Value::from(token.scopes).to_string(),
                            token.issued_at.as_microsecond(),
                            token.expires_at.as_microsecond(),
                            token.kid,
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
                    let sql = format!(
                        "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?2) WHERE jti = ?1 RETURNING {COLUMNS}"
                    );
                    let token = connection
                        .prepare_cached(&sql)?
                        .query_row(params![jti, now], token)
                        .optional()?
                        .ok_or_else(|| no_token(&jti))?;
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
            let mut statement =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM tokens WHERE jti = ?1"))?;
            Ok(statement.query_row([jti], token).optional()?)
        };
        self.0.service.read("read a token", read).await
    }

    /// Tokens, newest first: those behind the token `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`] if `after` was never issued here; [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Io`].
    pub async fn tokens(&self, after: Option<&str>, limit: u32) -> Result<Vec<TokenRecord>, StoreError> {
        let after = after.map(str::to_owned);
        let read = move |connection: &Connection| {
            let issued_at = match &after {
                Some(jti) => issued_at(connection, jti)?.ok_or_else(|| no_token(jti))?,
                None => i64::MAX,
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM tokens WHERE (issued_at, jti) < (?1, ?2) \
                 ORDER BY issued_at DESC, jti DESC LIMIT ?3"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params![issued_at, after.unwrap_or_default(), limit], token)?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        };
        let mut tokens = self.0.service.read("list the tokens", read).await?;
        for token in &mut tokens {
            token.last_used_at = self.0.tokens.last_use(&token.jti);
        }
        Ok(tokens)
    }
}

fn issued_at(connection: &Connection, jti: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT issued_at FROM tokens WHERE jti = ?1")?
        .query_row([jti], |row| row.get(0))
        .optional()
}

/// What an id is answered with that no token has.
fn no_token(jti: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::NotFound,
        format!("no token `{jti}` was issued here; list the tokens to see their ids"),
    )
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
        last_used_at: row.get::<_, Option<i64>>(6)?.map(time),
        kid: row.get(7)?,
    })
}
