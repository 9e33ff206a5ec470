//! Who calls: tokens are signed and verified here; which of them stand is the store's to know.

mod claims;
mod refusal;
pub(crate) mod secret_file;

use std::fmt;
use std::io;
use std::path::Path;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use crate::error::{ServiceError, ServiceErrorKind};
use crate::store::{Store, TokenRecord, TokenStanding};
use claims::Signer;
pub(crate) use refusal::Refusal;

const KEY_BYTES: usize = 32;

/// Every scope there is, as the contract's operations ask for them.
pub(crate) const SCOPES: [&str; 4] = ["segments:write", "users:write", "read", "portal:admin"];

/// The one who makes a call, as the token says.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) subject: String,
    pub(crate) jti: String,
    /// What the token allows, separated by spaces.
    pub(crate) scopes: String,
}

/// Signs tokens and tells those that stand from all others.
pub(crate) struct Authority {
    signer: Signer,
    store: Store,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// Reads the signing key of the data folder, or makes it.
    pub(crate) fn open(folder: &Path, store: Store) -> Result<Self, ServiceError> {
        let key = signing_key(&folder.join("signing-key"))?;
        Ok(Self { signer: Signer::new(key.expose_secret()), store })
    }

    /// Who calls, if the request carries a token that stands.
    pub(crate) fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(Refusal::Missing)?;
        if values.next().is_some() {
            return Err(Refusal::Malformed);
        }
        let token = value.to_str().ok().and_then(bearer).ok_or(Refusal::Malformed)?;
        self.verify(token)
    }

    pub(crate) fn verify(&self, token: &str) -> Result<Caller, Refusal> {
        let claims = self.signer.verify(token, self.store.clock().now())?;
        match self.store.token_standing(&claims.jti) {
            TokenStanding::Issued => {
                Ok(Caller { subject: claims.sub, jti: claims.jti, scopes: claims.scope })
            }
            TokenStanding::Revoked => Err(Refusal::Revoked),
            TokenStanding::Unknown => Err(Refusal::Unknown),
        }
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
        let jti = self.store.ids().next();
        let record = TokenRecord { jti, subject, scopes, issued_at, expires_at, revoked_at: None };
        let token = self.sign_again(&record)?;
        Ok((record, token))
    }

    /// The token of a record: the same each time.
    pub(crate) fn sign_again(&self, record: &TokenRecord) -> Result<SecretString, ServiceError> {
        self.signer.sign(record).map_err(|error| failed(io::Error::other(error)))
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

fn signing_key(path: &Path) -> Result<SecretSlice<u8>, ServiceError> {
    let failed = |doing: &str, error: io::Error| {
        let message = format!("could not {doing} the signing key `{}`: {error}", path.display());
        ServiceError::new(ServiceErrorKind::Key, message).with_source(error)
    };
    match secret_file::read(path).map_err(|error| failed("read", error))? {
        Some(key) if key.len() == KEY_BYTES => Ok(key.into()),
        Some(key) => {
            let found = io::Error::other(format!(
                "it has {} bytes and not {KEY_BYTES}; restore it, or delete it to invalidate all tokens",
                key.len()
            ));
            Err(failed("use", found))
        }
        None => {
            let mut key = vec![0; KEY_BYTES];
            getrandom::fill(&mut key).map_err(|error| failed("make", io::Error::other(error)))?;
            secret_file::write(path, &key).map_err(|error| failed("keep", error))?;
            Ok(key.into())
        }
    }
}
