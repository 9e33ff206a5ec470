//! All imports, newest first, or those of one segment.

use askama::Template;
use fanpass_model::ImportList;
use fanpass_model::operations::LIST_IMPORTS;

use super::pager::Pager;
use crate::portal::frame::{Answer, Frame, show};
use crate::portal::import_row::ImportRow;
use crate::portal::link;
use crate::portal::visit::Visit;

/// Seconds after which a browser without scripts asks again.
pub(super) const REFRESH: u32 = 3;

#[derive(Template)]
#[template(path = "imports.html")]
struct Page {
    frame: Frame,
    /// The segment whose imports they are, and its page.
    segment: Option<(String, String)>,
    imports: Vec<ImportRow>,
    live: bool,
    pager: Pager,
}

pub(in crate::portal) async fn list(visit: Visit) -> Answer {
    let (segment, after) = (visit.query.text("segment"), visit.query.text("after"));
    let list: ImportList = visit.call(&LIST_IMPORTS, &[("segmentName", segment), ("after", after)]).await?;
    let pager = Pager::new("/portal/imports", &[("segment", segment)], after, list.next.as_deref());
    let imports = ImportRow::all(list.imports, visit.portal.app.store.clock().now());
    let live = imports.iter().any(|import| !import.progress.ended);
    let mut frame = visit.frame("Imports", "/portal/imports");
    frame.refresh = live.then_some(REFRESH);
    show(&Page {
        frame,
        segment: Some(segment)
            .filter(|name| !name.is_empty())
            .map(|name| (name.to_owned(), link::segment(name))),
        imports,
        live,
        pager,
    })
}
