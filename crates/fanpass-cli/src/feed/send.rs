//! The updates of a file on their way to the service, and the account of what became of each.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use fanpass_client::{Delivery, Push, PushHandle, PushOptions};
use futures_util::{StreamExt as _, stream};

use super::account::{Shared, State};
use super::handover::Arriving;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::Session;
use crate::signals::Claim;

/// Time between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(500);

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
    let mut stops = pin!(stop_on_signals(claim, handle.clone(), shared, (&progress, printer)));
    let mut looks = tokio::time::interval(LOOK);
    loop {
        let outcome = tokio::select! {
            // The run lets go now and then, also where it never has to wait.
            biased;
            outcome = run.next() => outcome,
            () = &mut stops => continue,
            _ = looks.tick() => {
                show(&progress, &handle, total, &shared.lock());
                continue;
            }
        };
        let Some(outcome) = outcome else { break };
        let mut state = shared.lock();
        let is_settled = matches!(outcome.delivery, Delivery::Sent | Delivery::Superseded);
        // What cannot be written down ends the run by its handle, which is no interruption.
        if !is_settled && state.failure.is_none() {
            state.account.stopped_by(handle.stopped());
        }
        if let Err(error) = state.account.settle(outcome.tag, outcome.delivery) {
            state.fail(error);
            handle.finish();
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
async fn stop_on_signals(
    claim: &Claim,
    handle: PushHandle,
    shared: &Shared,
    (progress, printer): (&Progress, Printer),
) {
    claim.stopped().await;
    finish(&handle, shared);
    progress.aside(|| printer.note("finishing what is in flight; once more stops at once"));
    claim.stopped().await;
    handle.abort();
    std::future::pending::<()>().await;
}

fn finish(handle: &PushHandle, shared: &Shared) {
    shared.lock().account.stop(Exit::Interrupted, "it was interrupted");
    handle.finish();
}

/// Shows how many of `total` updates are settled; without a survey, how many rows of the file.
fn show(progress: &Progress, handle: &PushHandle, total: Option<u64>, state: &State) {
    let now = handle.progress();
    let figures = &state.account.figures;
    progress.say(&format!(
        "sending ({} in flight, {} retries, {} rejected)",
        now.in_flight, now.retries, figures.rejected
    ));
    let done = match total {
        Some(_) => now.totals.settled(),
        None => figures.buckets().iter().map(|(_, rows)| rows).sum(),
    };
    match total.or(state.rows) {
        Some(total) => progress.set_of(done, total.max(done)),
        None => progress.set(done),
    }
}
