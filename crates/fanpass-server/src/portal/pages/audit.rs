//! The audit: records of calls, filtered and downloaded.

use askama::Template;
use fanpass_model::operations::LIST_AUDIT;
use fanpass_model::{AuditList, AuditRecord};

use super::pager::Pager;
use crate::portal::download;
use crate::portal::frame::{Answer, Frame, show};
use crate::portal::link::link;
use crate::portal::show::When;
use crate::portal::visit::Visit;
use crate::store::audited_operations;

/// What records are filtered by.
const FILTERS: [&str; 3] = ["subject", "operation", "target"];

#[derive(Template)]
#[template(path = "audit.html")]
struct Page<'a> {
    frame: Frame,
    subject: &'a str,
    target: &'a str,
    /// Operations that there are, and whether it is the one that is looked for.
    operations: Vec<(&'static str, bool)>,
    filtered: bool,
    rows: Vec<Row>,
    pager: Pager,
    download_address: String,
}

struct Row {
    sequence: u64,
    at: When,
    subject: String,
    operation: String,
    status: u16,
    target: String,
    more: Vec<(&'static str, String)>,
}

pub(in crate::portal) async fn list(visit: Visit) -> Answer {
    let after = visit.query.text("after");
    let filters = FILTERS.map(|name| (name, visit.query.text(name)));
    let asked: Vec<_> = filters.into_iter().chain([("after", after)]).collect();
    let list: AuditList = visit.call(&LIST_AUDIT, &asked).await?;
    let wanted = visit.query.text("operation");
    show(&Page {
        frame: visit.frame("Audit", "/portal/audit"),
        subject: visit.query.text("subject"),
        target: visit.query.text("target"),
        operations: audited_operations().map(|id| (id, id == wanted)).collect(),
        filtered: filters.iter().any(|(_, value)| !value.is_empty()),
        pager: Pager::new("/portal/audit", &filters, after, list.next.as_deref()),
        rows: list.records.into_iter().map(row).collect(),
        download_address: link("/portal/audit.csv", filters),
    })
}

fn row(record: AuditRecord) -> Row {
    let more = [
        ("Call", record.request_id),
        ("Token", record.jti),
        ("File (SHA-256)", record.file_sha256),
        ("Outcome", record.outcome),
    ];
    Row {
        sequence: record.sequence,
        at: When::of(&record.at),
        subject: record.subject.unwrap_or_else(|| "–".to_owned()),
        operation: record.operation,
        status: record.status,
        target: record.target.unwrap_or_default(),
        more: more.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
    }
}

pub(in crate::portal) async fn download(visit: Visit) -> Answer {
    let asking = visit.clone();
    let page = move |after: String| {
        let visit = asking.clone();
        async move {
            let filters = FILTERS.map(|name| (name, visit.query.text(name)));
            let paging = [("after", &*after), ("limit", download::PAGE)];
            let asked: Vec<_> = filters.into_iter().chain(paging).collect();
            let list: AuditList = visit.call(&LIST_AUDIT, &asked).await?;
            let head = if after.is_empty() {
                "sequence,at,subject,token,operation,status,target,file_sha256,request_id,outcome\r\n"
            } else {
                ""
            };
            let lines = list.records.iter().map(|record| {
                let text = |value: &Option<String>| value.clone().unwrap_or_default();
                download::line([
                    &record.sequence,
                    &record.at,
                    &text(&record.subject),
                    &text(&record.jti),
                    &record.operation,
                    &record.status,
                    &text(&record.target),
                    &text(&record.file_sha256),
                    &text(&record.request_id),
                    &text(&record.outcome),
                ])
            });
            Ok((lines.fold(head.to_owned(), |text, line| text + &line), list.next))
        }
    };
    let body = download::pages(&visit.portal, page).await?;
    download::file(body, "text/csv; charset=utf-8", "audit", "records", "csv")
}
