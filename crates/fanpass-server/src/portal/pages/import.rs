//! One import: how far it is, what became of its rows, why some were refused.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{CANCEL_IMPORT, GET_SEGMENT_IMPORT_STATUS, LIST_IMPORT_ERRORS};
use fanpass_model::{ImportErrorList, ImportId, ImportStatus, ImportStatusRequest, RowError};

use super::imports::REFRESH;
use super::pager::Pager;
use crate::http::problem::Problem;
use crate::portal::download;
use crate::portal::frame::{Answer, Frame, show as show_page};
use crate::portal::import_row::ImportRow;
use crate::portal::link::link;
use crate::portal::show::count;
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;

#[derive(Template)]
#[template(path = "import.html")]
struct Page {
    frame: Frame,
    import: ImportRow,
    events_address: String,
    cancel_address: String,
    download_address: String,
    may_cancel: bool,
    rejected: String,
    errors: Vec<Reject>,
    pager: Pager,
}

struct Reject {
    row: String,
    place: String,
    code: String,
    message: String,
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let (id, after) = (visit.query.text("id"), visit.query.text("after"));
    let request = ImportStatusRequest::new(import_id(id)?);
    let asked = [("importId", id), ("after", after)];
    let (status, errors) = tokio::try_join!(
        visit.send::<ImportStatus>(&GET_SEGMENT_IMPORT_STATUS, &request),
        visit.call::<ImportErrorList>(&LIST_IMPORT_ERRORS, &asked),
    )?;
    let import = ImportRow::of(status, visit.portal.app.store.clock().now());
    let ended = import.progress.ended;
    let mut frame = visit.frame(&format!("Import into {}", import.segment), "/portal/imports");
    frame.refresh = (!ended).then_some(REFRESH);
    show_page(&Page {
        frame,
        import,
        events_address: link("/portal/imports/events", [("id", id)]),
        cancel_address: link("/portal/import/cancel", [("id", id)]),
        download_address: link("/portal/import/errors.csv", [("id", id)]),
        may_cancel: !ended && visit.session.may("segments:write"),
        rejected: count(errors.rejected_rows),
        pager: Pager::new("/portal/import", &[("id", id)], after, errors.next.as_deref()),
        errors: errors.errors.into_iter().map(reject).collect(),
    })
}

fn reject(error: RowError) -> Reject {
    Reject {
        row: count(error.row),
        place: error.location.unwrap_or_default(),
        code: error.code,
        message: error.message,
    }
}

pub(in crate::portal) async fn download(visit: Visit) -> Answer {
    let id = visit.query.text("id").to_owned();
    let (asking, import) = (visit.clone(), id.clone());
    let page = move |after: String| {
        let (visit, id) = (asking.clone(), import.clone());
        async move {
            let parameters = [("importId", &*id), ("after", &*after), ("limit", download::PAGE)];
            let list: ImportErrorList = visit.call(&LIST_IMPORT_ERRORS, &parameters).await?;
            let head = if after.is_empty() { "row,location,code,message\r\n" } else { "" };
            let lines = list.errors.iter().map(|error| {
                let place = error.location.as_deref().unwrap_or_default();
                download::line([&error.row, &place, &error.code, &error.message])
            });
            Ok((lines.fold(head.to_owned(), |text, line| text + &line), list.next))
        }
    };
    let body = download::pages(&visit.portal, page).await?;
    download::file(body, "text/csv; charset=utf-8", "errors", &id, "csv")
}

pub(in crate::portal) async fn cancel(visit: Visit) -> Answer {
    let id = visit.query.text("id");
    visit.call::<ImportStatus>(&CANCEL_IMPORT, &[("importId", id)]).await?;
    Ok(Redirect::to(&link("/portal/import", [("id", id), ("done", "cancelled")])).into_response())
}

fn import_id(text: &str) -> Result<ImportId, Trouble> {
    ImportId::new(text)
        .map_err(|error| Problem::invalid_at("id", error.kind().code(), error.to_string()).into())
}
