//! Answers for doubles to give.

use fanpass_transport::{Response, ResponseBody};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

/// An answer without a body.
///
/// # Panics
/// If `status` is none.
pub fn status(status: u16) -> Response {
    let mut response = Response::new(ResponseBody::default());
    *response.status_mut() = StatusCode::from_u16(status).expect("a valid status code");
    response
}

/// An answer with a JSON body.
///
/// # Panics
/// If `status` is none or the body cannot be written as JSON.
pub fn json(code: u16, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("the body can be written as JSON");
    let mut response = status(code).map(|_| ResponseBody::from(bytes::Bytes::from(bytes)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
