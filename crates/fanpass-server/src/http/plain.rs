//! What is answered without a token: whether the service lives, whether it is ready, and the contract.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanpass_model::CONTRACT_JSON;
use http::header::CONTENT_TYPE;

use super::problem::Problem;
use crate::app::App;
use crate::store::StoreErrorKind;

/// The process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// The storage answers too, takes what is written, and no import waits to be ended.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    app.store.ready().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Problem::unavailable(match error.kind() {
            StoreErrorKind::Full => "the disk is full; its operator must free space",
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

pub(super) async fn contract() -> Response {
    ([(CONTENT_TYPE, "application/json")], CONTRACT_JSON).into_response()
}
