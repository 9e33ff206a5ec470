//! Bodies and middleware, through the public interface, over the doubles of the testkit.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::as_conversions, missing_docs)]

mod bodies;
mod errors;
mod files;
mod retry;
mod retry_after;
mod stack;
mod timeouts;
mod traces;

use fanpass_transport::{Request, RequestBody};
use http::{Method, Uri};

/// A request that is not idempotent.
fn post(body: impl Into<RequestBody>) -> Request {
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("https://fanpass.example/api/v1/update_user?userId=fan-7");
    request
}
