//! The upload that makes a segment what its feeds say, and the account of each of them.

use anyhow::{Context as _, Result};
use fanpass_model::{ImportId, ImportState, ImportStatus, SegmentName};
use fanpass_sync::{Ledger, ListId, MembershipChange, SyncError};

use super::members::check_known;
use super::{Compared, Job, figures};
use crate::commands::segments::buckets::Buckets;
use crate::commands::segments::outcome::{Stopped, Wait, Waited, exit_of, wait_for};
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::closed::Closed;
use crate::feed::config::members_list;
use crate::feed::delivery::{Delivered, SendAs, deliver};
use crate::feed::spool::IdSpool;
use crate::printer::Printer;
use crate::runtime::blocking;
use crate::session::Session;
use crate::temporary::Temporary;

impl Job {
    /// Makes the segment what was compared, and remembers it once the service says that it is; the account of each feed, and
    /// whether it could be remembered.
    pub async fn send(
        &self,
        session: &Session,
        ledger: &mut Ledger,
        compared: Compared,
        printer: Printer,
    ) -> Result<(Vec<Closed>, Result<(), SyncError>)> {
        let comparison = &compared.comparison;
        let held = members_list(&self.segment);
        let members = comparison.members.context("the segment's new list was not kept")?;
        let owned = self.owned_lists();
        let named = |list: fn(&MembershipChange) -> Option<ListId>| {
            let lists = owned.iter().zip(&comparison.changes);
            lists.filter_map(|(name, change)| name.as_deref().zip(list(change))).collect::<Vec<_>>()
        };
        let mut lists = named(|change| change.own);
        let mut unverified = None;
        let remembered = if compared.changes() {
            self.feeds.iter().try_for_each(|source| source.file.check_unchanged())?;
            let spool = blocking(|| spool(ledger, members))?;
            // Whatever takes its time comes before the question, as others are undone who change the segment behind it.
            session.ids.take(comparison.after).await;
            check_known(&compared.known, &self.segment, session).await?;
            // Whoever may be put in from here on is missed once he is gone, whatever happens to the process.
            let doubt = ledger.doubt_list(&held, &named(|change| change.claimed))?;
            let published = self.publish(session, (&spool, comparison.after), printer).await;
            if published.as_ref().is_err_and(was_refused) {
                ledger.withdraw_doubt(doubt)?;
            }
            let import;
            (import, unverified) = published?;
            lists.push((&held, members));
            ledger.publish_lists(&lists).and_then(|()| ledger.note_origin(&held, import.as_str()))
        } else {
            ledger.publish_lists(&lists)
        };
        let closed = comparison.changes.iter().zip(compared.reads).map(|(change, read)| {
            let mut closed = Closed {
                figures: figures(change, &read),
                rejects: read.rejects,
                listed: read.rejected,
                unverified: unverified.clone(),
                ..Closed::default()
            };
            closed.publish(read.files);
            closed
        });
        Ok((closed.collect(), remembered))
    }

    /// Gives the import that did it, and what the service leaves open of it.
    async fn publish(
        &self,
        session: &Session,
        (spool, count): (&Temporary, u64),
        printer: Printer,
    ) -> Result<(ImportId, Option<String>)> {
        let segment = &self.segment;
        let Delivered { receipt, inline } =
            deliver(session, segment, (spool, count), SendAs::Auto, printer).await?;
        let id = receipt.firebase_imported_segment_id;
        if inline && receipt.status == Some(ImportState::Completed) {
            return Ok((id, None));
        }
        let wait = Wait { wait: true, timeout: session.import_timeout.as_secs() };
        let Waited { status, stopped } = wait_for(session, &id, Some(count), wait, printer).await;
        if let Some(Stopped { why, exit }) = stopped {
            let message =
                format!("import {id} of segment {segment}: {why}; the same command goes on from here");
            return Err(failure(exit, message));
        }
        let status = status.context("the service never told how far the import is")?;
        Ok((id, check_import(segment, count, &status)?))
    }
}

/// Whether the service surely has done nothing of what it was asked for.
fn was_refused(error: &anyhow::Error) -> bool {
    error.downcast_ref::<fanpass_client::Error>().is_some_and(|error| {
        let refuses = error.status().is_some_and(|status| status.is_client_error()) && !error.is_transient();
        error.attempts() <= 1 && (refuses || error.sent() == fanpass_transport::Sent::Never)
    })
}

fn spool(ledger: &Ledger, members: ListId) -> Result<Temporary> {
    let mut spool = IdSpool::new()?;
    let mut reader = ledger.read_unnamed_list(members);
    while let Some(id) = reader.peek()? {
        spool.push(std::str::from_utf8(id).context("a list in the ledger holds an id that is no text")?)?;
        reader.pass();
    }
    spool.finish()
}

/// Whether the import made the segment what was sent; if it is not known, why.
fn check_import(segment: &SegmentName, sent: u64, status: &ImportStatus) -> Result<Option<String>> {
    // No id was sent twice.
    let exit = exit_of(&status.status, Buckets::of_sent(status, sent, Some(0)));
    match (exit, status.imported_rows) {
        (Exit::Done, _) => Ok(None),
        (Exit::Unverified, None) => Ok(Some(
            "the service does not tell how many ids it imported; look before you trust it".to_owned(),
        )),
        (Exit::ImportFailed, _) => {
            let why = status.message.as_deref().unwrap_or("the service does not say why");
            let message = format!("the import failed and segment {segment} is as it was: {why}");
            Err(failure(exit, message))
        }
        (_, imported) => {
            let imported = imported.unwrap_or_default();
            let message = format!(
                "segment {segment}: {sent} ids were sent and {imported} imported; look before you trust it"
            );
            Err(failure(Exit::Mismatch, message))
        }
    }
}
