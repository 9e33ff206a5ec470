//! Small requests, one after another on each of many connections.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fanpass_transport::middleware::{Stack, StaticToken};
use fanpass_transport::{DynTransport, RequestBody, Transport as _};
use fanpass_transport_hyper::{HyperConnection, HyperTransport};
use fanpass_transport_reqwest::ReqwestTransport;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Sends for a time and gives the answered requests per second.
pub(crate) async fn run(stack: &str, origin: &str, connections: usize, time: Duration) -> f64 {
    let uri = Uri::try_from(format!("{origin}/api/v1/update_user")).expect("a valid origin");
    let began = Instant::now();
    let mut workers = JoinSet::new();
    if stack == "bare" {
        for _ in 0..connections {
            workers.spawn(push_bare(uri.clone(), began + time));
        }
    } else {
        for transport in transports(stack, connections) {
            workers.spawn(push(transport, uri.clone(), began + time));
        }
    }
    let answered: u32 = workers.join_all().await.into_iter().sum();
    f64::from(answered) / began.elapsed().as_secs_f64()
}

fn transports(stack: &str, count: usize) -> Vec<DynTransport> {
    let shared = |transport: DynTransport| vec![transport; count];
    let connection = HyperConnection::new().expect("a certificate store");
    match stack {
        "connection" => (0..count).map(|_| connection.sibling().into_dyn()).collect(),
        "stack" => {
            let token = StaticToken::bearer(&"token".into()).expect("a token");
            (0..count).map(|_| Stack::new(connection.sibling()).tokens(token.clone()).build()).collect()
        }
        "pool" => shared(HyperTransport::new().expect("a certificate store").into_dyn()),
        "reqwest" => shared(ReqwestTransport::new().expect("a certificate store").into_dyn()),
        other => panic!("there is no stack {other}"),
    }
}

async fn push(transport: DynTransport, uri: Uri, end: Instant) -> u32 {
    let mut answered = 0;
    while Instant::now() < end {
        let request = request(&uri, answered).map(RequestBody::from);
        let answer = transport.send(request).await.expect("the sink answers");
        assert_eq!(answer.into_body().bytes(1024).await.expect("a whole answer").len(), 15);
        answered += 1;
    }
    answered
}

/// hyper itself in a loop written for nothing else: what is left below a transport.
async fn push_bare(uri: Uri, end: Instant) -> u32 {
    let address = uri.authority().expect("a host").to_string();
    let path = Uri::from_static("/api/v1/update_user");
    let stream = TcpStream::connect(&address).await.expect("the sink listens");
    stream.set_nodelay(true).expect("an open socket");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    let mut connection = pin!(connection);
    let mut answered = 0;
    while Instant::now() < end {
        let mut request = request(&path, answered).map(|body| Full::new(Bytes::from(body)));
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        let exchange = async {
            let answer = sender.send_request(request).await.expect("the sink answers");
            answer.into_body().collect().await.expect("a whole answer").to_bytes()
        };
        let answer = tokio::select! {
            answer = exchange => answer,
            _ = &mut connection => panic!("the sink hung up"),
        };
        assert_eq!(answer.len(), 15);
        answered += 1;
    }
    answered
}

fn request(uri: &Uri, number: u32) -> http::Request<String> {
    let body = format!(
        r#"{{"userId":"fan-{number:07}","userProperties":{{"user_properties.sth":true,"custom.loyalty_tier":"gold"}}}}"#
    );
    let mut request = http::Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer token"));
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}
