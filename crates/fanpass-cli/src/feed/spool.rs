//! The ids of a segment as the one-column file that is sent.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Result;
use csv::{QuoteStyle, Writer, WriterBuilder};
use fanpass_client::{Upload, UserIds};
use fanpass_model::UserId;

use crate::printer::Printer;
use crate::progress::Progress;
use crate::temporary::Temporary;

/// The header of the file.
const ID_HEADER: &str = "user_id";

/// A file that is being written.
#[derive(Debug)]
pub struct IdSpool(Writer<Temporary>);

impl IdSpool {
    /// A file with a header and no id.
    pub fn new() -> Result<Self> {
        let mut writer = WriterBuilder::new().quote_style(QuoteStyle::Always).from_writer(Temporary::new()?);
        writer.write_record([ID_HEADER])?;
        Ok(Self(writer))
    }

    /// Adds an id.
    pub fn push(&mut self, id: &str) -> Result<()> {
        Ok(self.0.write_record([id])?)
    }

    /// The file, which is removed when dropped.
    pub fn finish(self) -> Result<Temporary> {
        let mut file = self.0.into_inner().map_err(csv::IntoInnerError::into_error)?;
        file.flush()?;
        Ok(file)
    }
}

/// The ids of a spool for a JSON body, read again for each attempt of sending them.
pub fn inline(spool: &Path) -> UserIds<'static> {
    let path = spool.to_owned();
    UserIds::source(move || {
        let rows = csv::Reader::from_path(&path).map_err(io::Error::other)?.into_deserialize::<UserId>();
        Ok(rows.map(|id| id.map_err(io::Error::other)))
    })
}

/// A spool as a file to upload, shown as it goes.
pub fn upload(spool: &Temporary, printer: Printer) -> Result<Upload> {
    let progress = Progress::bytes(printer, "uploading", spool.length()?);
    let upload = Upload::path(spool.path()).named("user_ids.csv");
    Ok(upload.watched(move |bytes| progress.advance(bytes)))
}
