//! Where faults meet calls: between the socket and the operations.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::{Fault, FaultRule};
use crate::app::App;
use crate::auth::Refusal;
use crate::http::problem::Problem;

/// The header by which a call asks for faults of its own.
pub(crate) const HEADER: &str = "x-fanpass-fault";
/// Paths that never meet a fault: whoever watches the service, or puts an end to faults, has to get through.
const SPARED: [&str; 5] = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/service/v1/faults"];

/// Why a connection or an answer ended early.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was cut, as a fault on demand")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The fault that an answer has met.
pub(crate) fn met(response: &Response) -> Option<Fault> {
    response.extensions().get().copied()
}

/// Whether the connection is to be cut instead of this answer.
pub(crate) fn is_cut(response: &Response) -> bool {
    matches!(met(response), Some(Fault::ResetBeforeCommit | Fault::ResetAfterCommit))
}

pub(crate) async fn inject(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    if !app.faults.enabled || SPARED.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let own = match own_rules(request.headers()) {
        Ok(own) => own,
        Err(problem) => return problem.into_response(),
    };
    let fate = app.faults.next(own.as_deref());
    if !fate.latency.is_zero() {
        tokio::time::sleep(fate.latency).await;
    }
    let Some(fault) = fate.fault else { return next.run(request).await };
    tracing::debug!(%fault, "a call meets a fault");
    let mut response = match fault {
        Fault::Status(status) => {
            Problem::injected(StatusCode::from_u16(status).unwrap_or_default()).into_response()
        }
        Fault::ExpiredToken => {
            let at = app.store.clock().now().as_second();
            Problem::from(Refusal::Expired { at }).into_response()
        }
        Fault::ResetBeforeCommit => Response::default(),
        Fault::StuckJob => {
            request.extensions_mut().insert(fault);
            next.run(request).await
        }
        Fault::ResetAfterCommit | Fault::Truncated | Fault::Latency(_) => next.run(request).await,
    };
    response.extensions_mut().insert(fault);
    response
}

/// The answer, with a body that ends half-way, though it says how long it is, if that is the fault it has met.
pub(crate) fn halved_if_met(response: Response) -> Response {
    if met(&response) != Some(Fault::Truncated) {
        return response;
    }
    response.map(|body| Body::new(Half { declared: body.size_hint(), body, given: false, paused: false }))
}

struct Half {
    declared: SizeHint,
    body: Body,
    given: bool,
    paused: bool,
}

impl HttpBody for Half {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.given && !self.paused {
            // So that what was given goes out before the connection ends.
            self.paused = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.given {
            return Poll::Ready(Some(Err(axum::Error::new(Cut))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.given = true;
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|data| data.slice(..data.len() / 2)))))
    }

    fn size_hint(&self) -> SizeHint {
        self.declared
    }
}

/// The faults that a call asks for itself.
fn own_rules(headers: &HeaderMap) -> Result<Option<Vec<FaultRule>>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let wrong = |detail: String| Problem::invalid_at(HEADER, "invalid_value", detail);
    let text = value.to_str().map_err(|_| wrong(format!("the header `{HEADER}` is no plain text")))?;
    let rules = text.split(',').map(str::parse).collect::<Result<_, _>>().map_err(wrong)?;
    Ok(Some(rules))
}
