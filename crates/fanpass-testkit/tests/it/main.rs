//! The doubles do what tests rely on.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod cassette;
mod doubles;
mod in_process;

use fanpass_transport::{Request, RequestBody};
use http::{Method, Uri};

fn post(target: &str, content_type: &'static str, body: impl Into<RequestBody>) -> Request {
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::try_from(format!("https://fanpass.example{target}")).unwrap();
    request.headers_mut().insert("content-type", content_type.parse().unwrap());
    request
}
