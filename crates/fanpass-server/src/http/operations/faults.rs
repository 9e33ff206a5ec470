//! Get, Set and Clear Faults.

use fanpass_model::operations::{CLEAR_FAULTS, GET_FAULTS, SET_FAULTS};
use fanpass_model::{FaultPlan, FaultReport, Operation};

use crate::app::App;
use crate::http::call::{Call, Operate};
use crate::http::problem::{Kind, Problem, item};

/// Rules that are in force at the same time at most.
const RULES_MAX: usize = 100;

pub(in crate::http) struct Get;

impl Operate for Get {
    const OPERATION: Operation = GET_FAULTS;
    type Answer = FaultReport;

    async fn operate(call: &mut Call) -> Result<FaultReport, Problem> {
        Ok(report(&call.app))
    }
}

pub(in crate::http) struct Set;

impl Operate for Set {
    const OPERATION: Operation = SET_FAULTS;
    type Answer = FaultReport;

    async fn operate(call: &mut Call) -> Result<FaultReport, Problem> {
        let plan: FaultPlan = call.json().await?;
        if plan.rules.len() > RULES_MAX {
            let detail = format!("`rules` has {} rules; {RULES_MAX} are taken", plan.rules.len());
            return Err(Problem::invalid_at("/rules", "too_many", detail));
        }
        let (mut rules, mut items) = (Vec::new(), Vec::new());
        for (place, rule) in plan.rules.iter().enumerate() {
            match rule.parse() {
                Ok(rule) => rules.push(rule),
                Err(detail) => items.push(item(format!("/rules/{place}"), "invalid_value", detail)),
            }
        }
        if !items.is_empty() {
            return Err(Problem::invalid(items));
        }
        check_enabled(&call.app)?;
        call.app.faults.set(plan.seed.unwrap_or_default(), rules);
        Ok(report(&call.app))
    }
}

pub(in crate::http) struct Clear;

impl Operate for Clear {
    const OPERATION: Operation = CLEAR_FAULTS;
    type Answer = FaultReport;

    async fn operate(call: &mut Call) -> Result<FaultReport, Problem> {
        check_enabled(&call.app)?;
        let seed = call.app.faults.state().seed;
        call.app.faults.set(seed, Vec::new());
        call.app.imports.let_go();
        Ok(report(&call.app))
    }
}

fn check_enabled(app: &App) -> Result<(), Problem> {
    if app.faults.enabled {
        return Ok(());
    }
    let detail = "this service makes no call fail on demand; start it with `--faults` where that is wanted";
    Err(Problem::new(Kind::CONFLICT, detail))
}

fn report(app: &App) -> FaultReport {
    let state = app.faults.state();
    let rules = state.rules.iter().map(ToString::to_string).collect();
    let stuck = u64::try_from(app.imports.stuck()).unwrap_or(u64::MAX);
    FaultReport::new(app.faults.enabled, state.seed, rules, state.requests, state.injected, stuck)
}
