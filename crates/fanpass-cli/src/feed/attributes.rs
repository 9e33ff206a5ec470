//! A source of attributes: what it would change, and the run that sends it.

use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use fanpass_client::{Push, PushHandle, PushOptions};
use fanpass_sync::{
    Changes, Counts, Deliveries, Keep, Ledger, Lists, MappedRow, Mapping, MembershipChange, Roster,
    SegmentMode, Updates,
};
use futures_util::{StreamExt as _, stream};
use tempfile::NamedTempFile;

use super::account::Account;
use super::rows::{Arriving, Reading, Shared, State, read};
use crate::exit::Exit;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::Session;
use crate::signals;
use crate::source::SourceFile;

/// Rows between two looks at the progress bar.
const PROGRESS_STEP: u64 = 256;

/// What is to be sent.
#[derive(Debug)]
pub struct Job {
    pub source: Arc<SourceFile>,
    pub mapping: Mapping,
    /// Where rows go that do not arrive.
    pub rejects: PathBuf,
}

/// What a job would change.
#[derive(Debug)]
pub struct Survey {
    pub changes: Changes,
    pub counts: Counts,
    /// Who is in the file no more, where that counts.
    pub owned: Option<Owned>,
}

/// The users of a feed, before and now.
#[derive(Debug)]
pub struct Owned {
    pub change: MembershipChange,
    /// Those who are gone, one a line.
    pub gone: NamedTempFile,
}

/// What became of a job.
#[derive(Debug)]
pub struct Sent {
    pub state: State,
    pub ledger: Option<Ledger>,
}

impl Job {
    /// Compares the whole source with the ledger. `owned` is the list of the feed's users, for a feed that takes its
    /// attributes off those who are gone; `keep` says whether their new lists are written.
    pub fn survey(
        &self,
        ledger: &mut Ledger,
        owned: Option<&str>,
        keep: bool,
        printer: Printer,
    ) -> Result<Survey> {
        let progress = Progress::new(printer, "comparing with the ledger");
        let folder = std::env::temp_dir();
        let mut updates = Updates::new(self.source.table()?, self.mapping.clone())?;
        let mut roster = owned.map(|_| Roster::new(&folder));
        let mut survey = ledger.survey(&folder)?;
        while let Some(row) = updates.next_row()? {
            match row {
                MappedRow::Update(update) => {
                    survey.add(&update.user, &update.properties)?;
                    if let Some(roster) = &mut roster {
                        roster.add(&update.user)?;
                    }
                }
                MappedRow::Empty(_) | MappedRow::Reject(_) => {}
            }
            let rows = updates.counts().rows;
            if rows.is_multiple_of(PROGRESS_STEP) {
                progress.set(rows);
            }
        }
        let changes = survey.finish()?;
        let owned = match (roster, owned) {
            (Some(roster), Some(list)) => Some(compare_users(roster, ledger, list, keep)?),
            _ => None,
        };
        Ok(Survey { changes, counts: updates.counts(), owned })
    }

    /// Sends what the survey found, or everything without one.
    pub async fn send(
        &self,
        session: &mut Session,
        ledger: Option<Ledger>,
        survey: Option<Survey>,
        options: PushOptions,
        printer: Printer,
    ) -> Result<Sent> {
        let total = survey.as_ref().map(|survey| {
            let gone = survey.owned.as_ref().map_or(0, |owned| owned.change.removed);
            survey.changes.count() + gone
        });
        let (shared, arriving, reading) = self.begin(ledger, survey);
        send_all(session, arriving, &shared, (options, total), printer).await?;
        reading.await?;
        end(shared)
    }

    /// Reads all rows and sends none.
    pub async fn read_only(&self, survey: Option<Survey>) -> Result<Sent> {
        let (shared, arriving, reading) = self.begin(None, survey);
        arriving.count_unsent(&shared).await;
        reading.await?;
        end(shared)
    }

    fn begin(
        &self,
        ledger: Option<Ledger>,
        survey: Option<Survey>,
    ) -> (Shared, Arriving, tokio::task::JoinHandle<()>) {
        let deliveries = ledger.map(|ledger| Arc::new(Mutex::new(Deliveries::new(ledger))));
        let shared = Shared::new(Account::new(self.rejects.clone(), deliveries));
        let (changes, owned) = survey.map_or((None, None), |survey| (Some(survey.changes), survey.owned));
        let reading = Reading {
            source: Arc::clone(&self.source),
            mapping: self.mapping.clone(),
            changes,
            gone: owned.map(|owned| owned.gone),
        };
        let (arriving, reading) = read(reading, shared.clone());
        (shared, arriving, reading)
    }
}

fn compare_users(roster: Roster, ledger: &Ledger, list: &str, keep: bool) -> Result<Owned> {
    let gone = NamedTempFile::with_prefix("fanpass-").context("cannot make a temporary file")?;
    let mut out = BufWriter::new(gone.as_file());
    let mut failed = None;
    let lists = Lists { held: list, owned: "" };
    let keep = Keep { members: keep, own: false, either: keep };
    let change = roster.compare(ledger, lists, SegmentMode::Replace, keep, |id| {
        if let Err(error) = out.write_all(id).and_then(|()| out.write_all(b"\n")) {
            failed.get_or_insert(error);
        }
        Ok(())
    })?;
    failed.map_or_else(|| out.flush(), Err).context("cannot write a temporary file")?;
    drop(out);
    Ok(Owned { change, gone })
}

fn end(shared: Shared) -> Result<Sent> {
    let mut state = shared.into_state()?;
    let deliveries = state.account.deliveries.take();
    let ledger = deliveries
        .and_then(Arc::into_inner)
        .map(|deliveries| deliveries.into_inner().unwrap_or_else(PoisonError::into_inner).into_ledger());
    Ok(Sent { state, ledger: ledger.transpose()? })
}

/// Sends all updates of the source, telling the account what becomes of each.
async fn send_all(
    session: &mut Session,
    arriving: Arriving,
    shared: &Shared,
    (options, total): (PushOptions, Option<u64>),
    printer: Printer,
) -> Result<()> {
    let arriving = Arc::new(Mutex::new(arriving));
    let source = Arc::clone(&arriving);
    let updates = stream::poll_fn(move |context| {
        source.lock().unwrap_or_else(PoisonError::into_inner).poll_next(context)
    });
    let mut run = Push::with_clients(session.slots(), updates, options);
    let handle = run.handle();
    let progress = Progress::new(printer, "sending");
    let mut stops = pin!(stop_on_signals(handle.clone(), shared, printer));
    let mut settled = 0_u64;
    loop {
        let outcome = tokio::select! {
            outcome = run.next() => outcome,
            () = &mut stops => continue,
        };
        let Some(outcome) = outcome else { break };
        shared.lock().account.settle(outcome.tag, outcome.delivery)?;
        settled += 1;
        if settled.is_multiple_of(PROGRESS_STEP) {
            show(&progress, &handle, settled, total);
        }
    }
    drop(run);
    // A run that stopped early leaves rows that were read ahead.
    if let Some(rest) = Arc::into_inner(arriving) {
        rest.into_inner().unwrap_or_else(PoisonError::into_inner).refuse(shared).await;
    }
    Ok(())
}

/// Ctrl-C: the first ends the run in order, the second at once.
async fn stop_on_signals(handle: PushHandle, shared: &Shared, printer: Printer) {
    signals::stop().await;
    shared.lock().account.stop(Exit::Interrupted, "it was interrupted");
    printer.note("finishing what is in flight; once more stops at once");
    handle.finish();
    signals::stop().await;
    handle.abort();
    std::future::pending::<()>().await;
}

fn show(progress: &Progress, handle: &PushHandle, settled: u64, total: Option<u64>) {
    let now = handle.progress();
    progress.say(&format!(
        "sending ({} in flight, {} retries, {} refused)",
        now.in_flight, now.retries, now.totals.rejected
    ));
    match total {
        Some(total) => progress.set_of(settled, total),
        None => progress.set(settled),
    }
}
