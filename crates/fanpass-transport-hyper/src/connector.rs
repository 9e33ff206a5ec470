//! How connections are made: names, TCP, TLS.

use std::fmt;
use std::io;
use std::time::Duration;

use fanpass_transport::{Sent, TransportError, TransportErrorKind};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use tokio::net::TcpStream;
use tower::util::MapErr;

/// How long TCP may take to connect, over all addresses of a host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) type Connector = HttpsConnector<HttpConnector<MapErr<GaiResolver, fn(io::Error) -> Unresolved>>>;
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// A host whose name has no address; tells this failure from those of connecting.
#[derive(Debug)]
pub(crate) struct Unresolved(io::Error);

/// Plain or TLS by the URI's scheme; certificates are judged by the platform's own store.
pub(crate) fn connector() -> Result<Connector, TransportError> {
    let unresolved: fn(io::Error) -> Unresolved = Unresolved;
    let mut http = HttpConnector::new_with_resolver(MapErr::new(GaiResolver::new(), unresolved));
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(aws_lc_rs::default_provider())
        .map_err(|error| {
            let message = "cannot read this machine's certificate store";
            TransportError::new(TransportErrorKind::Tls, Sent::Never, message).with_source(error)
        })?;
    Ok(https.https_or_http().enable_http1().wrap_connector(http))
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unresolved {}
