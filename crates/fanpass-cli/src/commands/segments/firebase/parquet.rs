//! The tables as Parquet, row group by row group.
//!
//! A repeated column is of the old way, a `repeated` field by itself, which BigQuery loads as REPEATED; a list of the new way
//! would become a record of a record.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use fanpass_model::UserId;
use jiff::Timestamp;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// Rows that are held in memory until they are written together.
const GROUP_ROWS: usize = 65_536;

const MEMBERSHIPS: &str = "message SegmentMemberships {
    required binary instance_id (UTF8);
    repeated binary segment_labels (UTF8);
    required int64 update_time (TIMESTAMP(MICROS, true));
}";
const METADATA: &str = "message SegmentMetadata {
    required binary segment_label (UTF8);
    required binary display_name (UTF8);
}";

/// Writes memberships.
#[derive(Debug)]
pub struct MembershipWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    ids: Vec<ByteArray>,
    labels: Vec<ByteArray>,
    /// For each label 0 where it is the first of its row, else 1.
    repeats: Vec<i16>,
    times: Vec<i64>,
}

impl<W: Write + Send> MembershipWriter<W> {
    pub fn new(file: W) -> Result<Self> {
        let file = begin(file, MEMBERSHIPS)?;
        Ok(Self { file, ids: Vec::new(), labels: Vec::new(), repeats: Vec::new(), times: Vec::new() })
    }

    /// Adds a row of at least one label.
    pub fn add<'a>(
        &mut self,
        user: &UserId,
        labels: impl Iterator<Item = &'a str>,
        updated: Timestamp,
    ) -> Result<()> {
        self.ids.push(user.as_str().into());
        for (label, at) in labels.zip(0_usize..) {
            self.labels.push(label.into());
            self.repeats.push(i16::from(at > 0));
        }
        self.times.push(updated.as_microsecond());
        if self.ids.len() < GROUP_ROWS { Ok(()) } else { self.write_group() }
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.file.next_row_group()?;
        // No row is without a label, so each level says that there is one.
        let present = vec![1; self.labels.len()];
        column::<ByteArrayType, _>(&mut group, &self.ids, None, None)?;
        column::<ByteArrayType, _>(&mut group, &self.labels, Some(&present), Some(&self.repeats))?;
        column::<Int64Type, _>(&mut group, &self.times, None, None)?;
        group.close()?;
        self.ids.clear();
        self.labels.clear();
        self.repeats.clear();
        self.times.clear();
        Ok(())
    }

    /// Writes what is left, and gives the file back.
    pub fn finish(mut self) -> Result<W> {
        if !self.ids.is_empty() {
            self.write_group()?;
        }
        Ok(self.file.into_inner()?)
    }
}

/// Writes the metadata: labels and names.
pub fn write_metadata<'a>(
    file: impl Write + Send,
    entries: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<()> {
    let (labels, names): (Vec<ByteArray>, Vec<ByteArray>) =
        entries.map(|(label, name)| (label.into(), name.into())).unzip();
    let mut file = begin(file, METADATA)?;
    let mut group = file.next_row_group()?;
    column::<ByteArrayType, _>(&mut group, &labels, None, None)?;
    column::<ByteArrayType, _>(&mut group, &names, None, None)?;
    group.close()?;
    file.into_inner()?;
    Ok(())
}

fn begin<W: Write + Send>(file: W, schema: &str) -> Result<SerializedFileWriter<W>> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let schema = Arc::new(parse_message_type(schema)?);
    Ok(SerializedFileWriter::new(file, schema, Arc::new(properties))?)
}

fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    present: Option<&[i16]>,
    repeats: Option<&[i16]>,
) -> Result<()> {
    let mut column = group.next_column()?.context("the row group has no further column")?;
    column.typed::<T>().write_batch(values, present, repeats)?;
    Ok(column.close()?)
}
