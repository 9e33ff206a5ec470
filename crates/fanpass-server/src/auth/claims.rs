//! The token itself: a JWT (RFC 7519) under one pinned algorithm, as RFC 8725 asks.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value};

use super::Refusal;
use crate::store::TokenRecord;

/// Who issues our tokens: the claim `iss`.
const ISSUER: &str = "fanpass";
/// Whom they are for: the claim `aud`.
const AUDIENCE: &str = "fanpass-api";
/// Seconds by which another machine's clock may differ from ours.
const LEEWAY: i64 = 30;

/// What a token says (RFC 7519, section 4.1; `scope` as in RFC 8693, section 4.2). Times are seconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    /// One text in our tokens; a list that holds ours does too, as the library checks.
    #[serde(skip_deserializing)]
    aud: &'static str,
    pub(crate) sub: String,
    #[serde(deserialize_with = "seconds")]
    iat: i64,
    #[serde(default, deserialize_with = "some_seconds", skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(deserialize_with = "seconds")]
    exp: i64,
    pub(crate) jti: String,
    pub(crate) scope: String,
}

impl Claims {
    fn of(record: &TokenRecord) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE,
            sub: record.subject.clone(),
            iat: record.issued_at.as_second(),
            nbf: None,
            exp: record.expires_at.as_second(),
            jti: record.jti.clone(),
            scope: record.scopes.join(" "),
        }
    }

    /// Whether the token allows what `scope` does.
    pub(crate) fn allow(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == scope)
    }

    /// Whether the token is in force at `now`.
    pub(super) fn check_times(&self, now: Timestamp) -> Result<(), Refusal> {
        let now = now.as_second();
        if self.exp <= now.saturating_sub(LEEWAY) {
            return Err(Refusal::Expired { at: self.exp });
        }
        let earliest = self.nbf.map_or(self.iat, |nbf| nbf.max(self.iat));
        if earliest > now.saturating_add(LEEWAY) {
            return Err(Refusal::NotYet { at: earliest });
        }
        Ok(())
    }
}

/// Signs tokens and tells ours from others.
pub(crate) struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    header: Header,
}

impl Signer {
    /// With the one algorithm that there is so far; `kid` is what the header names, if anything.
    pub(crate) fn new(key: &[u8], kid: Option<String>) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The library asks the machine for the time; ours is injected, so `check_times` does it.
        validation.validate_exp = false;
        let header = Header { kid, ..Header::new(Algorithm::HS256) };
        let (encoding, decoding) = (EncodingKey::from_secret(key), DecodingKey::from_secret(key));
        Self { encoding, decoding, validation, header }
    }

    pub(crate) fn sign(&self, record: &TokenRecord) -> Result<SecretString, jsonwebtoken::errors::Error> {
        let claims = Claims::of(record);
        jsonwebtoken::encode(&self.header, &claims, &self.encoding).map(SecretString::from)
    }

    /// The claims of a token that this key signed; when it is in force is not looked at.
    pub(crate) fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let claims = jsonwebtoken::decode::<Value>(token, &self.decoding, &self.validation)
            .map_err(|error| refusal(&error))?
            .claims;
        serde_path_to_error::deserialize(claims).map_err(|error| wrong_claim(&error))
    }
}

/// A `NumericDate`, which may have a fraction (RFC 7519, section 2).
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = Number::deserialize(deserializer)?;
    let whole = || SignedDuration::try_from_secs_f64(number.as_f64()?).ok().map(|time| time.as_secs());
    number.as_i64().or_else(whole).ok_or_else(|| D::Error::custom("the number is past all times"))
}

fn some_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    seconds(deserializer).map(Some)
}

/// Says which claim it is; the signature was good, so it is said to the token's owner.
fn wrong_claim(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let message = error.inner().to_string();
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    Refusal::Claim(missing.map_or_else(|| error.path().to_string(), str::to_owned))
}

/// The id of the key that a token says it is signed with; nothing is believed of it before the signature was checked.
pub(super) fn key_id(token: &str) -> Result<Option<String>, Refusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| refusal(&error))?;
    if header.crit.is_some() { Err(Refusal::Critical) } else { Ok(header.kid) }
}

/// The library checks the signature before it looks at a claim, so what is said of claims is said to their owner.
fn refusal(error: &jsonwebtoken::errors::Error) -> Refusal {
    match error.kind() {
        ErrorKind::InvalidAlgorithm => Refusal::Algorithm,
        ErrorKind::InvalidSignature => Refusal::Signature,
        ErrorKind::InvalidAudience => Refusal::Audience,
        ErrorKind::InvalidIssuer => Refusal::Issuer,
        ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
            Refusal::Claim(claim.clone())
        }
        ErrorKind::Json(error) if error.to_string().starts_with("unknown variant ") => Refusal::Algorithm,
        _ => Refusal::Malformed,
    }
}
