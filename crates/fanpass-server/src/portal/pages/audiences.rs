//! Audiences: expressions over segments and attributes, tried out, saved under a name, listed.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{GET_AUDIENCE, LIST_AUDIENCES, PREVIEW_AUDIENCE, SAVE_AUDIENCE};
use fanpass_model::{Audience, AudienceList, AudiencePart, PreviewAudienceRequest};
use http::StatusCode;
use serde_json::json;

use super::pager::Pager;
use crate::portal::fields::Fields;
use crate::portal::frame::{Answer, Frame, page, show};
use crate::portal::link::{self, link};
use crate::portal::show::{When, counted};
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;

/// Members of the request that have a field of their own.
const FIELDS: [&str; 3] = ["/audienceName", "/expression", "/description"];
/// Users that are shown of an expression that is tried out.
const SAMPLE: u32 = 20;
/// Parts that a count asks for at most; what is left is said to be more.
pub(super) const PARTS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "audiences.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
    may_save: bool,
}

struct Row {
    name: String,
    address: String,
    expression: String,
    description: String,
    problems: Vec<String>,
    updated: When,
}

pub(in crate::portal) async fn list(visit: Visit) -> Answer {
    let after = visit.query.text("after");
    let list: AudienceList = visit.call(&LIST_AUDIENCES, &[("after", after)]).await?;
    let pager = Pager::new("/portal/audiences", &[], after, list.next.as_deref());
    show(&Page {
        frame: visit.frame("Audiences", "/portal/audiences"),
        rows: list.audiences.into_iter().map(row).collect(),
        pager,
        may_save: visit.session.may(SAVE_AUDIENCE.scope),
    })
}

fn row(audience: Audience) -> Row {
    Row {
        address: link::audience(audience.audience_name.as_str()),
        name: audience.audience_name.into(),
        expression: audience.expression,
        description: audience.description.unwrap_or_default(),
        problems: audience.problems.into_iter().map(|problem| problem.detail).collect(),
        updated: When::of(&audience.updated_at),
    }
}

#[derive(Template)]
#[template(path = "audience_form.html")]
struct FormPage<'a> {
    frame: Frame,
    name: &'a str,
    expression: &'a str,
    description: &'a str,
    found: Option<Found>,
    may_save: bool,
    trouble: Option<&'a Trouble>,
    fields: &'static [&'static str],
}

/// What an expression selects now.
struct Found {
    count: String,
    /// Id and address of the first ones.
    users: Vec<(String, String)>,
}

/// An empty form, or that of an audience that is to be changed.
pub(in crate::portal) async fn write(mut visit: Visit) -> Answer {
    let name = visit.query.text("name");
    if !name.is_empty() {
        let audience: Audience = visit.call(&GET_AUDIENCE, &[("audienceName", name)]).await?;
        let description = audience.description.unwrap_or_default();
        let fields = [("name", name), ("expression", &*audience.expression), ("description", &*description)];
        visit.form = Fields::of(fields);
    }
    form(&visit, None, None)
}

/// Tries an expression out, or saves it: whichever button was pressed.
pub(in crate::portal) async fn take(visit: Visit) -> Answer {
    let outcome = if visit.form.text("do") == "save" {
        save(&visit).await.map(|()| None)
    } else {
        preview(&visit).await.map(Some)
    };
    match outcome {
        Ok(None) => {
            let name = visit.form.text("name").trim();
            Ok(Redirect::to(&link("/portal/audience", [("name", name), ("done", "saved")])).into_response())
        }
        Ok(found) => form(&visit, found, None),
        Err(trouble) if trouble.status == StatusCode::UNPROCESSABLE_ENTITY => {
            form(&visit, None, Some(&trouble))
        }
        Err(trouble) => Err(trouble),
    }
}

fn form(visit: &Visit, found: Option<Found>, trouble: Option<&Trouble>) -> Answer {
    page(
        trouble.map_or(StatusCode::OK, |trouble| trouble.status),
        &FormPage {
            frame: visit.frame("Write an audience", "/portal/audiences"),
            name: visit.form.text("name"),
            expression: visit.form.text("expression"),
            description: visit.form.text("description"),
            found,
            may_save: visit.session.may(SAVE_AUDIENCE.scope),
            trouble,
            fields: &FIELDS,
        },
    )
}

async fn save(visit: &Visit) -> Result<(), Trouble> {
    let form = &visit.form;
    let mut request =
        json!({"audienceName": form.text("name").trim(), "expression": form.text("expression")});
    if !form.text("description").is_empty() {
        request["description"] = form.text("description").into();
    }
    visit.send::<Audience>(&SAVE_AUDIENCE, &request).await.map(drop)
}

async fn preview(visit: &Visit) -> Result<Found, Trouble> {
    let expression = visit.form.text("expression");
    let mut request = PreviewAudienceRequest::new(expression.to_owned());
    request.limit = Some(SAMPLE);
    let sample: AudiencePart = visit.send(&PREVIEW_AUDIENCE, &request).await?;
    let part = |after: Option<String>| {
        let mut request = PreviewAudienceRequest::new(expression.to_owned());
        (request.after, request.count) = (after, Some(true));
        async move { visit.send::<AudiencePart>(&PREVIEW_AUDIENCE, &request).await }
    };
    Ok(Found { count: count_parts(part).await?, users: users(sample) })
}

/// Users and the addresses of their pages.
pub(super) fn users(part: AudiencePart) -> Vec<(String, String)> {
    part.user_ids.into_iter().map(|id| (id.to_string(), link::user(id.as_str()))).collect()
}

/// Adds up the parts that `part` counts, each of which begins where the one before says.
pub(super) async fn count_parts<P>(part: impl Fn(Option<String>) -> P) -> Result<String, Trouble>
where
    P: Future<Output = Result<AudiencePart, Trouble>>,
{
    let (mut total, mut after) = (0_u64, None);
    for _ in 0..PARTS_MAX {
        let counted_part = part(after).await?;
        total = total.saturating_add(counted_part.count);
        after = counted_part.next;
        if after.is_none() {
            return Ok(counted(total, "user"));
        }
    }
    Ok(format!("{} at least", counted(total, "user")))
}
