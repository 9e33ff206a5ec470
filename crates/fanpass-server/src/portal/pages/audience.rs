//! One audience: its expression, its users, how many they are; downloaded, deleted.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{DELETE_AUDIENCE, GET_AUDIENCE, LIST_AUDIENCE_MEMBERS};
use fanpass_model::{Audience, AudiencePart};

use super::audiences::{PARTS_MAX, count_parts, users};
use super::pager::Pager;
use crate::portal::download;
use crate::portal::frame::{Answer, Frame, show as show_page};
use crate::portal::link::link;
use crate::portal::show::When;
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;

/// Users of a page.
const SHOWN: &str = "100";

#[derive(Template)]
#[template(path = "audience.html")]
struct Page {
    frame: Frame,
    name: String,
    expression: String,
    description: String,
    subject: String,
    updated: When,
    problems: Vec<String>,
    /// How many they are, if that was asked for.
    count: Option<String>,
    users: Vec<(String, String)>,
    pager: Pager,
    may_write: bool,
    count_address: String,
    edit_address: String,
    download_address: String,
    delete_address: String,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let (name, after) = (visit.query.text("name"), visit.query.text("after"));
    let counted = !visit.query.text("count").is_empty();
    let audience: Audience = visit.call(&GET_AUDIENCE, &[("audienceName", name)]).await?;
    let part = listed(&visit, name, after, if counted { PARTS_MAX } else { 1 }).await?;
    let count = if counted { Some(count(&visit, name).await?) } else { None };
    show_page(&Page {
        frame: visit.frame(name, "/portal/audiences"),
        name: name.to_owned(),
        subject: audience.subject.unwrap_or_default(),
        updated: When::of(&audience.updated_at),
        problems: audience.problems.into_iter().map(|problem| problem.detail).collect(),
        count,
        pager: Pager::new("/portal/audience", &[("name", name)], after, part.next.as_deref()),
        users: users(part),
        may_write: visit.session.may(DELETE_AUDIENCE.scope),
        count_address: link("/portal/audience", [("name", name), ("after", after), ("count", "1")]),
        edit_address: link("/portal/audiences/write", [("name", name)]),
        download_address: link("/portal/audience/members.csv", [("name", name)]),
        delete_address: link("/portal/audience/delete", [("name", name)]),
        expression: audience.expression,
        description: audience.description.unwrap_or_default(),
    })
}

/// Users behind `after`. A part may end early where few are selected; `parts_max` of them are asked for at most.
async fn listed(visit: &Visit, name: &str, after: &str, parts_max: usize) -> Result<AudiencePart, Trouble> {
    let mut after = after.to_owned();
    let mut found = AudiencePart::new(Vec::new(), 0);
    for _ in 0..parts_max {
        let asked = [("audienceName", name), ("after", &*after), ("limit", SHOWN)];
        found = visit.call(&LIST_AUDIENCE_MEMBERS, &asked).await?;
        match &found.next {
            Some(next) if found.user_ids.is_empty() => after.clone_from(next),
            _ => break,
        }
    }
    Ok(found)
}

async fn count(visit: &Visit, name: &str) -> Result<String, Trouble> {
    count_parts(|after: Option<String>| async move {
        let after = after.unwrap_or_default();
        let asked = [("audienceName", name), ("count", "true"), ("after", &*after)];
        visit.call::<AudiencePart>(&LIST_AUDIENCE_MEMBERS, &asked).await
    })
    .await
}

pub(in crate::portal) async fn download(visit: Visit) -> Answer {
    let of = |part: AudiencePart| (part.user_ids, part.next);
    download::ids(&visit, &LIST_AUDIENCE_MEMBERS, "audienceName", "audience", of).await
}

pub(in crate::portal) async fn delete(visit: Visit) -> Answer {
    visit.call::<serde_json::Value>(&DELETE_AUDIENCE, &[("audienceName", visit.query.text("name"))]).await?;
    Ok(Redirect::to("/portal/audiences?done=audience-deleted").into_response())
}
