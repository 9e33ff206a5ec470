//! Who is in a segment, as the ledger or the service knows it.

use anyhow::Result;
use fanpass_client::ErrorKind;
use fanpass_sync::{Ledger, SegmentFeed, SegmentMode};
use futures_util::TryStreamExt as _;

use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::config::members_list;
use crate::session::Session;

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
