//! What every transport has to do, as a suite that runs over each of them.
//!
//! [`semantics`] needs only something that answers as [`Service`] does, so it also runs over a transport without a
//! socket; [`wire`] brings its own servers and breaks connections. Both panic at the check that fails.

mod semantics;
mod service;
mod streaming;
mod wire;

use std::fmt::Display;

use bytes::Bytes;
use fanpass_transport::{DynTransport, Request, RequestBody, Response, Transport as _};
use http::{Method, Uri};
use serde::de::DeserializeOwned;

pub use semantics::semantics;
pub use service::{Inspection, Service};
pub use wire::wire;

use crate::TestServer;

/// Runs both parts over a transport with sockets. `make` gives a fresh transport each time.
///
/// # Panics
/// At the check that fails.
pub async fn run(make: impl Fn() -> DynTransport) {
    let server = TestServer::start().await;
    semantics(&make(), server.origin(), server.service()).await;
    wire(make).await;
}

fn request(method: Method, origin: &str, target: impl Display, body: impl Into<RequestBody>) -> Request {
    let mut request = Request::new(body.into());
    *request.method_mut() = method;
    *request.uri_mut() = Uri::try_from(format!("{origin}{target}")).expect("a valid URI");
    request
}

async fn get(transport: &DynTransport, origin: &str, target: impl Display) -> Response {
    let request = request(Method::GET, origin, &target, RequestBody::empty());
    transport.send(request).await.unwrap_or_else(|error| panic!("GET {target}: {error:?}"))
}

async fn inspect(transport: &DynTransport, origin: &str, body: impl Into<RequestBody>) -> Inspection {
    let answer = transport.send(request(Method::POST, origin, "/inspect", body)).await;
    json(answer.expect("the request is answered")).await
}

async fn json<T: DeserializeOwned>(answer: Response) -> T {
    let bytes = answer.into_body().bytes(1 << 20).await.expect("the answer arrives whole");
    serde_json::from_slice(&bytes).expect("the answer is JSON of the right shape")
}

/// Bytes that differ from place to place, so that none can be lost or moved unseen.
fn pattern(start: u64, length: usize) -> Bytes {
    let from = usize::try_from(start % 251).expect("less than 251");
    (0..=250_u8).cycle().skip(from).take(length).collect()
}
