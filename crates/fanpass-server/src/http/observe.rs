//! What every answer has in common: a request id, the service's version, a log event, problems as RFC 9457 has them.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use fanpass_transport::RequestId;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::conduct::Account;
use super::head;
use super::problem::Problem;
use crate::app::App;
use crate::faults;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SERVICE: HeaderName = HeaderName::from_static("x-fanpass-service");
const VERSION: HeaderValue = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));
/// A client's own request id is taken up to this length.
const REQUEST_ID_MAX_BYTES: usize = 128;

pub(crate) async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = clients_own(request.headers()).or_else(|| RequestId::new(&app.store.ids().next()));
    let Some(id) = id else { return Problem::internal(&"a request id cannot stand in a header").render("") };
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(id.clone());

    let in_flight = app.metrics.take_off();
    let mut response = match head::check(&request, &app.limits) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let mut kind = "";
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        kind = problem.kind.name;
        let mut rendered = problem.render(id.as_str());
        std::mem::swap(rendered.extensions_mut(), response.extensions_mut());
        // What the router has added on the way, such as `Allow`.
        for (name, value) in response.headers() {
            rendered.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        response = rendered;
    }
    response.headers_mut().insert(REQUEST_ID, id.header_value().clone());
    response.headers_mut().insert(SERVICE, VERSION);
    drop(in_flight);
    let elapsed = started.elapsed();
    let account = response.extensions().get::<Account>();
    let operation = account.map_or("-", Account::operation);
    app.metrics.answered(operation, response.status(), elapsed);
    let fault = faults::met(&response).map(|fault| fault.to_string());
    if let Some(fault) = &fault {
        app.metrics.met(fault.split('=').next().unwrap_or_default());
    }
    tracing::info!(
        %method,
        path = path.as_ref().map_or("-", MatchedPath::as_str),
        operation,
        subject = account.and_then(Account::subject),
        about = account.and_then(Account::target),
        status = response.status().as_u16(),
        problem = kind,
        fault,
        elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        request_id = id.as_str(),
        "answered"
    );
    faults::halved_if_met(response)
}

/// The id that the client gave the call, if it can stand in a log as it is.
fn clients_own(headers: &HeaderMap) -> Option<RequestId> {
    let text = headers.get(REQUEST_ID)?.to_str().ok()?;
    let sane = (1..=REQUEST_ID_MAX_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    if sane { RequestId::new(text) } else { None }
}
