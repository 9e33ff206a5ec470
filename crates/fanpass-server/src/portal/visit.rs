//! One request of somebody who has signed in.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use fanpass_transport::RequestId;
use http::request::Parts;

use super::Portal;
use super::fields::Fields;
use super::sessions::Session;
use super::trouble::Trouble;
use crate::http::problem::Problem;

/// Who asks, and for what. Made by [`guard`](super::guard), which lets nobody else in.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) portal: Arc<Portal>,
    pub(super) session: Arc<Session>,
    /// Calls of the page carry the page's own.
    pub(super) request_id: Option<RequestId>,
    pub(super) query: Fields,
    /// The form that was sent, if it is none with a file.
    pub(super) form: Fields,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        let visit = parts.extensions.get::<Self>().cloned();
        visit.ok_or_else(|| Problem::internal(&"a page was asked for past the guard").into())
    }
}
