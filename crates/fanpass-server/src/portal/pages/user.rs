//! One user: attributes, segments, what changed when; exported, erased.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{DELETE_USER, EXPORT_USER, GET_USER, GET_USER_HISTORY, LIST_USER_AUDIENCES};
use fanpass_model::{AttributeValue, DeletedUser, UserAudiences, UserChange, UserHistory, UserRecord};
use http::{HeaderMap, StatusCode};

use super::pager::Pager;
use crate::portal::download;
use crate::portal::frame::{Answer, Frame, page, show as show_page};
use crate::portal::link::{self, link};
use crate::portal::show::When;
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;

/// Changes on a page.
const CHANGES: &str = "25";

#[derive(Template)]
#[template(path = "user.html")]
struct Page {
    frame: Frame,
    id: String,
    updated: Option<When>,
    /// Key and value.
    attributes: Vec<(String, Value)>,
    /// Name and address.
    segments: Vec<(String, String)>,
    /// Name and address.
    audiences: Vec<(String, String)>,
    changes: Vec<Change>,
    pager: Pager,
    may_administer: bool,
    export_address: String,
    erase_address: String,
}

/// A value in words.
pub(super) struct Value {
    pub(super) kind: &'static str,
    pub(super) entries: Vec<String>,
}

struct Change {
    at: When,
    subject: String,
    /// Key, value before, value after.
    attributes: Vec<(String, Value, Value)>,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let (id, after) = (visit.query.text("id"), visit.query.text("after"));
    let user = match visit.call::<UserRecord>(&GET_USER, &[("userId", id)]).await {
        Ok(user) => user,
        Err(trouble) if trouble.status.is_client_error() && trouble.status != StatusCode::UNAUTHORIZED => {
            return nobody(&visit, id, &trouble);
        }
        Err(trouble) => return Err(trouble),
    };
    // Of a user who is only in segments nothing has changed.
    let history = if user.updated_at.is_some() {
        let asked = [("userId", id), ("after", after), ("limit", CHANGES)];
        visit.call(&GET_USER_HISTORY, &asked).await?
    } else {
        UserHistory::new(Vec::new())
    };
    let audiences: UserAudiences = visit.call(&LIST_USER_AUDIENCES, &[("userId", id)]).await?;
    let audiences = audiences.audiences.iter().map(|name| (name.to_string(), link::audience(name.as_str())));
    let attributes = user.user_properties.iter().map(|(key, value)| (key.to_string(), Value::of(value)));
    let segments = user.segments.iter().map(|name| (name.to_string(), link::segment(name.as_str())));
    show_page(&Page {
        frame: visit.frame("User", "/portal/users"),
        id: id.to_owned(),
        updated: When::maybe(user.updated_at.as_deref()),
        attributes: attributes.collect(),
        segments: segments.collect(),
        audiences: audiences.collect(),
        pager: Pager::new("/portal/user", &[("id", id)], after, history.next.as_deref()),
        changes: history.changes.into_iter().map(change).collect(),
        may_administer: visit.session.may("portal:admin"),
        export_address: link("/portal/user/export", [("id", id)]),
        erase_address: link("/portal/user/erase", [("id", id)]),
    })
}

#[derive(Template)]
#[template(path = "no_user.html")]
struct NobodyPage<'a> {
    frame: Frame,
    id: &'a str,
    sentences: Vec<&'a str>,
}

fn nobody(visit: &Visit, id: &str, trouble: &Trouble) -> Answer {
    let frame = visit.frame("User", "/portal/users");
    page(trouble.status, &NobodyPage { frame, id, sentences: trouble.beside(&[]) })
}

fn change(change: UserChange) -> Change {
    let attributes = change.attributes.into_iter().map(|attribute| {
        (attribute.key.to_string(), Value::of(&attribute.before), Value::of(&attribute.after))
    });
    Change {
        at: When::of(&change.at),
        subject: change.subject.unwrap_or_default(),
        attributes: attributes.collect(),
    }
}

impl Value {
    pub(super) fn of(value: &AttributeValue) -> Self {
        let kind = value.attribute_type().map_or("unset", fanpass_model::AttributeType::as_str);
        let entries = match value {
            AttributeValue::Text(text) => vec![text.clone()],
            AttributeValue::Number(number) => vec![number.to_string()],
            AttributeValue::Boolean(boolean) => vec![boolean.to_string()],
            AttributeValue::List(entries) => entries.clone(),
            AttributeValue::Unset => Vec::new(),
        };
        Self { kind, entries }
    }
}

pub(in crate::portal) async fn export(visit: Visit) -> Answer {
    let id = visit.query.text("id");
    let target = link(EXPORT_USER.path, [("userId", id)]);
    let response = visit.request(EXPORT_USER.method, &target, HeaderMap::new(), Body::empty()).await?;
    download::file(response.into_body(), "application/json", "user", id, "json")
}

pub(in crate::portal) async fn erase(visit: Visit) -> Answer {
    let id = visit.query.text("id");
    visit.call::<DeletedUser>(&DELETE_USER, &[("userId", id)]).await?;
    Ok(Redirect::to("/portal/users?done=erased").into_response())
}
