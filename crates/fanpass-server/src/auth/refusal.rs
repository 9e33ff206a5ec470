//! Why a token is not accepted, as its owner is told (RFC 6750, section 3).

use std::fmt;

use http::HeaderValue;
use jiff::Timestamp;

use crate::http::problem::Problem;

/// Why a token is not accepted. What a token claims is only spoken of once its signature was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no `Authorization` header.
    Missing,
    /// It is not `Bearer` and a JWT.
    Malformed,
    /// It is signed by another algorithm than ours, or not at all.
    Algorithm,
    /// Its header says `crit`, and none of what can stand there is known here (RFC 7515, section 4.1.11).
    Critical,
    /// It was not signed by this service, or was changed since.
    Signature,
    Issuer,
    Audience,
    /// A claim that is needed is missing or of a wrong form.
    Claim(String),
    /// In seconds since 1970, as the other times.
    Expired {
        at: i64,
    },
    NotYet {
        at: i64,
    },
    Revoked,
    /// Signed by our key, but not among the tokens that were issued.
    Unknown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let another = "use a token that this service has issued";
        match self {
            Self::Missing => {
                f.write_str("the call carries no token; send one as `Authorization: Bearer TOKEN`")
            }
            Self::Malformed => f.write_str(
                "the `Authorization` header does not hold `Bearer` and one JWT; send the token as issued",
            ),
            Self::Algorithm => write!(f, "the token is not signed with HS256; {another}"),
            Self::Critical => {
                write!(f, "the token's header has `crit`, of which this service knows nothing; {another}")
            }
            Self::Signature => {
                write!(f, "the token was not signed by this service, or was changed since; {another}")
            }
            Self::Issuer => write!(f, "the token's issuer (`iss`) is not this service; {another}"),
            Self::Audience => write!(f, "the token is for another audience (`aud`); {another}"),
            Self::Claim(claim) => {
                write!(f, "the token's claim `{claim}` is missing or of a wrong type; {another}")
            }
            Self::Expired { at } => write!(f, "the token expired at {}; issue a new one", time(*at)),
            Self::NotYet { at } => {
                write!(f, "the token is not in force before {}; check the clocks of both machines", time(*at))
            }
            Self::Revoked => f.write_str("the token was revoked; issue a new one"),
            Self::Unknown => {
                write!(f, "the token is not among those this service has issued; issue a new one")
            }
        }
    }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let challenge = match refusal {
            // RFC 6750: a caller that showed nothing is told the scheme and no error.
            Refusal::Missing => HeaderValue::from_static("Bearer realm=\"fanpass\""),
            _ => HeaderValue::from_static("Bearer realm=\"fanpass\", error=\"invalid_token\""),
        };
        Self::unauthorized(refusal.to_string(), challenge)
    }
}
