//! What a page says of a call that was refused: the problem's own sentences, each beside what it is about.

use axum::response::{IntoResponse, Response};
use fanpass_model::ProblemItem;
use http::{HeaderValue, StatusCode};

use crate::http::problem::{Kind, Problem};

/// A refused call. On its way out of a page that says nothing of it itself, [`guard`](super::guard) makes it a page.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) status: StatusCode,
    pub(super) title: String,
    detail: String,
    items: Vec<ProblemItem>,
    /// When the call may be tried again.
    pub(super) retry_after: Option<HeaderValue>,
}

impl Trouble {
    /// As the service's operation has answered it.
    pub(super) fn of(
        status: StatusCode,
        problem: fanpass_model::Problem,
        retry_after: Option<HeaderValue>,
    ) -> Self {
        Self {
            status,
            title: problem.title.unwrap_or_else(|| status.to_string()),
            detail: problem.detail.unwrap_or_default(),
            items: problem.errors,
            retry_after,
        }
    }

    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Problem::new(kind, detail).into()
    }

    /// What is wrong with the field that the operation knows by one of `pointers`.
    pub(super) fn at(&self, pointer: &str) -> Option<&str> {
        let inside = |item: &&ProblemItem| {
            let rest = item.pointer.as_deref().and_then(|found| found.strip_prefix(pointer));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.items.iter().find(inside).map(|item| item.detail.as_str())
    }

    /// What is said of none of `fields`.
    pub(super) fn beside(&self, fields: &[&str]) -> Vec<&str> {
        let told: Vec<_> = fields.iter().filter_map(|pointer| self.at(pointer)).collect();
        let items = self.items.iter().map(|item| item.detail.as_str());
        let left: Vec<_> = items.filter(|detail| !told.contains(detail)).collect();
        // The sentence of the whole repeats that of a single item, or announces several.
        if self.items.is_empty() { vec![&self.detail] } else { left }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let (status, retry_after) = (problem.kind.status, problem.retry_after().cloned());
        Self::of(status, problem.told(""), retry_after)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
