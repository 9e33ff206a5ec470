//! The ids of a segment on their way to the service: in one JSON body, or as a file.

use anyhow::Result;
use clap::ValueEnum;
use fanpass_client::ErrorKind;
use fanpass_model::{SegmentName, SegmentReceipt};

use super::spool::{inline, upload};
use crate::printer::{Printer, count};
use crate::progress::Progress;
use crate::session::Session;
use crate::temporary::Temporary;

/// Ids that are sent in one JSON body where nobody asks for another way.
const INLINE_MAX: u64 = 1_000;

/// How the ids of a segment are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SendAs {
    /// Up to 1,000 ids inline, more as a file, and as a file too if the service finds the list too large
    #[default]
    Auto,
    /// In one JSON body
    Inline,
    /// As a file of one column
    Upload,
}

/// Ids that the service has.
#[derive(Debug)]
pub struct Delivered {
    pub receipt: SegmentReceipt,
    /// Whether they went in one JSON body.
    pub inline: bool,
}

/// Sends the `ids` ids of a spool, for which there has been time already; they become the segment.
pub async fn deliver(
    session: &Session,
    segment: &SegmentName,
    (spool, ids): (&Temporary, u64),
    send_as: SendAs,
    printer: Printer,
) -> Result<Delivered> {
    if send_as == SendAs::Inline || (send_as == SendAs::Auto && ids <= INLINE_MAX) {
        let progress = Progress::new(printer, "sending ids");
        match session.client.create_segment(segment, inline(spool.path())).await {
            Ok(receipt) => return Ok(Delivered { receipt, inline: true }),
            Err(error) if error.kind() == ErrorKind::TooLarge && send_as == SendAs::Auto => {
                drop(progress);
                printer
                    .note(&format!("the service takes no list of {} ids: they go up as a file", count(ids)));
                session.ids.take(ids).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let receipt = session.client.import_segment(segment, upload(spool, printer)?).await;
    let receipt = receipt.map_err(|error| {
        let too_large = error.kind() == ErrorKind::TooLarge;
        let error = anyhow::Error::from(error);
        if too_large { error.context(too_large_advice(spool, ids)) } else { error }
    })?;
    Ok(Delivered { receipt, inline: false })
}

/// Which limit an upload has met, and the ways out.
fn too_large_advice(spool: &Temporary, ids: u64) -> String {
    let bytes = spool.length().unwrap_or_default();
    format!(
        "{} ids, {} bytes, are more than the service takes as one file, and parts would replace each other: have the limit \
         on uploads raised (`upload_bytes` of our service), or send them in a ZIP by `fanpass segments import`",
        count(ids),
        count(bytes)
    )
}
