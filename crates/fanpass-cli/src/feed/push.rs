//! One source of attributes pushed on its own, with or without a ledger.

use std::path::PathBuf;

use crate::runtime::blocking;
use anyhow::Result;
use fanpass_client::PushOptions;
use fanpass_sync::{Ledger, RejectsOf};

use super::attributes::{Job, Sent};
use super::closed::Closed;
use super::lint::tell;
use super::remarks::Remark;
use super::run::{self, Beginning, Run, writes_of};
use crate::commands::sending::LedgerOptions;
use crate::failure::at_ledger;
use crate::printer::Printer;
use crate::session::Session;

/// What is pushed, and how.
#[derive(Debug)]
pub struct AttributePush {
    pub job: Job,
    /// The run's name in the ledger's history.
    pub label: String,
    /// Whose rejects are pushed again, if they are.
    pub retries: Option<RejectsOf>,
    pub ledger: Option<PathBuf>,
    pub ledger_options: LedgerOptions,
    /// What tells the FanPass from others, where one is named.
    pub identity: Option<String>,
    pub options: PushOptions,
}

/// A push at its end.
#[derive(Debug)]
pub struct Pushed {
    pub closed: Closed,
    /// What it went on from.
    pub resumes: Option<String>,
    /// Where rows come from that it rejected, if a ledger knows.
    pub rejects_of: Option<RejectsOf>,
    /// What is to be known of mapping and values.
    pub findings: Vec<Remark>,
    /// Whether the ledger could be told how it ended.
    pub ended: Result<()>,
}

impl AttributePush {
    /// Sends what differs from the ledger, or everything without one; only reads without a session.
    pub async fn run(self, session: Option<&mut Session>, printer: Printer) -> Result<Pushed> {
        let Self { job, label, retries, ledger, ledger_options, identity, options } = self;
        let Some(path) = ledger else {
            let Sent { state, .. } = match session {
                Some(session) => job.send(session, None, None, options, printer).await?,
                None => job.read_only(None).await?,
            };
            tell(&state.account.findings, printer);
            let findings = [job.lint.of_mapping(), &state.account.findings].concat();
            return Ok(Pushed {
                closed: Closed::new(state),
                resumes: None,
                rejects_of: None,
                findings,
                ended: Ok(()),
            });
        };
        let mut ledger = blocking(|| ledger_options.open(&path, printer))?;
        match (&session, &identity) {
            (Some(session), _) => ledger_options.take(&mut ledger, session)?,
            (None, Some(identity)) => ledger_options.check(&ledger, identity)?,
            (None, None) => {}
        }
        let survey = blocking(|| job.survey(&mut ledger, None, session.is_some(), printer))
            .map_err(at_ledger(&path))?;
        let findings = survey.findings.clone();
        let digest = blocking(|| job.source.digest())?;
        let Some(session) = session else {
            let resumes = run::resumes(&ledger, &label, &digest)?;
            let of_none = || run::rejects_of(&ledger, &label, &digest, false);
            let rejects_of = Some(retries.map_or_else(of_none, Ok)?);
            let Sent { state, .. } = job.read_only(Some(survey)).await?;
            return Ok(Pushed { closed: Closed::new(state), resumes, rejects_of, findings, ended: Ok(()) });
        };
        let writes = writes_of(&job.mapping);
        let beginning = Beginning { label: &label, source: &job.source, digest, writes, retries };
        let run = Run::begin(&mut ledger, beginning)?;
        let Sent { state, ledger } = job.send(session, Some(ledger), Some(survey), options, printer).await?;
        let mut closed = Closed::new(state);
        closed.failure = closed.failure.map(at_ledger(&path));
        let end = |mut ledger: Ledger| {
            run.end(&mut ledger, &closed)?;
            ledger.sweep_lists()?;
            Ok(ledger.check_place()?)
        };
        let ended = ledger.map_or(Ok(()), end).map_err(at_ledger(&path));
        let rejects_of = Some(run.rejects(false));
        Ok(Pushed { closed, resumes: run.resumes, rejects_of, findings, ended })
    }
}
