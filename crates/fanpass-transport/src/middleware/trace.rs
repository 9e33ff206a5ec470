//! Spans for calls and for their attempts. Neither headers nor query strings are recorded: they carry tokens
//! and user ids.

use futures_util::future::Either;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, debug, debug_span, field, info_span};

use crate::{Attempts, OperationName, Request, RequestId, Response, Transport, TransportError};

/// A span `call` around all attempts: operation, method, host, path, request id, attempts, outcome, milliseconds.
#[derive(Debug)]
pub struct CallTrace<T>(pub T);

/// A span `attempt` around one attempt: outcome and milliseconds.
#[derive(Debug)]
pub struct AttemptTrace<T>(pub T);

impl<T: Transport> Transport for CallTrace<T> {
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let span = info_span!(
            "call",
            operation = request.extensions().get::<OperationName>().map(|name| name.0),
            method = %request.method(),
            host = request.uri().host(),
            path = request.uri().path(),
            request_id = field::Empty,
            attempts = field::Empty,
            status = field::Empty,
            error = field::Empty,
            elapsed_ms = field::Empty,
        );
        let sending = self.0.send(request);
        if span.is_disabled() {
            return Either::Left(sending);
        }
        // Boxed, so that a future which nobody traces does not carry the room for it.
        Either::Right(Box::pin(async move {
            let began = Instant::now();
            let outcome = sending.instrument(span.clone()).await;
            let (request_id, attempts) = match &outcome {
                Ok(answer) => {
                    (answer.extensions().get::<RequestId>(), answer.extensions().get::<Attempts>().copied())
                }
                Err(error) => (error.request_id(), error.attempts()),
            };
            span.record("request_id", request_id.map(RequestId::as_str));
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
