//! Exchanges kept in a JSON file: recorded once against a real service, replayed in tests without one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;
use fanpass_transport::{
    DynTransport, Request, RequestBody, Response, ResponseBody, Sent, Transport, TransportError,
    TransportErrorKind,
};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};

use crate::record::{CapturedRequest, CapturedResponse};
use crate::redact;

/// Records the exchanges of another transport, or replays recorded ones in their order.
///
/// No secret is written: neither the values of headers like `authorization`, nor JSON members that are secrets by
/// their name, nor anything equal to a token that a recorded request carried.
#[derive(Debug)]
pub struct Cassette {
    path: PathBuf,
    mode: Mode,
    tape: Mutex<Tape>,
}

#[derive(Debug)]
enum Mode {
    Record(DynTransport),
    Replay,
}

#[derive(Debug, Default)]
struct Tape {
    exchanges: Vec<Exchange>,
    /// How many exchanges have been replayed.
    position: usize,
    /// What must not be written.
    secrets: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Exchange {
    request: CapturedRequest,
    response: CapturedResponse,
}

impl Cassette {
    /// Sends through `inner`, and writes each exchange to the file at `path`, whose old content is lost.
    pub fn record(inner: DynTransport, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), mode: Mode::Record(inner), tape: Mutex::default() }
    }

    /// Answers from the file at `path` and sends nothing.
    ///
    /// # Errors
    /// If the file cannot be read or is no cassette.
    pub fn replay(path: impl AsRef<Path>) -> io::Result<Self> {
        let exchanges = serde_json::from_slice(&fs::read(path.as_ref())?)?;
        let tape = Mutex::new(Tape { exchanges, ..Tape::default() });
        Ok(Self { path: path.as_ref().to_owned(), mode: Mode::Replay, tape })
    }

    /// How many recorded exchanges have not been replayed yet.
    ///
    /// # Panics
    /// If another thread panicked while it used the cassette.
    pub fn left(&self) -> usize {
        let tape = self.tape.lock().expect("no user of the cassette panicked");
        tape.exchanges.len() - tape.position
    }

    async fn pass(&self, inner: &DynTransport, request: Request) -> Result<Response, TransportError> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let secrets = redact::secrets(&parts.headers);
        let captured = Request::from_parts(parts.clone(), RequestBody::from(bytes.clone()));
        let request = Request::from_parts(parts, RequestBody::from(bytes));
        let captured = CapturedRequest::read(captured).await?;
        let (parts, body) = inner.send(request).await?.into_parts();
        let bytes: Bytes = body.collect().await?.to_bytes();
        let response = CapturedResponse::of(&parts, bytes.clone());
        self.write(Exchange { request: captured, response }, secrets)
            .map_err(|error| self.error("cannot write").with_source(error))?;
        Ok(Response::from_parts(parts, ResponseBody::from(bytes)))
    }

    fn write(&self, exchange: Exchange, secrets: Vec<String>) -> io::Result<()> {
        let mut tape = self.tape.lock().expect("no user of the cassette panicked");
        tape.exchanges.push(exchange);
        tape.secrets.extend(secrets);
        let text = serde_json::to_string_pretty(&tape.exchanges)?;
        let text = tape.secrets.iter().fold(text, |text, secret| text.replace(secret, redact::REDACTED));
        fs::write(&self.path, text + "\n")
    }

    async fn answer(&self, request: Request) -> Result<Response, TransportError> {
        let request = CapturedRequest::read(request).await?;
        let mut tape = self.tape.lock().expect("no user of the cassette panicked");
        let position = tape.position;
        let Some(exchange) = tape.exchanges.get(position) else {
            return Err(self.error(&format!("has no exchange left for {request:#?} in")));
        };
        let recorded = &exchange.request;
        if *recorded != (CapturedRequest { announced: recorded.announced, ..request.clone() }) {
            let message = format!("expected {recorded:#?} as request {position}, got {request:#?} in");
            return Err(self.error(&message));
        }
        let response = exchange.response.replay();
        tape.position += 1;
        Ok(response)
    }

    fn error(&self, what: &str) -> TransportError {
        let message = format!("{what} cassette {}", self.path.display());
        TransportError::new(TransportErrorKind::Other, Sent::Never, message)
    }
}

impl Transport for Cassette {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        match &self.mode {
            Mode::Record(inner) => self.pass(inner, request).await,
            Mode::Replay => self.answer(request).await,
        }
    }
}
