//! Who is in a segment before its feeds: as the ledger knows it, and as the service tells it where that is another.

use anyhow::Result;
use fanpass_client::ErrorKind;
use fanpass_model::{ImportId, SegmentName};
use fanpass_sync::{Ledger, ListId, ListState, SegmentFeed, SegmentMode};
use futures_util::TryStreamExt as _;

use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::config::members_list;
use crate::feed::ids::PROGRESS_STEP;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::Session;
use crate::signals;

/// How often the members are read while others change them meanwhile.
const READINGS: usize = 3;

/// Whether it is known who is in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is; by that import, where there is one and the service names it.
    Members(Option<ImportId>),
    /// Neither the ledger nor the service tells.
    Nothing,
}

/// Makes sure that the ledger knows who is in the segment, from the service where it tells: also if the ledger knew it and
/// others have changed the segment since.
pub async fn learn_members(
    segment: &SegmentName,
    feeds: &[&SegmentFeed],
    session: &Session,
    ledger: &mut Ledger,
    printer: Printer,
) -> Result<Known> {
    let held = members_list(segment);
    let list = ledger.list(&held)?;
    let mut served = ask(session, segment).await?;
    for _ in 0..READINGS {
        let Known::Members(import) = &served else { return untold(segment, feeds, list.is_some()) };
        if list.as_ref().is_some_and(|list| is_of(list, import.as_ref())) {
            return Ok(served);
        }
        let members = read_members(segment, session, ledger, printer).await?;
        let now = ask(session, segment).await?;
        if now == served {
            ledger.correct_list(&held, members, import.as_ref().map(ImportId::as_str))?;
            return Ok(served);
        }
        served = now;
    }
    let message = format!("others change segment {segment} while it is read; try again once they are done");
    Err(failure(Exit::Unreachable, message))
}

/// Refuses to send upon members that are others by now.
pub async fn check_known(known: &Known, segment: &SegmentName, session: &Session) -> Result<()> {
    let now = ask(session, segment).await?;
    if now == Known::Nothing || now == *known {
        return Ok(());
    }
    let message = format!(
        "others, or an earlier run whose import ended late, have changed segment {segment} since it was compared, and would be \
         undone; the same command goes on from here"
    );
    Err(failure(Exit::Refused, message))
}

/// Which import the service says has made the members; nothing is known of them if it does not tell.
async fn ask(session: &Session, segment: &SegmentName) -> Result<Known> {
    match session.client.get_segment(segment).await {
        Ok(summary) => Ok(Known::Members(Some(summary.import_id))),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Ok(Known::Members(None)),
            ErrorKind::NotOffered => Ok(Known::Nothing),
            // Ours tells whoever may read; of another one it says no more than that there is no such operation.
            ErrorKind::Forbidden if !session.offers_extensions() => Ok(Known::Nothing),
            ErrorKind::Forbidden => Err(anyhow::Error::from(error).context(format!(
                "who is in segment {segment} has to be read, as those whom others have added would be thrown out; nothing was sent"
            ))),
            _ => Err(error.into()),
        },
    }
}

/// Whether the list holds the members of that import, or nobody where there is no segment.
fn is_of(list: &ListState, import: Option<&ImportId>) -> bool {
    match import {
        Some(import) => list.origin.as_deref() == Some(import.as_str()),
        None => list.ids == 0,
    }
}

/// What is known where the service does not tell; an error if the feeds cannot do without.
fn untold(segment: &SegmentName, feeds: &[&SegmentFeed], listed: bool) -> Result<Known> {
    if listed {
        return Ok(Known::Members(None));
    }
    if feeds.iter().all(|feed| feed.mode == SegmentMode::Replace) {
        return Ok(Known::Nothing);
    }
    let message = format!(
        "this FanPass does not tell who is in segment {segment}, and everybody else would be thrown out: begin with a file \
         of all members, mode = \"replace\", and --allow shrink"
    );
    Err(failure(Exit::Refused, message))
}

async fn read_members(
    segment: &SegmentName,
    session: &Session,
    ledger: &Ledger,
    printer: Printer,
) -> Result<ListId> {
    let progress = Progress::new(printer, "reading who is in the segment");
    let mut list = ledger.write_list()?;
    let mut members = std::pin::pin!(session.client.members(segment));
    let mut read = 0;
    loop {
        match members.try_next().await {
            Ok(Some(id)) => list.push(id.as_str().as_bytes())?,
            Ok(None) => break,
            Err(error) if error.kind() == ErrorKind::NotFound => break,
            Err(error) => return Err(error.into()),
        }
        read += 1;
        if read % PROGRESS_STEP == 0 {
            progress.set(read);
            signals::check()?;
        }
    }
    Ok(list.finish()?)
}
