//! The client: a cheap handle that sends what `Requests` builds and reads what comes back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fanpass_model::Operation;
use fanpass_transport::{
    Attempts, DynTransport, Request, RequestId, Response, Transport as _, TransportError,
};
use http::HeaderName;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{ClientBuilder, Error, Requests, answer};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A FanPass, with a method for each of its operations. Clones share connections, token and retry budget.
///
/// Dropping a call's future cancels it; whether the request had arrived by then cannot be known.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    requests: Requests,
    transport: DynTransport,
    answer_limit: usize,
    met_service: AtomicBool,
}

impl Client {
    /// Begins with the defaults; a domain and a transport have to be given.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    pub(crate) fn new(requests: Requests, transport: DynTransport, answer_limit: usize) -> Self {
        let met_service = AtomicBool::new(false);
        Self { shared: Arc::new(Shared { requests, transport, answer_limit, met_service }) }
    }

    /// What the operations send, to build requests without sending them.
    pub fn requests(&self) -> &Requests {
        &self.shared.requests
    }

    /// Whether an answer so far named this project's service, which offers the extensions too. Another FanPass never does,
    /// and before the first answer nobody has.
    pub fn met_service(&self) -> bool {
        self.shared.met_service.load(Ordering::Relaxed)
    }

    /// One call: sends what was built, unless that failed, and reads the answer.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        operation: &'static Operation,
        request: Result<Request, Error>,
    ) -> impl Future<Output = Result<T, Error>> + Send {
        // Handed on at once, so that the future does not carry the room for it.
        let sending = request.map(|request| self.shared.transport.send(request));
        async move {
            let started = Instant::now();
            match sending {
                Ok(sending) => self.receive(operation, sending.await, started).await,
                Err(error) => {
                    let host = self.shared.requests.base().host();
                    Err(error.of_call(operation, host, None, 0, started.elapsed()))
                }
            }
        }
    }

    /// Reads what a call came to.
    async fn receive<T: DeserializeOwned>(
        &self,
        operation: &'static Operation,
        outcome: Result<Response, TransportError>,
        started: Instant,
    ) -> Result<T, Error> {
        let host = self.shared.requests.base().host();
        match outcome {
            Err(error) => {
                let (id, attempts) = (error.request_id().cloned(), attempts_of(&error));
                let id = id.as_ref().map(RequestId::as_str);
                Err(Error::transport(error).of_call(operation, host, id, attempts, started.elapsed()))
            }
            Ok(answer) => {
                if answer.headers().contains_key(answer::SERVICE) {
                    self.shared.met_service.store(true, Ordering::Relaxed);
                }
                let (id, attempts) = (request_id_of(&answer), answer.extensions().get().copied());
                let Attempts(attempts) = attempts.unwrap_or(Attempts(1));
                answer::read(operation, answer, self.shared.answer_limit).await.map_err(|error| {
                    let id = id.as_ref().map(RequestId::as_str);
                    error.of_call(operation, host, id, attempts, started.elapsed())
                })
            }
        }
    }
}

/// How often a request without an answer was sent, as far as is known.
fn attempts_of(error: &TransportError) -> u32 {
    let counted = error.attempts().map(|Attempts(attempts)| attempts);
    counted.unwrap_or(u32::from(error.sent() != fanpass_transport::Sent::Never))
}

/// The id that the other side answers with, else the one that was sent.
fn request_id_of(answer: &Response) -> Option<RequestId> {
    let answered = answer.headers().get(X_REQUEST_ID).and_then(RequestId::from_header);
    answered.or_else(|| answer.extensions().get().cloned())
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", self.shared.requests.base()).finish_non_exhaustive()
    }
}
