//! The pooled transport: as many connections as there are requests at a time.

use fanpass_transport::{Request, RequestBody, Response, ResponseBody, Sent, Transport, TransportError};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::HyperConnection;
use crate::connector::{Connector, connector};
use crate::error::{classify, host};

/// HTTP/1.1 over hyper with a pool of connections. Cheap to clone; clones share the pool.
#[derive(Clone, Debug)]
pub struct HyperTransport {
    client: Client<Connector, RequestBody>,
    connector: Connector,
}

impl HyperTransport {
    /// A transport with an empty pool.
    ///
    /// # Errors
    /// [`TransportErrorKind::Tls`](fanpass_transport::TransportErrorKind::Tls) if the platform's certificate
    /// store cannot be used.
    pub fn new() -> Result<Self, TransportError> {
        let connector = connector()?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .retry_canceled_requests(false)
            .build(connector.clone());
        Ok(Self { client, connector })
    }

    /// A transport of one worker, with a connection of its own. It shares the certificate store, which takes some
    /// milliseconds to read, and nothing of the pool.
    #[must_use]
    pub fn connection(&self) -> HyperConnection {
        HyperConnection::over(self.connector.clone())
    }
}

impl Transport for HyperTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // Cloning a URI counts references; its text is only wanted if something fails.
        let uri = request.uri().clone();
        let response = self.client.request(request).await.map_err(|error| {
            let sent = if error.is_connect() { Sent::Never } else { Sent::Unknown };
            classify(error, sent, host(&uri))
        })?;
        Ok(response
            .map(|body| ResponseBody::new(body.map_err(move |error| classify(error, Sent::Yes, host(&uri))))))
    }
}
