#![doc = include_str!("../README.md")]
//! The whole crate: the client, and what its errors mean.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fanpass_transport::{
    Request, RequestBody, Response, ResponseBody, Sent, Transport, TransportError, TransportErrorKind,
};
use http::Uri;
use http_body_util::BodyExt as _;
use reqwest::Url;

/// How long TCP and TLS may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP/1.1 over reqwest, with a pool of connections. Cheap to clone; clones share the pool.
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    latest: Arc<Mutex<Option<(Uri, Url)>>>,
}

impl ReqwestTransport {
    /// A transport that uses the proxies named in the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
    ///
    /// # Errors
    /// [`TransportErrorKind::Tls`] if the platform's certificate store cannot be used.
    pub fn new() -> Result<Self, TransportError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| {
                let message = "cannot read this machine's certificate store or proxy settings";
                TransportError::new(TransportErrorKind::Tls, Sent::Never, message).with_source(error)
            })?;
        Ok(Self { client, latest: Arc::default() })
    }

    /// The URL that reqwest wants. Many small requests go where the one before them went, and to parse a URL anew costs
    /// a quarter of what reqwest does for such a request.
    fn url(&self, uri: &Uri) -> Result<Url, TransportError> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, url)) = &*latest
            && known == uri
        {
            return Ok(url.clone());
        }
        let url = Url::parse(&uri.to_string()).map_err(|error| {
            TransportError::about(TransportErrorKind::InvalidRequest, Sent::Never, host(uri))
                .with_source(error)
        })?;
        *latest = Some((uri.clone(), url.clone()));
        Ok(url)
    }
}

impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (parts, body) = request.into_parts();
        let uri = parts.uri;
        let mut request = reqwest::Request::new(parts.method, self.url(&uri)?);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(outgoing(body));
        let answer = self.client.execute(request).await.map_err(|error| {
            let sent = if error.is_builder() || error.is_connect() { Sent::Never } else { Sent::Unknown };
            classify(error, sent, host(&uri))
        })?;
        Ok(http::Response::from(answer)
            .map(|body| ResponseBody::new(body.map_err(move |error| classify(error, Sent::Yes, host(&uri))))))
    }
}

/// The host and port that a URI names, for messages.
fn host(uri: &Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
}

fn outgoing(body: RequestBody) -> reqwest::Body {
    match body.as_bytes() {
        Some(bytes) => bytes.into(),
        None => reqwest::Body::wrap(body),
    }
}

/// Reads an error of reqwest. Its URL is left out: a query may name users.
fn classify(error: reqwest::Error, sent: Sent, host: &str) -> TransportError {
    let error = error.without_url();
    let outer = if error.is_builder() {
        Some(TransportErrorKind::InvalidRequest)
    } else if error.is_dns() {
        Some(TransportErrorKind::Dns)
    } else {
        None
    };
    let timeout = error.is_timeout();
    TransportError::classify(error, sent, host, |cause| {
        outer
            .map(|kind| (kind, Sent::Never))
            .or_else(|| known(cause, sent))
            .or_else(|| timeout.then_some((TransportErrorKind::Timeout, sent)))
    })
}

fn known(cause: &(dyn Error + 'static), sent: Sent) -> Option<(TransportErrorKind, Sent)> {
    if cause.is::<rustls::Error>() {
        return Some((TransportErrorKind::Tls, sent));
    }
    let error = cause.downcast_ref::<hyper::Error>()?;
    if error.is_canceled() {
        // hyper gives a request back under this name only before it has begun to write it.
        Some((TransportErrorKind::Interrupted, Sent::Never))
    } else if error.is_incomplete_message() {
        Some((TransportErrorKind::Interrupted, sent))
    } else if error.is_parse() {
        Some((TransportErrorKind::Protocol, sent))
    } else {
        None
    }
}
