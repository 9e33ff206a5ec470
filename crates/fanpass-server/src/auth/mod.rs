//! Who calls: tokens are signed and verified here; which of them stand is the store's to know.

mod claims;
pub(crate) mod key_files;
mod keys;
mod rates;
mod refusal;
pub(crate) mod secret_file;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::SignedDuration;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::error::{ServiceError, ServiceErrorKind};
use crate::store::{Store, TokenRecord, TokenStanding};
pub(crate) use claims::Claims;
use keys::Keys;
pub(crate) use keys::{ALGORITHM, FIRST, NewKey, RetiringKey, name_of};
pub(crate) use rates::Rates;
pub(crate) use refusal::Refusal;

/// Every scope there is, as the contract's operations ask for them.
pub(crate) const SCOPES: [&str; 4] = ["segments:write", "users:write", "read", "portal:admin"];

/// Tokens whose signature is remembered at most.
const VERIFIED_MAX: usize = 1024;

/// Signs tokens and tells those that stand from all others.
pub(crate) struct Authority {
    keys: RwLock<Keys>,
    /// Claims whose signature was found good, by the SHA-256 of the token. Times and standing are looked at each time.
    verified: RwLock<HashMap<[u8; 32], Arc<Claims>>>,
    store: Store,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// Reads the signing keys of the data folder, or makes the first.
    pub(crate) fn open(folder: &Path, store: Store) -> Result<Self, ServiceError> {
        let known = store.known_keys()?;
        let mut keys = Keys::open(folder, |operation, key| store.was_done(operation, key), &known)?;
        let found = keys.thumbprints();
        for key in known.keys().filter(|name| !found.contains_key(*name)) {
            tracing::warn!(
                key,
                "the file of a signing key is gone; no token works any more that it has signed"
            );
        }
        let is_without = found.is_empty();
        // Before another is made in the place of one that is gone: a kill in between would leave it to be taken for a wrong one.
        if found != known {
            store.know_keys(found)?;
        }
        if is_without {
            keys.make_first()?;
            store.know_keys(keys.thumbprints())?;
        }
        Ok(Self { keys: RwLock::new(keys), verified: RwLock::default(), store })
    }

    /// Who calls, if the request carries a token that stands.
    pub(crate) fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Claims>, Refusal> {
        // A second one was refused with the head.
        let value = headers.get(AUTHORIZATION).ok_or(Refusal::Missing)?;
        let token = value.to_str().ok().and_then(bearer).ok_or(Refusal::Malformed)?;
        self.verify(token)
    }

    pub(crate) fn verify(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        let claims = self.claims(token)?;
        claims.check_times(self.store.clock().now())?;
        match self.store.use_token(&claims.jti) {
            TokenStanding::Issued => Ok(claims),
            TokenStanding::Revoked => Err(Refusal::Revoked),
            TokenStanding::Unknown => Err(Refusal::Unknown),
        }
    }

    fn claims(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        let name: [u8; 32] = Sha256::digest(token).into();
        if let Some(claims) = self.verified.read().unwrap_or_else(PoisonError::into_inner).get(&name) {
            return Ok(Arc::clone(claims));
        }
        // Held to the end, so that nothing is remembered of a key that is retired meanwhile.
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let claims = Arc::new(keys.verify(token)?);
        let mut verified = self.verified.write().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= VERIFIED_MAX {
            verified.clear();
        }
        verified.insert(name, Arc::clone(&claims));
        Ok(claims)
    }

    /// A new token and its record. It is accepted once the record is stored.
    pub(crate) fn make_token(
        &self,
        subject: String,
        scopes: Vec<String>,
        lifetime_seconds: u64,
    ) -> Result<(TokenRecord, SecretString), ServiceError> {
        let issued_at = self.store.clock().now();
        let lifetime = SignedDuration::from_secs(i64::try_from(lifetime_seconds).unwrap_or(i64::MAX));
        let expires_at = issued_at.checked_add(lifetime).map_err(|error| failed(io::Error::other(error)))?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let record = TokenRecord {
            jti: self.store.ids().next(),
            subject,
            scopes,
            issued_at,
            expires_at,
            revoked_at: None,
            last_used_at: None,
            kid: keys.signing().map(str::to_owned),
        };
        let token = keys.sign(&record).map_err(failed)?;
        Ok((record, token))
    }

    /// The token of a record: the same each time, while its key is there.
    pub(crate) fn sign_again(&self, record: &TokenRecord) -> Result<SecretString, ServiceError> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).sign(record).map_err(failed)
    }

    /// The ids of the keys, oldest first; the last one signs.
    pub(crate) fn kids(&self) -> Vec<Option<String>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.kids().map(|kid| kid.map(str::to_owned)).collect()
    }

    /// Makes a key that is [taken up](Self::take_up) when its record is stored. Blocks for the disk.
    pub(crate) fn make_key(&self, kid: String) -> Result<NewKey, ServiceError> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).make_new(kid)
    }

    /// Signs with a new key from now on. Blocks for the disk.
    pub(crate) fn take_up(&self, key: NewKey) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).take_up(key);
    }

    /// Sets a key aside that is [retired](Self::retire) when its record is stored; `None` where another call does that. Blocks for
    /// the disk.
    pub(crate) fn set_aside(&self, kid: Option<String>) -> Result<Option<RetiringKey>, ServiceError> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).set_aside(kid)
    }

    /// Deletes a key, and with it all its tokens. Blocks for the disk.
    pub(crate) fn retire(&self, key: RetiringKey) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.retire(key);
        self.verified.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn failed(source: io::Error) -> ServiceError {
    ServiceError::new(ServiceErrorKind::Key, "the token could not be made").with_source(source)
}

/// The token of `Bearer TOKEN`; the scheme is spelled in any case (RFC 9110, section 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
