//! Servers on real sockets: one that answers properly, and one that breaks off.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::conformance::Service;

/// An HTTP/1.1 server on a port of its own, answering as [`Service`] does. It ends when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    origin: String,
    service: Service,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl TestServer {
    /// Starts on a free port of the loopback interface.
    ///
    /// # Panics
    /// If there is none.
    pub async fn start() -> Self {
        let (listener, origin) = listen().await;
        let service = Service::default();
        let connections = Arc::new(AtomicUsize::new(0));
        let (serving, counted) = (service.clone(), Arc::clone(&connections));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, move |stream| {
            counted.fetch_add(1, Ordering::Relaxed);
            serve(stream, serving.clone())
        }));
        Self { origin, service, connections, _tasks: tasks }
    }

    /// Scheme, address and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The service that answers, with its counts.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// How many connections have been made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn serve(stream: TcpStream, service: Service) {
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(service.call(request).await) }
    });
    // A client that breaks off is part of the tests.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

/// How a [`RawServer`] treats a connection after it has read the head of a request.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Resets it (RST).
    Reset,
    /// Closes it.
    Close,
    /// Writes these bytes, then closes it.
    Reply(&'static [u8]),
    /// The same without waiting for a request.
    ReplyAtOnce(&'static [u8]),
}

/// A server that has bad manners. It ends when it is dropped.
#[derive(Debug)]
pub struct RawServer {
    origin: String,
    _tasks: JoinSet<()>,
}

impl RawServer {
    /// Starts on a free port of the loopback interface.
    ///
    /// # Panics
    /// If there is none.
    pub async fn start(manner: Manner) -> Self {
        let (listener, origin) = listen().await;
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, move |stream| misbehave(stream, manner)));
        Self { origin, _tasks: tasks }
    }

    /// Scheme, address and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

async fn misbehave(mut stream: TcpStream, manner: Manner) {
    if !matches!(manner, Manner::ReplyAtOnce(_)) {
        read_request(&mut stream).await;
    }
    match manner {
        Manner::Reset => stream.set_zero_linger().expect("a socket may be reset"),
        Manner::Close => {}
        Manner::Reply(reply) | Manner::ReplyAtOnce(reply) => {
            let _ = stream.write_all(reply).await;
            let _ = stream.shutdown().await;
            // What is left unread would turn the close into a reset, which may overtake the reply.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    }
}

/// Reads a small request: its head, and the body `text` that the suite sends.
async fn read_request(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") && !seen.ends_with(b"\r\n\r\ntext") {
        match stream.read_buf(&mut seen).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// An origin at which nothing listens.
pub(crate) async fn unused_origin() -> String {
    listen().await.1
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, origin)
}

/// Treats each connection in a task of its own; all end with this one.
async fn accept<F: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    mut treat: impl FnMut(TcpStream) -> F,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(treat(stream));
    }
}
