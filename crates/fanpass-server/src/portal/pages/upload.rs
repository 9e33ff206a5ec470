//! A file is uploaded: the browser's form goes on as it comes to Import Segment.

use askama::Template;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Redirect, Response};
use fanpass_model::SegmentReceipt;
use fanpass_model::operations::IMPORT_SEGMENT;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::portal::api::read;
use crate::portal::frame::{Answer, Frame, page, show as show_page};
use crate::portal::link::{self, link};
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;

/// Parts of the form, as the operation names them.
const FIELDS: [&str; 3] = ["segmentName", "mode", "file"];

#[derive(Template)]
#[template(path = "upload.html")]
struct Page<'a> {
    frame: Frame,
    action: String,
    segment: &'a str,
    trouble: Option<&'a Trouble>,
    fields: &'static [&'static str],
}

impl<'a> Page<'a> {
    fn of(visit: &'a Visit, trouble: Option<&'a Trouble>) -> Self {
        let segment = visit.query.text("segment");
        // The body is not looked into before the operation does, so the form names its session here.
        let action = link("/portal/upload", [("segment", segment), ("csrf", &visit.session.csrf)]);
        Self {
            frame: visit.frame("Upload a list", "/portal/upload"),
            action,
            segment,
            trouble,
            fields: &FIELDS,
        }
    }
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    show_page(&Page::of(&visit, None))
}

pub(in crate::portal) async fn take(visit: Visit, request: Request) -> Answer {
    let script = request.headers().get(ACCEPT).is_some_and(|accept| accept == "application/json");
    let outcome = forward(&visit, request).await;
    match outcome {
        Ok(receipt) => {
            let address = link::import(receipt.firebase_imported_segment_id.as_str());
            Ok(if script {
                told(StatusCode::OK, &json!({"address": address}))
            } else {
                Redirect::to(&address).into_response()
            })
        }
        Err(trouble) if script => {
            Ok(told(trouble.status, &json!({"title": trouble.title, "sentences": trouble.beside(&[])})))
        }
        Err(trouble) => page(trouble.status, &Page::of(&visit, Some(&trouble))),
    }
}

/// Hands the form on while it arrives.
async fn forward(visit: &Visit, request: Request) -> Result<SegmentReceipt, Trouble> {
    let (parts, body) = request.into_parts();
    let kept = [CONTENT_TYPE, CONTENT_LENGTH].into_iter();
    let headers: HeaderMap =
        kept.filter_map(|name| Some((name.clone(), parts.headers.get(name)?.clone()))).collect();
    read(visit.request(IMPORT_SEGMENT.method, IMPORT_SEGMENT.path, headers, body).await?).await
}

/// An answer to our script.
fn told(status: StatusCode, answer: &serde_json::Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}
