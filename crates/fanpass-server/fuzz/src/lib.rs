//! What any bytes at all in a request must not do to the service: panic, hang, or be answered with anything but a result or a
//! problem of the caller's.
//!
//! Each function here is a fuzz target of the same name. The tests of the crate run them on the corpora in `corpus/`.

use std::sync::LazyLock;

use bytes::Bytes;
use fanpass_model::operations;
use fanpass_server::{Config, Service};
use fanpass_transport::{RequestBody, Transport as _};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A fuzz target: its name, which is that of its corpus, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All fuzz targets.
pub const TARGETS: [Target; 4] = [("head", head), ("json", json), ("form", form), ("token", token)];

/// One service for all inputs: what an input leaves behind meets the next one, as it does outside.
struct World {
    runtime: Runtime,
    service: Service,
    token: HeaderValue,
    _folder: TempDir,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (runtime, folder) = (Runtime::new().unwrap(), TempDir::new().unwrap());
    let config = Config { data: folder.path().to_owned(), ..Config::default() };
    let service = runtime.block_on(Service::open(config)).unwrap();
    let token = runtime.block_on(service.development_token()).unwrap();
    let token = format!("Bearer {}", token.expose_secret()).parse().unwrap();
    World { runtime, service, token, _folder: folder }
});

/// Method, path, parameters and headers, as lines; the body is empty.
pub fn head(data: &[u8]) {
    let mut lines = data.split(|&byte| byte == b'\n');
    let first = lines.next().and_then(|line| std::str::from_utf8(line).ok()).unwrap_or_default();
    let Some((method, target)) = first.split_once(' ') else { return };
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return };
    let Ok(mut request) = Request::builder().method(method).uri(target).body(Bytes::new()) else { return };
    for line in lines {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(&value[1..])) {
            request.headers_mut().append(name, value);
        }
    }
    answered(request);
}

/// The JSON body of the operation that the first byte picks.
pub fn json(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let all: Vec<_> = operations::ALL.iter().filter(|operation| operation.method == "POST").collect();
    let operation = all[usize::from(*choice) % all.len()];
    let request = Request::post(operation.path).header(CONTENT_TYPE, "application/json");
    answered(request.body(Bytes::copy_from_slice(body)).unwrap());
}

/// An upload's multipart body, with `b` as its boundary.
pub fn form(data: &[u8]) {
    let request = Request::post(operations::IMPORT_SEGMENT.path)
        .header(CONTENT_TYPE, "multipart/form-data; boundary=b")
        .body(Bytes::copy_from_slice(data));
    answered(request.unwrap());
}

/// A token that is not the service's own.
pub fn token(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(&[b"Bearer ", data].concat()) else { return };
    let request = Request::get(operations::LIST_SEGMENTS.path).header(AUTHORIZATION, value);
    assert_eq!(answered(request.body(Bytes::new()).unwrap()), StatusCode::UNAUTHORIZED);
}

/// Sends a request, with the development token unless it has one, and holds the answer against what all answers share.
fn answered(mut request: Request<Bytes>) -> StatusCode {
    let world = &*WORLD;
    request.headers_mut().entry(AUTHORIZATION).or_insert_with(|| world.token.clone());
    let request = request.map(RequestBody::from);
    world.runtime.block_on(async {
        let answer = world.service.transport().send(request).await.unwrap();
        let status = answer.status();
        let kind = answer.headers().get(CONTENT_TYPE).cloned();
        let body = answer.into_body().bytes(64 << 20).await.unwrap();
        assert!(status < StatusCode::INTERNAL_SERVER_ERROR, "{status}: {body:?}");
        if status >= StatusCode::BAD_REQUEST && !body.is_empty() {
            assert_eq!(kind.unwrap(), "application/problem+json");
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem["status"], status.as_u16());
        }
        status
    })
}
