//! The socket side: connections accepted within bounds, and drained when the service stops.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::response::Response;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::config::Config;
use crate::error::{ServiceError, ServiceErrorKind};
use crate::faults::{Cut, is_cut};
use crate::http::head::OverSocket;
use crate::http::unread;
use crate::patient::Patient;

/// How long to wait after a failed accept: out of file descriptors, most likely, which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Bytes of a connection's buffer beside those of the longest head that is taken.
const BUFFER_SPARE: usize = 64 << 10;
/// Headers past their limit that are still read, so that the answer can say so.
const HEADERS_SPARE: usize = 100;

/// Takes at `most` so many connections at a time.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    app: &Arc<App>,
    config: &Config,
    most: usize,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServiceError> {
    let limits = &config.limits;
    let mut http = http1::Builder::new();
    // A client that has said all it will, even too little, still gets its answer.
    http.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout).half_close(true);
    // What a connection holds of a body before anybody asks for it.
    http.max_buf_size(limits.header_bytes.saturating_add(BUFFER_SPARE));
    // Past its own limit a head is answered with a problem; past this one without.
    http.max_headers(limits.header_count.saturating_add(HEADERS_SPARE));
    let room = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
    let connections = GracefulShutdown::new();
    let router = router.layer(Extension(OverSocket));
    let service = service_fn(move |request| {
        let router = router.clone();
        async move { cut(unread::settle(request, router).await) }
    });
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted?,
            () = &mut shutdown => break,
        };
        let (stream, permit) = accepted;
        let connection = http.serve_connection(
            TokioIo::new(Patient::new(stream, limits.answer_pause, Arc::clone(app))),
            service.clone(),
        );
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
            drop(permit);
        });
    }
    // Whoever watches the service asks on another socket: here nobody is connected any more without a call under way.
    app.draining.store(true, Ordering::Relaxed);
    drop(listener);
    if tokio::time::timeout(config.drain, connections.shutdown()).await.is_err() {
        tracing::warn!(
            seconds = config.drain.as_secs(),
            "calls were still under way when the service stopped"
        );
    }
    app.draining.store(false, Ordering::Relaxed);
    Ok(())
}

/// Makes an answer that is to be cut off an error, at which the connection ends without a word.
fn cut(response: Response) -> Result<Response, Cut> {
    if is_cut(&response) { Err(Cut) } else { Ok(response) }
}

/// The next connection, once there is room for one.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Result<(TcpStream, tokio::sync::OwnedSemaphorePermit), ServiceError> {
    let failed = |error: io::Error| {
        ServiceError::new(ServiceErrorKind::Network, format!("the socket failed: {error}")).with_source(error)
    };
    let permit = Arc::clone(room).acquire_owned().await.map_err(|error| failed(io::Error::other(error)))?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection stays without TCP_NODELAY");
                }
                return Ok((stream, permit));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
