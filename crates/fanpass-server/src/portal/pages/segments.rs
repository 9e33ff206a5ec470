//! All segments, by name.

use askama::Template;
use fanpass_model::SegmentList;
use fanpass_model::operations::LIST_SEGMENTS;

use super::pager::Pager;
use crate::portal::frame::{Answer, Frame, show};
use crate::portal::link;
use crate::portal::show::{When, count};
use crate::portal::visit::Visit;

#[derive(Template)]
#[template(path = "segments.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
    may_upload: bool,
}

struct Row {
    name: String,
    address: String,
    members: String,
    version: Option<u64>,
    updated: When,
}

pub(in crate::portal) async fn list(visit: Visit) -> Answer {
    let after = visit.query.text("after");
    let list: SegmentList = visit.call(&LIST_SEGMENTS, &[("after", after)]).await?;
    let pager = Pager::new("/portal/segments", &[], after, list.next.as_deref());
    let rows = list.segments.into_iter().map(|segment| Row {
        address: link::segment(segment.segment_name.as_str()),
        name: segment.segment_name.into(),
        members: count(segment.member_count),
        version: segment.version,
        updated: When::of(&segment.updated_at),
    });
    show(&Page {
        frame: visit.frame("Segments", "/portal/segments"),
        rows: rows.collect(),
        pager,
        may_upload: visit.session.may("segments:write"),
    })
}
