//! A client whose every choice is fixed, the contract's fixtures, and bodies read whole.

use bytes::Bytes;
use fanpass_client::{BaseUrl, Boundary, Client, ClientBuilder, Requests};
use fanpass_model::{ImportId, SegmentName, UserId};
use fanpass_testkit::answer;
use fanpass_transport::middleware::RetryPolicy;
use fanpass_transport::{Request, RequestId, Response, Transport};
use http_body_util::BodyExt as _;
use secrecy::SecretString;
use serde_json::Value;

pub(crate) const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";

/// Over `transport`, with the usual retries.
pub(crate) fn builder(transport: impl Transport) -> ClientBuilder {
    Client::builder()
        .domain("fanpass.example")
        .token(SecretString::from(TOKEN))
        .transport(transport)
        .user_agent("fanpass-test")
        .boundaries(boundary)
        .middleware(|stack| {
            let policy = RetryPolicy { jitter_seed: Some(7), ..RetryPolicy::default() };
            stack.retry(policy).request_ids(|| RequestId::new("request-1").unwrap())
        })
}

pub(crate) fn client(transport: impl Transport) -> Client {
    builder(transport).build().unwrap()
}

/// The same with a single attempt.
pub(crate) fn client_without_retries(transport: impl Transport) -> Client {
    let policy = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    builder(transport).middleware(|stack| stack.retry(policy)).build().unwrap()
}

pub(crate) fn requests() -> Requests {
    Requests::new(BaseUrl::parse("fanpass.example").unwrap()).unwrap().with_boundaries(boundary)
}

pub(crate) fn boundary() -> Boundary {
    Boundary::new("boundary").unwrap()
}

pub(crate) fn segment() -> SegmentName {
    SegmentName::new("season-ticket-holders").unwrap()
}

pub(crate) fn import() -> ImportId {
    ImportId::new("0197f3a0-5c00-7000-8000-000000000002").unwrap()
}

pub(crate) fn users(ids: &[&str]) -> Vec<UserId> {
    ids.iter().map(|id| UserId::new(*id).unwrap()).collect()
}

/// A fixture of the contract, without the line break at its end.
pub(crate) fn fixture(name: &str) -> String {
    let path = format!("{}/../fanpass-model/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().trim_end().to_owned()
}

/// The contract's example of an operation's success, as this project's service answers it.
pub(crate) fn service_answer(path: &str, method: &str) -> Response {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../fanpass-model/contract/openapi.json");
    let contract: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let success = &contract["paths"][path][method]["responses"]["200"];
    let example = &success["content"]["application/json"]["example"];
    assert!(example.is_object(), "the contract has no example for {method} {path}");
    from_service(answer::json(200, example))
}

/// The answer with the header that tells this project's service from another FanPass.
pub(crate) fn from_service(mut answer: Response) -> Response {
    answer.headers_mut().insert("x-fanpass-service", "0.1.0".parse().unwrap());
    answer
}

/// An answer of text.
pub(crate) fn text(status: u16, content_type: &str, text: &str) -> Response {
    let mut answer = answer::status(status).map(|_| Bytes::from(text.to_owned()).into());
    answer.headers_mut().insert("content-type", content_type.parse().unwrap());
    answer
}

/// An answer of JSON, byte for byte.
pub(crate) fn json(status: u16, json: &str) -> Response {
    text(status, "application/json", json)
}

pub(crate) async fn body_of(request: Request) -> String {
    String::from_utf8(request.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
}

/// The sizes of the pieces in which a request's body is sent.
pub(crate) async fn chunk_sizes(request: Request) -> Vec<usize> {
    let mut body = request.into_body();
    let mut sizes = Vec::new();
    while let Some(frame) = body.frame().await {
        sizes.push(frame.unwrap().into_data().unwrap().len());
    }
    sizes
}
