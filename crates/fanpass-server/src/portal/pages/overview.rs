//! The first page: what is there, what is under way, how sizes moved, what went wrong.

use askama::Template;
use fanpass_model::operations::{GET_SEGMENT, LIST_IMPORTS, LIST_SEGMENTS, LIST_USERS};
use fanpass_model::{ImportList, ImportState, ImportStatus, SegmentList, SegmentSummary, UserList};
use futures_util::future::join_all;

use super::imports::REFRESH;
use crate::portal::chart::{Chart, sizes};
use crate::portal::frame::{Answer, Frame, show as show_page};
use crate::portal::import_row::{ImportRow, is_over};
use crate::portal::link;
use crate::portal::show::{count, counted};
use crate::portal::visit::Visit;

/// Imports that are looked at, the newest ones.
const LOOKED_AT: &str = "100";
/// Segments that are counted before it is only said that there are more.
const COUNTED: &str = "1000";
/// Segments whose size over time is drawn: those that changed last.
const DRAWN: usize = 6;
/// Imports that are listed under a heading.
const LISTED: usize = 10;

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    segments: String,
    users: String,
    running: String,
    failed: String,
    /// Imports under way.
    live: Vec<ImportRow>,
    sizes: Vec<Size>,
    /// Imports that failed, or refused rows.
    wrong: Vec<ImportRow>,
    nothing: bool,
}

/// A segment and its size over time.
struct Size {
    name: String,
    address: String,
    members: String,
    chart: Option<Chart>,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let (segments, users, imports) = tokio::try_join!(
        visit.call::<SegmentList>(&LIST_SEGMENTS, &[("limit", COUNTED)]),
        visit.call::<UserList>(&LIST_USERS, &[("limit", "1")]),
        visit.call::<ImportList>(&LIST_IMPORTS, &[("limit", LOOKED_AT)]),
    )?;
    let now = visit.portal.app.store.clock().now();
    let imports = imports.imports;
    let sizes = sizes_of_latest(&visit, &imports).await;
    let more = if segments.next.is_some() { "+" } else { "" };
    let failed = imports.iter().filter(|import| import.status == ImportState::Failed).count();
    let running = imports.iter().filter(|import| !is_over(&import.status)).count();
    let rows = |which: fn(&ImportStatus) -> bool| {
        ImportRow::all(imports.iter().filter(|import| which(import)).take(LISTED).cloned().collect(), now)
    };
    let live = rows(|import| !is_over(&import.status));
    let mut frame = visit.frame("Overview", "/portal");
    frame.refresh = (!live.is_empty()).then_some(REFRESH);
    show_page(&Page {
        frame,
        segments: format!("{}{more}", count(number(segments.segments.len()))),
        users: count(users.total),
        running: count(number(running)),
        failed: count(number(failed)),
        live,
        wrong: rows(|import| import.status == ImportState::Failed || import.rejected_rows.unwrap_or(0) > 0),
        nothing: segments.segments.is_empty() && users.total == 0,
        sizes,
    })
}

/// The segments that the newest imports are about, each with its size over time.
async fn sizes_of_latest(visit: &Visit, imports: &[ImportStatus]) -> Vec<Size> {
    let mut names: Vec<&str> = Vec::new();
    for name in imports.iter().filter_map(|import| import.segment_name.as_ref()) {
        if !names.contains(&name.as_str()) && names.len() < DRAWN {
            names.push(name.as_str());
        }
    }
    let one = |name| async move { size(visit, name, imports).await };
    join_all(names.into_iter().map(one)).await.into_iter().flatten().collect()
}

/// Nothing of a segment that was deleted since, or never published.
async fn size(visit: &Visit, name: &str, imports: &[ImportStatus]) -> Option<Size> {
    let segment: SegmentSummary = visit.call(&GET_SEGMENT, &[("segmentName", name)]).await.ok()?;
    let own = imports.iter().filter(|import| import.segment_name.as_ref() == Some(&segment.segment_name));
    let own: Vec<_> = own.cloned().collect();
    let known = |id: &str| (segment.import_id.as_str() == id).then_some(segment.member_count);
    Some(Size {
        name: name.to_owned(),
        address: link::segment(name),
        members: counted(segment.member_count, "member"),
        chart: Chart::of(sizes(&own, known), visit.portal.app.store.clock().now()),
    })
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
