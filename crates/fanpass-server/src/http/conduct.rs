//! One call from its token to its audit record and its answer.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;

use super::call::{Call, Operate};
use super::idempotency::{self, REPLAYED};
use super::problem::Problem;
use super::query::Parameters;
use crate::app::App;
use crate::store::{AuditEntry, StoreError, StoreErrorKind, Trace, hashed};

/// What the audit says of a call, for the log and the metrics.
#[derive(Debug, Clone)]
pub(super) struct Account(AuditEntry);

impl Account {
    pub(super) fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Who called, under a hash: it names a person or a job.
    pub(super) fn subject(&self) -> Option<String> {
        Some(hashed("subject:", self.0.subject.as_deref()?, 6))
    }

    /// What it was about, a user under a hash.
    pub(super) fn target(&self) -> Option<&str> {
        self.0.target.as_deref()
    }
}

/// Runs one call to its end, in a task of its own once it has to wait: a client that hangs up does not cut it in half, and a
/// panic ends it alone.
pub(super) async fn run<O: Operate>(State(app): State<Arc<App>>, request: Request) -> Response {
    let call = Call::new(Arc::clone(&app), request, &O::OPERATION);
    let mut audit = call.audit.clone();
    let failed = |cause: &dyn Display| {
        let problem = Problem::internal(cause);
        audit.status = problem.kind.status.as_u16();
        if let Err(error) = app.store.append_audit_soon(&audit) {
            tracing::error!(%error, "a call that failed left no audit record");
        }
        let mut response = problem.into_response();
        response.extensions_mut().insert(Account(audit));
        response
    };
    let mut conducted = Box::pin(conduct::<O>(call));
    // What a look-up reads is there before another task would have begun.
    match catch_unwind(AssertUnwindSafe(|| (&mut conducted).now_or_never())) {
        Ok(Some(response)) => response,
        Ok(None) => tokio::spawn(conducted).await.unwrap_or_else(|panic| failed(&panic)),
        Err(panic) => failed(&message(&*panic)),
    }
}

/// What a panic said of itself.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied()).unwrap_or("it panicked without a message")
}

async fn conduct<O: Operate>(mut call: Call) -> Response {
    let mut result = perform::<O>(&mut call).await;
    if !call.audited
        && let Err(error) = record::<O>(&mut call, &result).await
    {
        // What cannot be recorded is not answered, or it would tell without a trace what is there. Whoever has no token learns nothing.
        if result.is_ok() || call.audit.subject.is_some() {
            result = Err(error.into());
        }
    }
    let mut response = match result {
        Ok(Answered { body, again }) => {
            let status = StatusCode::from_u16(O::OPERATION.success).unwrap_or_default();
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            let again = again.then(|| [(REPLAYED, HeaderValue::from_static("true"))]);
            (status, headers, again.map(AppendHeaders), body).into_response()
        }
        Err(problem) => problem.into_response(),
    };
    response.extensions_mut().insert(Account(call.audit));
    match call.long_answer {
        Some(place) => response.map(|body| Body::new(body.map_err(move |error| (error, &place).0))),
        None => response,
    }
}

/// Stores the record of a call whose operation has not, unless it is one of a flood; with it the answer to its key. It fails
/// for calls that changed nothing alone: an effect that was had is answered.
async fn record<O: Operate>(call: &mut Call, result: &Result<Answered, Problem>) -> Result<(), StoreError> {
    let (app, now) = (Arc::clone(&call.app), call.app.store.clock().now().as_microsecond());
    call.audit.status = match result {
        Ok(_) => O::OPERATION.success,
        Err(problem) => problem.kind.status.as_u16(),
    };
    call.audit.hide_unknown();
    if let Ok(answer) = result
        && O::OPERATION.is_write()
    {
        let kept = || String::from_utf8_lossy(&answer.body).into_owned();
        let answer = call.once().map(|once| (once, kept()));
        let trace = Trace { audit: call.audit.clone(), answer };
        app.owed.keep(&app.store, trace, call.claim.take()).await;
        return Ok(());
    }
    if !app.floods.admit(&call.audit, now) {
        return Ok(());
    }
    let stored = app.store.append_audit_soon(&call.audit);
    match &stored {
        Err(error) if error.kind() == StoreErrorKind::Busy => app.floods.missed(&call.audit, now),
        Err(error) => tracing::error!(%error, "a call left no audit record"),
        Ok(()) => {}
    }
    stored
}

/// The body of a success, and whether it was given before.
struct Answered {
    body: Vec<u8>,
    again: bool,
}

async fn perform<O: Operate>(call: &mut Call) -> Result<Answered, Problem> {
    call.admit(O::OPERATION.scope)?;
    call.app.store.folder().check_place()?;
    call.parameters = Parameters::of(&call.parts.uri, O::OPERATION.query)?;
    if let Some(kept) = idempotency::claim(call, &O::OPERATION).await? {
        call.audit.outcome = Some(serde_json::json!({"replayed": true}));
        let body = O::answer_again(&call.app, kept.answer).await?;
        return Ok(Answered { body, again: true });
    }
    if O::OPERATION.is_write() {
        // What cannot record that it was changed is not changed.
        call.app.owed.settle(&call.app.store).await?;
    }
    let answer = O::operate(call).await?;
    let body = serde_json::to_vec(&answer).map_err(|error| Problem::internal(&error))?;
    Ok(Answered { body, again: false })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::extract::{Request, State};
    use fanpass_model::Operation;

    use super::run;
    use crate::http::call::{Call, Operate};
    use crate::http::problem::Problem;
    use crate::{Config, Service};

    /// An operation with a fault that none of the real ones is known to have, at once or after it had to wait.
    struct Broken<const AT_ONCE: bool>;

    impl<const AT_ONCE: bool> Operate for Broken<AT_ONCE> {
        const OPERATION: Operation = fanpass_model::operations::LIST_SEGMENTS;
        type Answer = ();

        async fn operate(_: &mut Call) -> Result<(), Problem> {
            if !AT_ONCE {
                tokio::task::yield_now().await;
            }
            panic!("a fault")
        }
    }

    async fn ends_with_a_problem_and_a_record<O: Operate>() {
        use secrecy::ExposeSecret as _;

        let folder = tempfile::tempdir().unwrap();
        let service =
            Service::open(Config { data: folder.path().to_owned(), ..Config::default() }).await.unwrap();
        let token = service.development_token().await.unwrap();
        let request = Request::get("/")
            .header("authorization", format!("Bearer {}", token.expose_secret()))
            .body(Body::empty())
            .unwrap();
        let app = Arc::clone(service.app());
        let response = run::<O>(State(Arc::clone(&app)), request).await;
        assert_eq!(response.status(), 500);
        assert!(response.extensions().get::<Problem>().is_some());
        let last = app.store.audit(None, 1).await.unwrap().remove(0).entry;
        assert_eq!((last.operation.as_str(), last.status), ("listSegments", 500));
    }

    #[tokio::test]
    async fn a_panic_ends_its_call_alone() {
        ends_with_a_problem_and_a_record::<Broken<true>>().await;
        ends_with_a_problem_and_a_record::<Broken<false>>().await;
    }
}
