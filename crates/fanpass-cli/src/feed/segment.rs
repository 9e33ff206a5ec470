//! A source of a segment's ids: who would come in and go out, and the upload that does it.

use std::path::PathBuf;

use crate::runtime::blocking;
use anyhow::{Context as _, Result};
use fanpass_client::ErrorKind;
use fanpass_model::{ImportState, ImportStatus, SegmentName};
use fanpass_sync::{
    Figures, Keep, Ledger, ListId, Lists, MembershipChange, Roster, SegmentFeed, SegmentMode,
};
use futures_util::TryStreamExt as _;

use super::closed::Closed;
use super::config::{members_list, owned_list};
use super::delivery::{Delivered, SendAs, deliver};
use super::ids::{ReadIds, read_ids, refuse_rejects};
use super::spool::IdSpool;
use crate::commands::segments::buckets::Buckets;
use crate::commands::segments::outcome::{Stopped, Wait, Waited, exit_of, wait_for};
use crate::exit::Exit;
use crate::failure::failure;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::Session;
use crate::source::SourceFile;
use crate::temporary::Temporary;

/// What is to be sent.
#[derive(Debug)]
pub struct Job {
    pub feed: SegmentFeed,
    pub source: SourceFile,
    /// Where rows go that cannot be sent.
    pub rejects: PathBuf,
}

/// What a job would change.
#[derive(Debug)]
pub struct Compared {
    pub change: MembershipChange,
    /// What the owner has afterwards, where there is one.
    pub own: Option<ListId>,
    pub read: ReadIds,
    /// Nobody is taken out, because the ids of rejected rows are not known.
    pub held_back: bool,
    /// An earlier change was begun and not heard of again, so that the members are sent whatever they are.
    pub in_doubt: bool,
}

impl Job {
    /// Compares the file with what the ledger knows of the segment; `keep` says whether the new lists are written.
    pub fn compare(&self, ledger: &Ledger, keep: bool, printer: Printer) -> Result<Compared> {
        let progress = Progress::new(printer, "comparing with the ledger");
        if self.feed.mode.is_destructive() && self.feed.mode != SegmentMode::Remove {
            refuse_rejects(&self.source)?;
        }
        let mirrors = self.feed.mode == SegmentMode::MirrorOwned;
        let mut roster = Roster::new(&std::env::temp_dir());
        let mut own = self.feed.owner().map(|_| Roster::new(&std::env::temp_dir()));
        let column = self.feed.id.as_deref();
        let read = read_ids(&self.source, column, &self.rejects, &progress, |id| {
            own.as_mut().map_or(Ok(()), |own| own.add_text(id))?;
            Ok(roster.add_text(id)?)
        })?;
        let held = members_list(&self.feed.name);
        let owned = self.feed.owner().map(owned_list).unwrap_or_default();
        let keep = Keep { members: keep, ..Keep::default() };
        // The id of a rejected row may be anybody's: while there is one, nobody is gone.
        let held_back = mirrors && read.rejected > 0;
        let mode = if held_back { SegmentMode::Add } else { self.feed.mode };
        let own_mode = if mirrors && !held_back { SegmentMode::Replace } else { SegmentMode::Add };
        let lists = Lists { held: &held, owned: &owned };
        let change = roster.compare(ledger, lists, mode, keep, |_| Ok(()))?;
        let lists = Lists { held: &owned, owned: "" };
        let own = own.map(|own| own.compare(ledger, lists, own_mode, keep, |_| Ok(()))).transpose()?;
        let in_doubt = ledger.list(&held)?.is_none_or(|list| list.in_doubt);
        Ok(Compared { change, own: own.and_then(|own| own.members), read, in_doubt, held_back })
    }

    /// Makes the segment what was compared, and remembers it once the service says that it is.
    pub async fn send(
        &self,
        session: &Session,
        ledger: &mut Ledger,
        compared: Compared,
        printer: Printer,
    ) -> Result<Closed> {
        let Compared { change, own, read, in_doubt, .. } = compared;
        let changes = in_doubt || !change.is_empty();
        let held = members_list(&self.feed.name);
        let members = change.members.context("the segment's new list was not kept")?;
        let mut unverified = None;
        if changes {
            self.source.check_unchanged()?;
            ledger.doubt_list(&held)?;
            unverified = self.publish(session, ledger, members, change.after, printer).await?;
        }
        let owned = self.feed.owner().map(owned_list).unwrap_or_default();
        let mut lists = vec![(held.as_str(), members)];
        lists.extend(own.map(|own| (owned.as_str(), own)));
        ledger.publish_lists(&lists)?;
        Ok(Closed {
            figures: figures(&change, &read, self.feed.mode),
            rejects: read.rejects,
            listed: read.rejected,
            rejects_files: read.files.finish()?,
            stopped: None,
            unverified,
            gone_left: 0,
            notices: read.notices,
            failure: None,
        })
    }

    /// Gives what the service leaves open of it.
    async fn publish(
        &self,
        session: &Session,
        ledger: &Ledger,
        members: ListId,
        count: u64,
        printer: Printer,
    ) -> Result<Option<String>> {
        let segment = &self.feed.name;
        if count == 0 {
            return Err(failure(
                Exit::Refused,
                format!("nobody would be left in segment {segment}, and the API cannot empty a segment"),
            ));
        }
        let spool = blocking(|| spool(ledger, members))?;
        let Delivered { receipt, inline } =
            deliver(session, segment, (&spool, count), SendAs::Auto, printer).await?;
        if inline && receipt.status == Some(ImportState::Completed) {
            return Ok(None);
        }
        let wait = Wait { wait: true, timeout: session.import_timeout.as_secs() };
        let id = receipt.firebase_imported_segment_id;
        let Waited { status, stopped } = wait_for(session, &id, Some(count), wait, printer).await;
        if let Some(Stopped { why, exit }) = stopped {
            let message =
                format!("import {id} of segment {segment}: {why}; the same command goes on from here");
            return Err(failure(exit, message));
        }
        check_import(segment, count, &status.context("the service never told how far the import is")?)
    }
}

/// What the rows of the file came to.
pub fn figures(change: &MembershipChange, read: &ReadIds, mode: SegmentMode) -> Figures {
    let taken_out_by_rows = if mode == SegmentMode::Remove { change.effective } else { 0 };
    Figures {
        read: read.read,
        sent: change.effective,
        unchanged: change.ids - change.effective,
        duplicate: change.rows - change.ids,
        rejected: read.rejected,
        removed: change.removed - taken_out_by_rows,
        ..Figures::default()
    }
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

/// Makes sure that the ledger knows who is in the segment, where the mode asks for that: from the service, if it tells.
pub async fn learn_members(feed: &SegmentFeed, session: &Session, ledger: &mut Ledger) -> Result<()> {
    let held = members_list(&feed.name);
    if feed.mode == SegmentMode::Replace || ledger.list(&held)?.is_some() {
        return Ok(());
    }
    let mut list = ledger.write_list()?;
    let mut members = std::pin::pin!(session.client.members(&feed.name));
    loop {
        match members.try_next().await {
            Ok(Some(id)) => list.push(id.as_str().as_bytes())?,
            Ok(None) => break,
            Err(error) if error.kind() == ErrorKind::NotFound => break,
            Err(error) if matches!(error.kind(), ErrorKind::NotOffered | ErrorKind::Forbidden) => {
                let name = &feed.name;
                return Err(failure(
                    Exit::Refused,
                    format!(
                        "this FanPass does not tell who is in segment {name}, and everybody else would be thrown out: \
                         begin with a file of all members and mode = \"replace\""
                    ),
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let list = list.finish()?;
    Ok(ledger.publish_lists(&[(&held, list)])?)
}
