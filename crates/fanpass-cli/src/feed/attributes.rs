//! A source of attributes: what it would change, and the run that sends it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use fanpass_client::PushOptions;
use fanpass_model::{AttributeRegistry, UserId};
use fanpass_sync::{
    AttributeMode, Changes, Claim, Comparison, Contradictions, Counts, Deliveries, Figures, Keep, Ledger,
    ListId, MappedRow, Mapping, Roster, SegmentMode, Updates,
};

use super::account::{Account, REJECTS_SHOWN, Shared, State};
use super::config::owned_list;
use super::gone::Gone;
use super::lint::tell;
use super::remarks::{Lint, Remark};
use super::rows::{Arriving, Reading, read};
use super::send::send_all;
use crate::input::RejectedRow;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::Session;
use crate::signals;
use crate::source::SourceFile;

/// Rows between two looks at the progress bar.
const PROGRESS_STEP: u64 = 256;

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

/// What feeds say of attributes that several of them write, and which of them is being compared.
#[derive(Debug)]
pub struct Said<'a> {
    pub contradictions: &'a mut Contradictions,
    pub feed: usize,
}

/// What a job would change.
#[derive(Debug)]
pub struct Survey {
    pub changes: Changes,
    pub counts: Counts,
    /// Who is in the file no more, where that counts.
    pub owned: Option<Owned>,
    /// The first rows that are rejected.
    pub rejects: Vec<RejectedRow>,
    /// What is to be known before anything is sent.
    pub findings: Vec<Remark>,
}

impl Survey {
    /// How many users lose something because they are in the file no more.
    pub fn gone(&self) -> u64 {
        self.owned.as_ref().map_or(0, |owned| owned.gone.users)
    }

    /// What the rows came to, if there is nothing to send and nothing to reject, so that they need not be read again.
    fn figures_without_work(&self) -> Option<Figures> {
        let gone = self.gone();
        let Counts { rows, empty, rejects, .. } = self.counts;
        if self.changes.send + gone + rejects > 0 {
            return None;
        }
        let Changes { unchanged, duplicate, .. } = self.changes;
        Some(Figures { read: rows, unchanged, duplicate, empty, ..Figures::default() })
    }
}

/// The users of a feed, before and now.
#[derive(Debug)]
pub struct Owned {
    pub users: Comparison,
    /// Those who are gone and lose something by it.
    pub gone: Gone,
    /// Rows whose user cannot be read. While there are any, anybody may be in the file, and nobody is gone.
    pub unknown: u64,
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

    /// Compares the whole source with the ledger; `keep` says whether the owner's new lists of users are written.
    pub fn survey(
        &self,
        ledger: &mut Ledger,
        mut said: Option<Said<'_>>,
        keep: bool,
        printer: Printer,
    ) -> Result<Survey> {
        let progress = Progress::new(printer, "comparing with the ledger");
        let folder = std::env::temp_dir();
        let mut updates = self.updates()?;
        let mut roster = self.owner.as_ref().map(|_| Roster::new(&folder));
        let (mut survey, mut lint) = (ledger.survey(&folder)?, self.lint.clone());
        let (mut unknown, mut rejects) = (0, Vec::new());
        while let Some(row) = updates.next_row()? {
            let (user, writes) = match row {
                MappedRow::Update(update) => {
                    survey.add(&update.user, &update.properties)?;
                    lint.look_at(&update.properties);
                    if let Some(Said { contradictions, feed }) = &mut said {
                        contradictions.add(*feed, &update.user, &update.properties)?;
                    }
                    (Some(update.user), true)
                }
                MappedRow::Empty(user, _) => (Some(user), false),
                MappedRow::Reject(reject, user) => {
                    if rejects.len() < REJECTS_SHOWN {
                        rejects.push((*reject).into());
                    }
                    if let Some(user) = &user {
                        survey.add_rejected(user)?;
                    }
                    (user, false)
                }
            };
            unknown += u64::from(user.is_none());
            if let (Some(roster), Some(user)) = (&mut roster, user) {
                // The feed owns whom it writes; who only stands there is not gone.
                if writes { roster.add(&user)? } else { roster.add_seen(&user)? }
            }
            let rows = updates.counts().rows;
            if rows.is_multiple_of(PROGRESS_STEP) {
                progress.set(rows);
                signals::check()?;
            }
        }
        signals::check()?;
        let changes = survey.finish()?;
        let owned = match (roster, &self.owner) {
            (Some(roster), Some(owner)) => {
                Some(self.compare_users(roster, ledger, &owned_list(owner), unknown, keep)?)
            }
            _ => None,
        };
        tell(&lint.of_values(), printer);
        Ok(Survey { changes, counts: updates.counts(), owned, rejects, findings: lint.all() })
    }

    fn compare_users(
        &self,
        roster: Roster,
        ledger: &mut Ledger,
        list: &str,
        unknown: u64,
        keep: bool,
    ) -> Result<Owned> {
        let mut departures = ledger.departures(&std::env::temp_dir());
        let mirrors = self.mode == AttributeMode::MirrorOwned;
        let keep = Keep { members: keep && mirrors, either: keep };
        let mode = if mirrors && unknown == 0 { SegmentMode::Replace } else { SegmentMode::Add };
        let claim = Claim { mode, owned: None, held_back: false };
        let users = roster.compare(ledger, list, &[claim], keep, |id| {
            match UserId::new(String::from_utf8_lossy(id)) {
                Ok(user) => departures.add(&user),
                // A damaged list names nobody.
                Err(_) => Ok(()),
            }
        })?;
        let gone = Gone::of(departures, ledger, self.mapping.keys())?;
        Ok(Owned { users, gone, unknown })
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
        if let Some(figures) = survey.as_ref().and_then(Survey::figures_without_work) {
            return Ok(Sent { state: self.state_of(figures), ledger });
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
        if let Some(figures) = survey.as_ref().and_then(Survey::figures_without_work) {
            return Ok(Sent { state: self.state_of(figures), ledger: None });
        }
        let (shared, arriving, reading) = self.begin(None, survey, false);
        arriving.count_unsent(&shared).await;
        reading.await?;
        end(shared)
    }

    fn state_of(&self, figures: Figures) -> State {
        let account = Account { figures, ..Account::new(self.rejects.clone(), None) };
        State { account, failure: None, rows: None }
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
