//! What is answered without a token: whether the service lives, whether it is ready, and the contract.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanpass_model::CONTRACT_JSON;
use http::header::CONTENT_TYPE;

use super::problem::Problem;
use crate::app::App;

/// The process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// The storage answers too.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    app.store.audit(None, 1).await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Problem::unavailable("the storage does not answer")
    })?;
    Ok("ready\n")
}

pub(super) async fn contract() -> Response {
    ([(CONTENT_TYPE, "application/json")], CONTRACT_JSON).into_response()
}
