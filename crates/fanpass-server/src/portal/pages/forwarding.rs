//! What is on its way to Google Analytics 4, and what it would not take.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{GET_FORWARDING, LIST_DEAD_LETTERS, RETRY_DEAD_LETTERS};
use fanpass_model::{DeadLetter, DeadLetterList, ForwardingStatus, RetriedDeadLetters};
use http::HeaderMap;

use super::pager::Pager;
use crate::portal::api::read;
use crate::portal::frame::{Answer, Frame, show as show_page};
use crate::portal::link;
use crate::portal::show::{When, count, counted};
use crate::portal::visit::Visit;

#[derive(Template)]
#[template(path = "forwarding.html")]
struct Page {
    frame: Frame,
    enabled: bool,
    debug: bool,
    stream: String,
    waiting: String,
    lag: String,
    delivered: String,
    dead: String,
    paused: Option<When>,
    failure: Option<String>,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    user: String,
    address: String,
    key: String,
    at: When,
    reason: String,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let after = visit.query.text("after");
    let asked = [("after", after)];
    let (status, letters) = tokio::try_join!(
        visit.call::<ForwardingStatus>(&GET_FORWARDING, &[]),
        visit.call::<DeadLetterList>(&LIST_DEAD_LETTERS, &asked),
    )?;
    show_page(&Page {
        frame: visit.frame("Google Analytics", "/portal/ga4"),
        enabled: status.enabled,
        debug: status.debug,
        stream: status.stream.unwrap_or_default(),
        waiting: count(status.waiting),
        lag: counted(status.lag_seconds, "second"),
        delivered: count(status.delivered),
        dead: count(status.dead),
        paused: When::maybe(status.paused_until.as_deref()),
        failure: status.last_failure,
        rows: letters.dead_letters.into_iter().map(row).collect(),
        pager: Pager::new("/portal/ga4", &[], after, letters.next.as_deref()),
    })
}

fn row(letter: DeadLetter) -> Row {
    Row {
        address: link::user(letter.user_id.as_str()),
        user: letter.user_id.into(),
        key: letter.key.to_string(),
        at: When::of(&letter.at),
        reason: letter.reason,
    }
}

pub(in crate::portal) async fn retry(visit: Visit) -> Answer {
    let (method, path) = (RETRY_DEAD_LETTERS.method, RETRY_DEAD_LETTERS.path);
    let response = visit.request(method, path, HeaderMap::new(), Body::empty()).await?;
    read::<RetriedDeadLetters>(response).await?;
    Ok(Redirect::to("/portal/ga4?done=retried").into_response())
}
