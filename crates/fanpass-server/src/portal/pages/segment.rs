//! One segment: its size over time, its versions, its members; rolled back, deleted, downloaded.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{
    DELETE_SEGMENT, GET_SEGMENT, LIST_IMPORTS, LIST_MEMBERS, LIST_VERSIONS, ROLL_BACK_SEGMENT,
};
use fanpass_model::{
    DeletedSegment, ImportList, MemberList, RollbackRequest, SegmentName, SegmentSummary, SegmentVersion,
    SegmentVersionList,
};

use super::pager::Pager;
use crate::http::problem::Problem;
use crate::portal::chart::{Chart, sizes};
use crate::portal::download;
use crate::portal::frame::{Answer, Frame, show as show_page};
use crate::portal::import_row::ImportRow;
use crate::portal::link::{self, link};
use crate::portal::show::{When, count, counted};
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;

/// Imports that the size over time is drawn of.
const DRAWN: &str = "100";
/// Imports that the page lists.
const LISTED: usize = 10;

#[derive(Template)]
#[template(path = "segment.html")]
struct Page {
    frame: Frame,
    name: String,
    members: String,
    changed: When,
    chart: Option<Chart>,
    versions: Vec<Version>,
    imports: Vec<ImportRow>,
    may_write: bool,
    members_address: String,
    download_address: String,
    imports_address: String,
    upload_address: String,
    roll_back_address: String,
    delete_address: String,
}

struct Version {
    number: u64,
    members: String,
    mode: String,
    published: When,
    served: bool,
    import_address: String,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let name = visit.query.text("name");
    let by_name = [("segmentName", name)];
    let listed = [("segmentName", name), ("limit", DRAWN)];
    let (summary, versions, imports) = tokio::try_join!(
        visit.call::<SegmentSummary>(&GET_SEGMENT, &by_name),
        visit.call::<SegmentVersionList>(&LIST_VERSIONS, &by_name),
        visit.call::<ImportList>(&LIST_IMPORTS, &listed),
    )?;
    let known = |id: &str| {
        let version = versions.versions.iter().find(|version| version.import_id.as_str() == id);
        version.map(|version| version.member_count)
    };
    let now = visit.portal.app.store.clock().now();
    let chart = Chart::of(sizes(&imports.imports, known), now);
    show_page(&Page {
        frame: visit.frame(name, "/portal/segments"),
        name: name.to_owned(),
        members: counted(summary.member_count, "member"),
        changed: When::of(&summary.updated_at),
        chart,
        versions: versions.versions.into_iter().map(version).collect(),
        imports: ImportRow::all(imports.imports.into_iter().take(LISTED).collect(), now),
        may_write: visit.session.may("segments:write"),
        members_address: link("/portal/segment/members", [("name", name)]),
        download_address: link("/portal/segment/members.csv", [("name", name)]),
        imports_address: link("/portal/imports", [("segment", name)]),
        upload_address: link("/portal/upload", [("segment", name)]),
        roll_back_address: link("/portal/segment/rollback", [("name", name)]),
        delete_address: link("/portal/segment/delete", [("name", name)]),
    })
}

fn version(version: SegmentVersion) -> Version {
    Version {
        number: version.version,
        members: count(version.member_count),
        mode: version.mode.into(),
        published: When::of(&version.published_at),
        served: version.served,
        import_address: link::import(version.import_id.as_str()),
    }
}

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage {
    frame: Frame,
    name: String,
    segment_address: String,
    download_address: String,
    /// Id and address.
    users: Vec<(String, String)>,
    pager: Pager,
}

pub(in crate::portal) async fn members(visit: Visit) -> Answer {
    let (name, after) = (visit.query.text("name"), visit.query.text("after"));
    let list: MemberList = visit.call(&LIST_MEMBERS, &[("segmentName", name), ("after", after)]).await?;
    let pager = Pager::new("/portal/segment/members", &[("name", name)], after, list.next.as_deref());
    let users = list.user_ids.into_iter().map(|id| (id.to_string(), link::user(id.as_str())));
    show_page(&MembersPage {
        frame: visit.frame(&format!("Members of {name}"), "/portal/segments"),
        name: name.to_owned(),
        segment_address: link::segment(name),
        download_address: link("/portal/segment/members.csv", [("name", name)]),
        users: users.collect(),
        pager,
    })
}

pub(in crate::portal) async fn download(visit: Visit) -> Answer {
    let of = |list: MemberList| (list.user_ids, list.next);
    download::ids(&visit, &LIST_MEMBERS, "segmentName", "members", of).await
}

pub(in crate::portal) async fn roll_back(visit: Visit) -> Answer {
    let name = visit.query.text("name");
    let mut request = RollbackRequest::new(segment_name(name)?);
    let version = visit.form.text("version").parse::<u64>();
    request.version = Some(version.map_err(|_| {
        Trouble::from(Problem::invalid_at("/version", "invalid_value", "the version is a whole number"))
    })?);
    visit.send::<SegmentVersion>(&ROLL_BACK_SEGMENT, &request).await?;
    Ok(Redirect::to(&link("/portal/segment", [("name", name), ("done", "rolled-back")])).into_response())
}

pub(in crate::portal) async fn delete(visit: Visit) -> Answer {
    let name = visit.query.text("name");
    visit.call::<DeletedSegment>(&DELETE_SEGMENT, &[("segmentName", name)]).await?;
    Ok(Redirect::to("/portal/segments?done=segment-deleted").into_response())
}

fn segment_name(text: &str) -> Result<SegmentName, Trouble> {
    SegmentName::new(text)
        .map_err(|error| Problem::invalid_at("/segmentName", error.kind().code(), error.to_string()).into())
}
