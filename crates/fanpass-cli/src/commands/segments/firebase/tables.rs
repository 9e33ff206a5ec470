//! The two tables of Firebase's imported segments as files: their layout, and how they get their names.
//!
//! The layout is that of <https://firebase.google.com/docs/projects/import-segments>: `SegmentMemberships` with `instance_id`
//! STRING, `segment_labels` STRING REPEATED and `update_time` TIMESTAMP; `SegmentMetadata` with `segment_label` and
//! `display_name`, both STRING.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use fanpass_model::UserId;
use jiff::Timestamp;
use serde::Serialize;
use tempfile::NamedTempFile;

use super::Format;
use super::labels::Labelled;
use super::parquet::{self, MembershipWriter};
use crate::private_file::refuse_special;

const MEMBERSHIPS: &str = "SegmentMemberships";
const METADATA: &str = "SegmentMetadata";

/// The files while they are written. They vanish unless they are finished.
#[derive(Debug)]
pub struct Tables {
    folder: PathBuf,
    extension: &'static str,
    updated: Timestamp,
    updated_text: String,
    memberships: Rows,
    /// Labels in all rows that were added.
    labels: u64,
    metadata: NamedTempFile,
}

#[derive(Debug)]
enum Rows {
    Parquet(Box<MembershipWriter<NamedTempFile>>),
    Lines(BufWriter<NamedTempFile>),
}

#[derive(Serialize)]
struct Membership<'a> {
    instance_id: &'a UserId,
    segment_labels: Vec<&'a str>,
    update_time: &'a str,
}

#[derive(Serialize)]
struct Metadata<'a> {
    segment_label: &'a str,
    display_name: &'a str,
}

impl Tables {
    /// Begins both files in a folder, which is made if it is not there.
    pub fn begin(folder: &Path, format: Format, updated: Timestamp) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let new = || {
            let file = tempfile::Builder::new().prefix(".fanpass-").tempfile_in(folder);
            file.with_context(|| format!("cannot write in {}", folder.display()))
        };
        let (extension, memberships) = match format {
            Format::Parquet => ("parquet", Rows::Parquet(Box::new(MembershipWriter::new(new()?)?))),
            Format::Jsonl => ("jsonl", Rows::Lines(BufWriter::new(new()?))),
        };
        let updated_text = updated.to_string();
        let (folder, metadata) = (folder.to_owned(), new()?);
        Ok(Self { folder, extension, updated, updated_text, memberships, labels: 0, metadata })
    }

    /// Adds a row of the memberships.
    pub fn add<'a>(&mut self, user: &'a UserId, labels: impl Iterator<Item = &'a str>) -> Result<()> {
        let written = &mut self.labels;
        let labels = labels.inspect(|_| *written += 1);
        match &mut self.memberships {
            Rows::Parquet(writer) => writer.add(user, labels, self.updated)?,
            Rows::Lines(out) => {
                let (segment_labels, update_time) = (labels.collect(), self.updated_text.as_str());
                serde_json::to_writer(
                    &mut *out,
                    &Membership { instance_id: user, segment_labels, update_time },
                )?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    /// Writes the metadata and gives both files their names, in the place of what is there. Tells how many labels the
    /// memberships have.
    pub fn finish(mut self, segments: &[Labelled]) -> Result<(Vec<PathBuf>, u64)> {
        let memberships = match self.memberships {
            Rows::Parquet(writer) => writer.finish()?,
            Rows::Lines(out) => out.into_inner().map_err(std::io::IntoInnerError::into_error)?,
        };
        let pairs = segments.iter().map(|labelled| (labelled.label.as_str(), labelled.segment.as_str()));
        if self.extension == "parquet" {
            parquet::write_metadata(&mut self.metadata, pairs)?;
        } else {
            let mut out = BufWriter::new(&mut self.metadata);
            for (segment_label, display_name) in pairs {
                serde_json::to_writer(&mut out, &Metadata { segment_label, display_name })?;
                out.write_all(b"\n")?;
            }
            out.flush()?;
        }
        // Each label of a membership has to have an entry in the metadata, which therefore come first.
        let files = [(METADATA, self.metadata), (MEMBERSHIPS, memberships)].map(|(name, file)| {
            let path = self.folder.join(format!("{name}.{}", self.extension));
            refuse_special(&path)?;
            file.as_file().sync_all().with_context(|| format!("cannot write {}", path.display()))?;
            Ok((path, file))
        });
        let files = files.into_iter().collect::<Result<Vec<_>>>()?;
        let named = files.into_iter().map(|(path, file)| {
            file.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(path)
        });
        Ok((named.collect::<Result<_>>()?, self.labels))
    }
}
