//! Faults on demand: which calls meet them, set and cleared.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use fanpass_model::operations::{CLEAR_FAULTS, GET_FAULTS, SET_FAULTS};
use fanpass_model::{FaultPlan, FaultReport};
use http::StatusCode;

use crate::portal::frame::{Answer, Frame, page};
use crate::portal::show::count;
use crate::portal::trouble::Trouble;
use crate::portal::visit::Visit;

/// Members of the request that have a field of their own.
const FIELDS: [&str; 2] = ["/rules", "/seed"];

#[derive(Template)]
#[template(path = "faults.html")]
struct Page<'a> {
    frame: Frame,
    enabled: bool,
    rules: String,
    seed: String,
    requests: String,
    injected: String,
    stuck: String,
    trouble: Option<&'a Trouble>,
    fields: &'static [&'static str],
}

pub(in crate::portal) async fn show(visit: Visit) -> Answer {
    let report: FaultReport = visit.call(&GET_FAULTS, &[]).await?;
    let (rules, seed) = (report.rules.join("\n"), report.seed.to_string());
    told(&visit, &report, rules, seed, None)
}

pub(in crate::portal) async fn set(visit: Visit) -> Answer {
    let rules = visit.form.text("rules");
    let each = rules.split(['\n', ' ', '\r']).map(str::trim).filter(|rule| !rule.is_empty());
    let mut plan = FaultPlan::new(each.map(str::to_owned).collect());
    plan.seed = visit.form.text("seed").trim().parse().ok();
    match visit.send::<FaultReport>(&SET_FAULTS, &plan).await {
        Ok(_) => Ok(Redirect::to("/portal/faults?done=faults-set").into_response()),
        Err(trouble) if trouble.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let report: FaultReport = visit.call(&GET_FAULTS, &[]).await?;
            let seed = visit.form.text("seed").to_owned();
            told(&visit, &report, rules.to_owned(), seed, Some(&trouble))
        }
        Err(trouble) => Err(trouble),
    }
}

pub(in crate::portal) async fn clear(visit: Visit) -> Answer {
    visit.call::<FaultReport>(&CLEAR_FAULTS, &[]).await?;
    Ok(Redirect::to("/portal/faults?done=faults-cleared").into_response())
}

fn told(
    visit: &Visit,
    report: &FaultReport,
    rules: String,
    seed: String,
    trouble: Option<&Trouble>,
) -> Answer {
    page(
        trouble.map_or(StatusCode::OK, |trouble| trouble.status),
        &Page {
            frame: visit.frame("Faults", "/portal/faults"),
            enabled: report.enabled,
            rules,
            seed,
            requests: count(report.requests),
            injected: count(report.injected),
            stuck: count(report.stuck_imports),
            trouble,
            fields: &FIELDS,
        },
    )
}
