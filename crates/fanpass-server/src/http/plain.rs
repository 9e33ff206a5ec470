//! What is answered without a token: whether the service lives, whether it is ready, and the contract.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanpass_model::CONTRACT_JSON;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::call::check_scope;
use super::problem::Problem;
use crate::app::App;
use crate::metrics;
use crate::store::StoreErrorKind;

/// The process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// The storage answers too, takes what is written, and neither the record of a call nor the end of an import waits for it.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    if app.draining.load(Ordering::Relaxed) {
        return Err(Problem::unavailable(
            "the service stops; it answers the calls under way and takes no more",
        ));
    }
    let takes_writes = async {
        app.store.ready().await?;
        app.owed.settle(&app.store).await
    };
    takes_writes.await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Problem::unavailable(match error.kind() {
            StoreErrorKind::Full => "the disk is full; its operator must free space",
            StoreErrorKind::Moved => {
                "the data folder was moved or replaced under the service; its log says what to do"
            }
            _ => "the storage does not answer",
        })
    })?;
    let not_ended = app.imports.not_ended();
    if not_ended > 0 {
        let detail =
            format!("the storage cannot say that imports have failed ({not_ended}); it is tried again");
        return Err(Problem::unavailable(detail));
    }
    Ok("ready\n")
}

/// The figures of the service, to a token that may read.
pub(super) async fn metrics_with_token(
    state: State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let claims = state.authority.authenticate(&headers)?;
    check_scope(&claims, "read")?;
    metrics(state).await
}

/// The figures of the service, to anybody who gets here.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = app.metrics.text(&app).await?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

pub(super) async fn contract() -> Response {
    ([(CONTENT_TYPE, "application/json")], CONTRACT_JSON).into_response()
}
