//! A source of attributes, and the run that sends what its [survey](super::survey) found.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use fanpass_client::PushOptions;
use fanpass_model::AttributeRegistry;
use fanpass_sync::{AttributeMode, Deliveries, Ledger, ListId, Mapping, Updates};

use super::account::{Account, Shared, State};
use super::config::owned_list;
use super::handover::Arriving;
use super::remarks::Lint;
use super::rows::{Reading, read};
use super::send::send_all;
use super::survey::Survey;
use crate::printer::Printer;
use crate::session::Session;
use crate::source::SourceFile;

/// What is to be sent.
#[derive(Debug, Clone)]
pub struct Job {
    pub source: Arc<SourceFile>,
    pub mapping: Mapping,
    /// What users may carry, where that is known: rows with other values are rejected.
    pub registry: Option<Arc<AttributeRegistry>>,
    /// What is known of the mapping, to look at its values too.
    pub lint: Lint,
    /// Where rows go that do not arrive.
    pub rejects: PathBuf,
    pub mode: AttributeMode,
    /// The feed whose own the users become, if they become somebody's.
    pub owner: Option<String>,
}

/// What became of a job.
#[derive(Debug)]
pub struct Sent {
    pub state: State,
    /// Gone if it could not be written at the end.
    pub ledger: Option<Ledger>,
}

impl Job {
    /// The rows of the source, from its beginning.
    pub fn updates(&self) -> Result<Updates> {
        let updates = Updates::new(self.source.table()?, self.mapping.clone())?;
        Ok(match &self.registry {
            Some(registry) => updates.checked_by(registry),
            None => updates,
        })
    }

    /// Sends what the survey found, or everything without one, and notes whose the users are.
    pub async fn send(
        &self,
        session: &mut Session,
        mut ledger: Option<Ledger>,
        survey: Option<Survey>,
        options: PushOptions,
        printer: Printer,
    ) -> Result<Sent> {
        let owned = survey.as_ref().and_then(|survey| survey.owned.as_ref());
        let (either, members) = owned.map_or((None, None), |owned| (owned.users.either, owned.users.members));
        // Whoever may get attributes from here on is missed once it is gone, whatever happens to the process.
        self.own(&mut ledger, either)?;
        let mut sent = self.send_changes(session, ledger, survey, options, printer).await?;
        if sent.state.is_whole()
            && let Err(error) = self.own(&mut sent.ledger, members)
        {
            sent.state.fail(error);
        }
        Ok(sent)
    }

    /// Makes a list, if there is one, that of the owner's users.
    fn own(&self, ledger: &mut Option<Ledger>, list: Option<ListId>) -> Result<()> {
        if let (Some(ledger), Some(owner), Some(list)) = (ledger, &self.owner, list) {
            ledger.publish_lists(&[(&owned_list(owner), list)])?;
        }
        Ok(())
    }

    async fn send_changes(
        &self,
        session: &mut Session,
        ledger: Option<Ledger>,
        survey: Option<Survey>,
        options: PushOptions,
        printer: Printer,
    ) -> Result<Sent> {
        if let Some(state) = self.state_without_work(survey.as_ref()) {
            return Ok(Sent { state, ledger });
        }
        let total = survey.as_ref().map(|survey| survey.changes.send + survey.gone());
        let count = total.is_none() && printer.shows_progress();
        let (shared, arriving, reading) = self.begin(ledger, survey, count);
        send_all(session, arriving, &shared, (options, total), printer).await?;
        reading.await?;
        end(shared)
    }

    /// Reads all rows and sends none.
    pub async fn read_only(&self, survey: Option<Survey>) -> Result<Sent> {
        if let Some(state) = self.state_without_work(survey.as_ref()) {
            return Ok(Sent { state, ledger: None });
        }
        let (shared, arriving, reading) = self.begin(None, survey, false);
        arriving.count_unsent(&shared).await;
        reading.await?;
        end(shared)
    }

    fn state_without_work(&self, survey: Option<&Survey>) -> Option<State> {
        let account = survey?.account_without_work(&self.rejects)?;
        Some(State { account, failure: None, rows: None })
    }

    fn begin(
        &self,
        ledger: Option<Ledger>,
        survey: Option<Survey>,
        count: bool,
    ) -> (Shared, Arriving, tokio::task::JoinHandle<()>) {
        let deliveries = ledger.map(|ledger| Arc::new(Mutex::new(Deliveries::new(ledger))));
        let shared = Shared::new(Account::new(self.rejects.clone(), deliveries));
        let (changes, owned) = survey.map_or((None, None), |survey| (Some(survey.changes), survey.owned));
        let reading = Reading { job: self.clone(), changes, gone: owned.map(|owned| owned.gone), count };
        let (arriving, reading) = read(reading, shared.clone());
        (shared, arriving, reading)
    }
}

fn end(shared: Shared) -> Result<Sent> {
    let mut state = shared.into_state()?;
    let deliveries = state.account.deliveries.take();
    let ledger = deliveries
        .and_then(Arc::into_inner)
        .map(|deliveries| deliveries.into_inner().unwrap_or_else(PoisonError::into_inner).into_ledger());
    let ledger = ledger.transpose().unwrap_or_else(|error| {
        state.fail(error);
        None
    });
    Ok(Sent { state, ledger })
}
