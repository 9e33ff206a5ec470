//! The way from the address of the service to its pages.

use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::ACCEPT;
use http::{HeaderMap, Method};

use crate::http::problem::wrong_path;

/// Leads browsers, which say that they take HTML, to the Portal. Programs are told that nothing is here.
pub(super) async fn lead(method: Method, headers: HeaderMap) -> Response {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let is_browser = method == Method::GET && accepted.any(|accept| accept.contains("text/html"));
    if is_browser { Redirect::to("/portal").into_response() } else { wrong_path().await.into_response() }
}
