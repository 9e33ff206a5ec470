//! Reads an answer: the typed body of a success, or the error that it stands for.

use std::time::SystemTime;

use fanpass_model::{Operation, Problem, Provenance};
use fanpass_transport::ResponseBody;
use fanpass_transport::middleware::retry_after;
use http::header::LOCATION;
use http::response::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::error::{redact, sentence, summary};
use crate::{Error, ErrorKind};

/// On every answer of this project's service, which tells it from another FanPass.
pub(crate) const SERVICE: HeaderName = HeaderName::from_static("x-fanpass-service");
/// Bytes of an error's body that are read; a longer one is left out.
const ERROR_LIMIT: usize = 1024 * 1024;

/// What the operation answers, from any 2xx whose body can be read as that.
pub(crate) async fn read<T: DeserializeOwned>(
    operation: &Operation,
    head: &Parts,
    body: ResponseBody,
    limit: usize,
) -> Result<T, Error> {
    if is_not_offered(operation, head.status, &head.headers) {
        return Err(Error::answered(ErrorKind::NotOffered, head.status, String::new(), None, None));
    }
    if !head.status.is_success() {
        return Err(refusal(head.status, &head.headers, body).await);
    }
    let bytes = body.bytes(limit).await.map_err(Error::transport)?;
    // An answer without a body says that there is nothing to say, which is all that some operations answer.
    let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
    serde_json::from_slice(json).map_err(|error| {
        let message = unexpected(&error, &bytes);
        Error::answered(ErrorKind::UnexpectedAnswer, head.status, message, None, None)
    })
}

/// Whether an extension was asked of a FanPass that is not this project's service. What a proxy or a guard in front of
/// the service answers says nothing about that.
fn is_not_offered(operation: &Operation, status: StatusCode, headers: &HeaderMap) -> bool {
    let says_nothing = matches!(status.as_u16(), 401 | 403 | 429 | 500..=599);
    operation.provenance == Provenance::Extension && !headers.contains_key(SERVICE) && !says_nothing
}

async fn refusal(status: StatusCode, headers: &HeaderMap, body: ResponseBody) -> Error {
    let kind = ErrorKind::of_status(status);
    if let Some(location) = headers.get(LOCATION).filter(|_| status.is_redirection()) {
        let location = summary(&redact(&String::from_utf8_lossy(location.as_bytes())));
        return Error::answered(kind, status, format!("a redirect to {location}"), None, None);
    }
    // That the other side refused is known already; a body that does not arrive only leaves out why.
    let bytes = body.bytes(ERROR_LIMIT).await.unwrap_or_default();
    let text = redact(&String::from_utf8_lossy(&bytes));
    let (message, problem) = match serde_json::from_str::<Value>(&text) {
        Ok(value) => explain(value),
        Err(_) => (summary(&text), None),
    };
    Error::answered(kind, status, message, problem, retry_after(headers, SystemTime::now()))
}

/// The sentence in a JSON error of any shape, and the problem if it is one (RFC 9457).
fn explain(value: Value) -> (String, Option<Problem>) {
    let message = find_message(&value).map(sentence).unwrap_or_default();
    let is_problem = ["type", "title", "detail"].iter().any(|member| value.get(member).is_some());
    let problem = if is_problem { serde_json::from_value(value).ok() } else { None };
    (message, problem)
}

fn find_message(value: &Value) -> Option<&str> {
    const MEMBERS: [&str; 6] = ["detail", "message", "error_description", "error", "title", "errors"];
    match value {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Object(members) => MEMBERS.iter().find_map(|member| find_message(members.get(*member)?)),
        Value::Array(items) => items.first().and_then(find_message),
        _ => None,
    }
}

/// Why a success cannot be read. Of JSON no value is named: it may be a token that was just issued.
fn unexpected(error: &serde_json::Error, bytes: &[u8]) -> String {
    if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        let reason = error.to_string();
        return if reason.starts_with("missing field") {
            format!("JSON of another shape: {reason}")
        } else {
            format!("JSON of another shape, at line {} column {}", error.line(), error.column())
        };
    }
    let text = summary(&redact(&String::from_utf8_lossy(bytes)));
    if text.is_empty() { "no body".to_owned() } else { format!("no JSON but “{text}”") }
}
