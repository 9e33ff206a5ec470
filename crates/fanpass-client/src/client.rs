//! The client: a cheap handle that sends what `Requests` builds and reads what comes back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fanpass_model::operations::UPDATE_USER;
use fanpass_model::{Operation, Provenance, UpdateUserRequest};
use fanpass_transport::{
    Attempts, DynTransport, Idempotent, Request, RequestId, Response, Transport as _, TransportError,
};
use http::HeaderName;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::Instant;

use crate::{ClientBuilder, Error, IdempotencyKey, Requests, answer};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A FanPass, with a method for each of its operations. Clones share connections, token and retry budget.
///
/// Dropping a call's future cancels it; whether the request had arrived by then cannot be known.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    key: Option<IdempotencyKey>,
}

struct Shared {
    requests: Requests,
    transport: DynTransport,
    /// Sends updates of users that the caller repeats itself.
    single_updates: DynTransport,
    answer_limit: usize,
    met_service: AtomicBool,
}

impl Client {
    /// Begins with the defaults; a domain and a transport have to be given.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    pub(crate) fn new(
        requests: Requests,
        transport: DynTransport,
        single_updates: DynTransport,
        answer_limit: usize,
    ) -> Self {
        let met_service = AtomicBool::new(false);
        let shared = Shared { requests, transport, single_updates, answer_limit, met_service };
        Self { shared: Arc::new(shared), key: None }
    }

    /// What the operations send, to build requests without sending them.
    pub fn requests(&self) -> &Requests {
        &self.shared.requests
    }

    /// This client for one write, which is sent under `key`: this project's service lets it take effect once, however
    /// often it is sent within 24 hours, and answers as before. Another FanPass may not look at it.
    ///
    /// Without a key none is sent. A write of an extension that would not be repeated otherwise is retried under a key.
    ///
    /// ```
    /// # async fn example(client: fanpass_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use fanpass_client::IdempotencyKey;
    /// use fanpass_model::IssueTokenRequest;
    /// let once = client.with_idempotency_key(IdempotencyKey::random());
    /// once.issue_token(&IssueTokenRequest::new("nightly-export".to_owned())).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_idempotency_key(&self, key: IdempotencyKey) -> Self {
        Self { shared: Arc::clone(&self.shared), key: Some(key) }
    }

    /// Puts the key on a write.
    fn keyed(&self, operation: &Operation, mut request: Request) -> Request {
        if let Some(key) = &self.key
            && operation.is_write()
        {
            request.headers_mut().insert(IDEMPOTENCY_KEY, key.header_value());
            if operation.provenance == Provenance::Extension {
                request.extensions_mut().insert(Idempotent);
            }
        }
        request
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
        let sending = request.map(|request| self.shared.transport.send(self.keyed(operation, request)));
        async move {
            let started = Instant::now();
            match sending {
                Ok(sending) => self.receive(operation, sending.await, started).await,
                Err(error) => Err(self.unsent(operation, error, started)),
            }
        }
    }

    /// One update of a user, sent once for a caller that repeats it itself; `'static`, as it outlives the caller's turn.
    /// Nothing of the answer is kept, so that any JSON will do: building what it says costs more than reading it.
    pub(crate) fn update_once(
        &self,
        update: &UpdateUserRequest,
        started: Instant,
    ) -> impl Future<Output = Result<IgnoredAny, Error>> + Send + use<> {
        let request = self.shared.requests.single_update(update);
        let client = self.clone();
        async move {
            match request {
                Ok(request) => {
                    let outcome = client.shared.single_updates.send(request).await;
                    client.receive(&UPDATE_USER, outcome, started).await
                }
                Err(error) => Err(client.unsent(&UPDATE_USER, error, started)),
            }
        }
    }

    fn unsent(&self, operation: &'static Operation, error: Error, started: Instant) -> Error {
        error.of_call(operation, self.shared.requests.base().host(), None, 0, started.elapsed())
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
                if !self.met_service() && answer.headers().contains_key(answer::SERVICE) {
                    self.shared.met_service.store(true, Ordering::Relaxed);
                }
                let (head, body) = answer.into_parts();
                answer::read(operation, &head, body, self.shared.answer_limit).await.map_err(|error| {
                    // The id that the other side answers with, else the one that was sent.
                    let id = head.headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok());
                    let Attempts(attempts) = head.extensions.get().copied().unwrap_or(Attempts(1));
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

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", self.shared.requests.base()).finish_non_exhaustive()
    }
}
