//! The updates of a file on their way to the service, and the account of what became of each.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use fanpass_client::{Delivery, Push, PushHandle, PushOptions};
use futures_util::{StreamExt as _, stream};

use super::account::Shared;
use super::rows::Arriving;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::Session;
use crate::signals::Claim;

/// Rows between two looks at the progress bar.
const PROGRESS_STEP: u64 = 256;

/// Sends all updates of the source, telling the account what becomes of each.
pub async fn send_all(
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
    let claim = Claim::for_good()?;
    tokio::select! {
        biased;
        () = claim.stopped() => finish(&handle, shared),
        // What was sent before may still have to be waited for.
        () = session.ids.take(0) => {}
    }
    let mut stops = pin!(stop_on_signals(claim, handle.clone(), shared, printer));
    let mut settled = 0_u64;
    loop {
        let outcome = tokio::select! {
            // The run lets go now and then, also where it never has to wait.
            biased;
            outcome = run.next() => outcome,
            () = &mut stops => continue,
        };
        let Some(outcome) = outcome else { break };
        let account = &mut shared.lock().account;
        if !matches!(outcome.delivery, Delivery::Sent | Delivery::Superseded) {
            account.stopped_by(handle.stopped());
        }
        account.settle(outcome.tag, outcome.delivery)?;
        settled += 1;
        if settled.is_multiple_of(PROGRESS_STEP) {
            show(&progress, &handle, settled, total.or_else(|| shared.lock().rows_expected));
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
async fn stop_on_signals(claim: &Claim, handle: PushHandle, shared: &Shared, printer: Printer) {
    claim.stopped().await;
    finish(&handle, shared);
    printer.note("finishing what is in flight; once more stops at once");
    claim.stopped().await;
    handle.abort();
    std::future::pending::<()>().await;
}

fn finish(handle: &PushHandle, shared: &Shared) {
    shared.lock().account.stop(Exit::Interrupted, "it was interrupted");
    handle.finish();
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
