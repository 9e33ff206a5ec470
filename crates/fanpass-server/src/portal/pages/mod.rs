//! The pages, a file each, and what is shown where there is none.

pub(super) mod attribute;
pub(super) mod attributes;
pub(super) mod audience;
pub(super) mod audiences;
pub(super) mod audit;
pub(super) mod faults;
pub(super) mod forwarding;
pub(super) mod import;
pub(super) mod imports;
pub(super) mod overview;
pub(super) mod pager;
pub(super) mod segment;
pub(super) mod segments;
pub(super) mod settings;
pub(super) mod sign_in;
pub(super) mod tokens;
pub(super) mod upload;
pub(super) mod user;
pub(super) mod users;

use askama::Template;
use axum::response::Response;
use http::header::RETRY_AFTER;

use super::frame::{Answer, Frame, page};
use super::trouble::Trouble;
use super::visit::Visit;
use crate::http::problem::Kind;

/// A page of what went wrong.
#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    frame: Frame,
    sentences: Vec<&'a str>,
    request_id: Option<String>,
}

pub(super) fn trouble_page(visit: &Visit, trouble: &Trouble) -> Response {
    let template = TroublePage {
        frame: visit.frame(&trouble.title, ""),
        sentences: trouble.beside(&[]),
        request_id: visit.request_id.as_ref().map(ToString::to_string),
    };
    match page(trouble.status, &template) {
        Ok(mut response) => {
            if let Some(again) = trouble.retry_after.clone() {
                response.headers_mut().insert(RETRY_AFTER, again);
            }
            response
        }
        // There is no page for a page of trouble that cannot be made.
        Err(trouble) => axum::response::IntoResponse::into_response(trouble.status),
    }
}

/// An address that only a form is sent to, as one comes to by going back to a page of trouble.
pub(super) async fn nothing_to_see(_: Visit) -> Answer {
    Err(Trouble::new(
        Kind::WRONG_METHOD,
        "forms are sent to this address, and there is nothing to see; go on from the overview",
    ))
}

pub(super) async fn elsewhere(_: Visit) -> Answer {
    Err(Trouble::new(
        Kind::NOT_FOUND,
        "the Portal has no such page; its navigation leads to those that it has",
    ))
}
