//! One attempt: a request, and what its answer means.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fanpass_transport::middleware::retry_after;
use fanpass_transport::{
    DynTransport, Request, RequestBody, Response, Transport as _, TransportError, TransportErrorKind,
};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use serde::Deserialize;

use super::standing::LONGEST;
use super::target::Target;

/// Bytes of an answer that are read at most.
const ANSWER_MAX: usize = 64 * 1024;
/// Messages of the validation server that one reason names.
const MESSAGES_MAX: usize = 3;

/// How GA4 answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It has it.
    Taken,
    /// It will never take it as it is.
    Refused(String),
    /// It may take it later, after the pause that it asks for.
    Later(String, Option<Duration>),
}

/// What the validation server answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Validation {
    #[serde(default)]
    validation_messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Message {
    field_path: String,
    description: String,
    validation_code: String,
}

/// Sends a body once.
pub(super) async fn send(transport: &DynTransport, target: &Target, body: Bytes) -> Answer {
    let mut request = Request::new(RequestBody::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.collect.clone();
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match transport.send(request).await {
        Ok(answer) => understand(answer, target.debug).await,
        Err(error) => failed(&error),
    }
}

fn failed(error: &TransportError) -> Answer {
    match error.kind() {
        TransportErrorKind::InvalidRequest => Answer::Refused(error.to_string()),
        _ => Answer::Later(error.to_string(), None),
    }
}

async fn understand(answer: Response, debug: bool) -> Answer {
    let status = answer.status();
    if status.is_success() {
        if !debug {
            answer.into_body().drain(ANSWER_MAX).await;
            return Answer::Taken;
        }
        return match answer.into_body().bytes(ANSWER_MAX).await {
            Ok(body) => validated(&body),
            Err(error) => failed(&error),
        };
    }
    let wait = retry_after(answer.headers(), SystemTime::now()).map(|wait| wait.min(LONGEST));
    answer.into_body().drain(ANSWER_MAX).await;
    let may_pass = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || may_pass.contains(&status) {
        return Answer::Later(format!("GA4 answered {status}"), wait);
    }
    Answer::Refused(format!(
        "GA4 answered {status}; check the endpoint, the stream's id and its API secret, then `fanpass ga4 retry`"
    ))
}

/// What the validation server thinks of it.
fn validated(body: &[u8]) -> Answer {
    let Ok(Validation { validation_messages: messages }) = serde_json::from_slice(body) else {
        return Answer::Refused(
            "the validation server's answer cannot be read; check ga4.endpoint".to_owned(),
        );
    };
    if messages.is_empty() {
        return Answer::Taken;
    }
    let said = messages.iter().take(MESSAGES_MAX).map(|message| {
        let Message { field_path, description, validation_code } = message;
        format!("{validation_code} at `{field_path}`: {description}")
    });
    Answer::Refused(format!("the validation server says: {}", said.collect::<Vec<_>>().join("; ")))
}
