//! Spans for calls and for their attempts. Neither headers nor query strings are recorded: they carry tokens
//! and user ids.

use futures_util::future::Either;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, debug, debug_span, field, info_span};

use super::request_id::X_REQUEST_ID;
use crate::{Attempts, OperationName, Request, Response, Transport, TransportError};

/// A span `call` around all attempts: operation, method, host, path, request id, attempts, outcome, milliseconds.
#[derive(Debug)]
pub struct CallTrace<T> {
    inner: T,
    operation: Option<&'static str>,
}

impl<T: Transport> CallTrace<T> {
    /// Traces calls of the operation that each request names as its [`OperationName`].
    pub fn new(inner: T) -> Self {
        Self { inner, operation: None }
    }

    /// Traces calls of one operation, which requests need not name.
    pub fn of(inner: T, operation: &'static str) -> Self {
        Self { inner, operation: Some(operation) }
    }
}

/// A span `attempt` around one attempt: outcome and milliseconds.
#[derive(Debug)]
pub struct AttemptTrace<T>(pub T);

impl<T: Transport> Transport for CallTrace<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let span = info_span!(
            "call",
            operation = request.extensions().get::<OperationName>().map(|name| name.0).or(self.operation),
            method = %request.method(),
            host = request.uri().host(),
            path = request.uri().path(),
            request_id = request.headers().get(X_REQUEST_ID).and_then(|id| id.to_str().ok()),
            attempts = field::Empty,
            status = field::Empty,
            error = field::Empty,
            elapsed_ms = field::Empty,
        );
        let sending = self.inner.send(request);
        if span.is_disabled() {
            return Either::Left(sending);
        }
        // Boxed, so that a future which nobody traces does not carry the room for it.
        Either::Right(Box::pin(async move {
            let began = Instant::now();
            let outcome = sending.instrument(span.clone()).await;
            let attempts = match &outcome {
                Ok(answer) => answer.extensions().get::<Attempts>().copied(),
                Err(error) => error.attempts(),
            };
            span.record("attempts", attempts.map(|attempts| attempts.0));
            record(&span, &outcome, began);
            span.in_scope(|| debug!("call ended"));
            outcome
        }))
    }
}

impl<T: Transport> Transport for AttemptTrace<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let span =
            debug_span!("attempt", status = field::Empty, error = field::Empty, elapsed_ms = field::Empty);
        let sending = self.0.send(request);
        if span.is_disabled() {
            return Either::Left(sending);
        }
        Either::Right(Box::pin(async move {
            let began = Instant::now();
            let outcome = sending.instrument(span.clone()).await;
            record(&span, &outcome, began);
            span.in_scope(|| debug!("attempt ended"));
            outcome
        }))
    }
}

fn record(span: &Span, outcome: &Result<Response, TransportError>, began: Instant) {
    match outcome {
        Ok(answer) => span.record("status", answer.status().as_u16()),
        Err(error) => span.record("error", field::debug(error.kind())),
    };
    span.record("elapsed_ms", u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
}
