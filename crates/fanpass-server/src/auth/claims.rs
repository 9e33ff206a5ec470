//! The token itself: a JWT (RFC 7519) under one pinned algorithm, as RFC 8725 asks.

use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

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
    aud: String,
    pub(crate) sub: String,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
    pub(crate) jti: String,
    pub(crate) scope: String,
}

impl Claims {
    fn of(record: &TokenRecord) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
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
        jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map(|token| token.claims)
            .map_err(|error| refusal(&error))
    }
}

/// The id of the key that a token claims to be signed with; nothing is believed of it before the signature was checked.
pub(super) fn key_id(token: &str) -> Result<Option<String>, Refusal> {
    jsonwebtoken::decode_header(token).map(|header| header.kid).map_err(|error| refusal(&error))
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
        // A header or claim that is missing altogether fails where the token is parsed.
        ErrorKind::Json(error) => match error.to_string().split('`').collect::<Vec<_>>().as_slice() {
            ["missing field ", claim, ..] => Refusal::Claim((*claim).to_owned()),
            ["unknown variant ", ..] => Refusal::Algorithm,
            _ => Refusal::Malformed,
        },
        _ => Refusal::Malformed,
    }
}
