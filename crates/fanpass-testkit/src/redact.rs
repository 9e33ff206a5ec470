//! What never reaches a snapshot or a cassette.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// What stands where a secret was.
pub(crate) const REDACTED: &str = "[redacted]";

const SECRET_HEADERS: [&str; 6] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key", "x-auth-token"];
const SECRET_MEMBERS: [&str; 6] = ["access_token", "api_access_token", "jwt", "password", "secret", "token"];

/// The text of a header, without the secret it may carry. The scheme of an authorization is kept.
pub(crate) fn header(name: &HeaderName, value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    if !is_secret(name, value) {
        return text.into_owned();
    }
    match text.split_once(' ') {
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            format!("{scheme} {REDACTED}")
        }
        _ => REDACTED.to_owned(),
    }
}

/// The secrets in a request's headers, to be looked for elsewhere.
pub(crate) fn secrets(headers: &HeaderMap) -> Vec<String> {
    let secret = headers.iter().filter(|(name, value)| is_secret(name, value));
    let texts = secret.filter_map(|(_, value)| value.to_str().ok());
    texts
        .map(|text| text.rsplit(' ').next().unwrap_or(text).to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

fn is_secret(name: &HeaderName, value: &HeaderValue) -> bool {
    value.is_sensitive() || SECRET_HEADERS.contains(&name.as_str())
}

/// Empties the members of a JSON value that are secrets by their name, at any depth.
pub(crate) fn json(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if member.is_string() && SECRET_MEMBERS.contains(&name.to_ascii_lowercase().as_str()) {
                    *member = Value::from(REDACTED);
                } else {
                    json(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(json),
        _ => {}
    }
}
