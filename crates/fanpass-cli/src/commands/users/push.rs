//! `fanpass users push`: each row of a file updates one user, many at a time, every row accounted for.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use clap::Args;
use fanpass_client::{ErrorKind, Push as Run, PushHandle, PushOptions};
use fanpass_model::AttributeRegistry;
use fanpass_sync::Mapping;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{self, Receiver};

use super::memory::Memory;
use super::report::conclude;
use super::source::{Row, Shared, read};
use crate::cli::Global;
use crate::commands::mapping::MappingOptions;
use crate::exit::Exit;
use crate::failure::failure;
use crate::input::Input;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::Session;
use crate::signals;

/// Rows that are read before they can be sent.
const READ_AHEAD: usize = 1024;
/// Rows between two looks at the progress bar.
const PROGRESS_STEP: u64 = 256;

/// Read a file here and update a user for each row
///
/// A row that cannot be used as it stands is named by its line or cell, left out, and written to a reject file with its
/// original cells: mend it there and push that file with the same options. Rows of one user are sent in the order of the
/// file. Ctrl-C finishes what is in flight; a second one stops at once.
///
/// With --ledger a row that the service has acknowledged before costs no request, and of others only what differs is sent.
/// The ledger knows what went through it: attributes that are written elsewhere, or a service that was reset, want a new
/// one. It holds fingerprints, no ids and no values.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass users push --file fans.csv --id fan_id --map is_sth=user_properties.sth:boolean --map tier=custom.loyalty_tier\n  \
    fanpass users push --file fans.xlsx --map 'plans=user_properties.ticketing_plans:list(|),blank=unset' --set custom.source=crm\n\n\
Types: string, boolean, integer, decimal, date, date(%d.%m.%Y), list(SEPARATOR)\n\
Options of a column: trim, blank=skip|unset, null=skip|unset, default=VALUE")]
pub struct Push {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    mapping: MappingOptions,
    /// Requests in flight at most; fewer are sent while the service is slow
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Requests a second at most
    #[arg(long, value_name = "N")]
    rate: Option<NonZeroU32>,
    /// File for rows that did not arrive, made when there are any; never overwritten
    #[arg(long, value_name = "FILE", default_value = "rejects.csv")]
    rejects: PathBuf,
    /// Ledger of what was acknowledged: send only what differs from it. Made when it is not there
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Read and check the file, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Push {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let mapping = self.mapping.mapping(self.input.id.as_deref());
        mapping.check()?;
        let session = if self.dry_run { None } else { Some(Session::open(global).await?) };
        let registry = match &session {
            Some(session) => registry(session).await?,
            None => None,
        };
        lint(&mapping, registry.as_ref(), printer)?;
        let memory = Memory::open(self.ledger.as_deref(), self.dry_run)?;
        let shared = Shared::new(self.rejects.clone(), memory);
        let (rows, arriving) = mpsc::channel(READ_AHEAD);
        let reading = read(self.input.clone(), mapping, shared.clone(), rows);
        if let Some(mut session) = session {
            self.send(&mut session, arriving, &shared, printer).await?;
            session.close().await;
        } else {
            count_unsent(arriving, &shared).await;
        }
        reading.await?;
        let file = self.input.file.display().to_string();
        conclude(file, self.dry_run, shared.into_state()?, printer)
    }

    /// Sends all updates of the source, telling the account what becomes of each.
    async fn send(
        &self,
        session: &mut Session,
        arriving: Receiver<Row>,
        shared: &Shared,
        printer: Printer,
    ) -> Result<()> {
        let options = PushOptions {
            max_concurrency: usize::from(self.concurrency),
            requests_per_second: self.rate,
            ..PushOptions::default()
        };
        let arriving = Arc::new(Mutex::new(arriving));
        let source = Arc::clone(&arriving);
        let updates = stream::poll_fn(move |context| {
            source.lock().unwrap_or_else(PoisonError::into_inner).poll_recv(context)
        });
        let mut run = Run::with_clients(session.slots(), updates, options);
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
                show(&progress, &handle, settled);
            }
        }
        drop(run);
        // A run that stopped early leaves rows that were read ahead.
        if let Some(rest) = Arc::into_inner(arriving) {
            let mut rest = rest.into_inner().unwrap_or_else(PoisonError::into_inner);
            rest.close();
            count_unsent(rest, shared).await;
        }
        Ok(())
    }
}

/// Counts rows that are not sent.
async fn count_unsent(mut arriving: Receiver<Row>, shared: &Shared) {
    while arriving.recv().await.is_some() {
        shared.lock().account.unsent();
    }
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

fn show(progress: &Progress, handle: &PushHandle, settled: u64) {
    let now = handle.progress();
    progress.say(&format!(
        "sending ({} in flight, {} retries, {} refused)",
        now.in_flight, now.retries, now.totals.rejected
    ));
    progress.set(settled);
}

/// What users may carry, where the target tells.
async fn registry(session: &Session) -> Result<Option<AttributeRegistry>> {
    match session.client.list_attributes().await {
        Ok(list) => {
            let mut registry = AttributeRegistry::default();
            list.attributes.into_iter().for_each(|definition| registry.insert(definition));
            Ok(Some(registry))
        }
        // A FanPass that does not tell, or does not tell us, still takes updates.
        Err(error) if matches!(error.kind(), ErrorKind::NotOffered | ErrorKind::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a mapping that no row could pass, and warns of what GA4 would drop.
fn lint(mapping: &Mapping, registry: Option<&AttributeRegistry>, printer: Printer) -> Result<()> {
    let builtin = AttributeRegistry::builtin();
    let findings = mapping.lint(registry.unwrap_or(&builtin));
    let (errors, warnings): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.is_error());
    for warning in warnings {
        printer.note(&format!("warning: {warning}"));
    }
    if errors.is_empty() || registry.is_none() {
        return Ok(());
    }
    let all: Vec<_> = errors.iter().map(ToString::to_string).collect();
    Err(failure(Exit::Refused, format!("{}; nothing was sent", all.join("; "))))
}
