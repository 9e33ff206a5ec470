//! Writing reject files: one for each set of columns, whole or not at all.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use csv::{QuoteStyle, StringRecord, Writer, WriterBuilder};
use fanpass_model::UserId;
use fanpass_table::Reject;
use tempfile::NamedTempFile;

use super::{
    REJECT_COLUMNS, at_fault, checksum, is_reject_file, original_columns, part, split_cells, split_check,
};
use crate::{ErrorKind, SyncError};

/// The rejects of a run, written to files that can be mended and read again with the same mapping.
///
/// A file has the columns of the source, its cells byte for byte, and [`REJECT_COLUMNS`] behind them; it is CSV in
/// UTF-8, with a header, commas and every cell in quotes. Sources of other columns get a file of their own. Rejects of
/// a reject file are written with the columns of its source and where they stood there, so that files can be mended in rounds.
///
/// Nothing appears before [`finish`](Self::finish), and nothing at all without a reject. Files are readable by their
/// owner only, as they hold personal data.
#[derive(Debug)]
pub struct RejectFiles {
    path: PathBuf,
    files: Vec<RejectFile>,
}

#[derive(Debug)]
struct RejectFile {
    columns: Vec<String>,
    writer: Writer<NamedTempFile>,
}

impl RejectFiles {
    /// Rejects that will be at `path`, such as `rejects.csv`; its folder is made with the first one. Where files of that name are
    /// already, or several are needed, they are `rejects-2.csv`, `rejects-3.csv`, …; none is ever overwritten.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), files: Vec::new() }
    }

    /// Tries whether a file can be written there, so that a run need not find out at its first reject. A name that something else
    /// than a file has is refused: rows with ids would lie beside it. What runs that were killed have left in the folder is removed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn check(&self) -> Result<(), SyncError> {
        if self.path.exists() && !self.path.is_file() {
            let message = "rejected rows want a file, and this is none: name one that is to be made";
            return Err(SyncError::new(ErrorKind::Io, message).at(self.path.display()));
        }
        part::sweep(folder(&self.path));
        // A link that leads nowhere is there too, and no folder.
        let is_there = |folder: &&Path| folder.exists() || folder.is_symlink();
        let nearest = folder(&self.path).ancestors().find(is_there).unwrap_or(Path::new("."));
        if !nearest.is_dir() {
            let message = format!("cannot be written: {} is no folder", nearest.display());
            return Err(SyncError::new(ErrorKind::Io, message).at(self.path.display()));
        }
        // Otherwise the error would tell the name of what was tried, which says nothing to anybody.
        let tried =
            tempfile::Builder::new().prefix(".rejects-").make_in(nearest, |path| File::create_new(path));
        tried.map(drop).map_err(|error| SyncError::io(&self.path, error))
    }

    /// Adds a reject. `columns` are those of its row: [`Row::columns`](fanpass_table::Row::columns), or
    /// [`Table::columns`](fanpass_table::Table::columns) while it is the last row that was read. `user` is the one whom the row
    /// names, where its id is not at fault: it has to stay the same when the row is mended.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn write(
        &mut self,
        columns: &[String],
        reject: &Reject,
        user: Option<&UserId>,
    ) -> Result<(), SyncError> {
        let mut cells: Vec<&str> = reject.fields.iter().map(String::as_str).collect();
        let mut user = user.map(UserId::as_str);
        let number = reject.row.to_string();
        let mut origin = [reject.location.as_str(), &number];
        if is_reject_file(columns) {
            let (source, row, check);
            (cells, [source, row, .., check]) = split_cells(&cells, columns);
            user = split_check(check).1.or(user);
            if !source.is_empty() {
                origin = [source, row];
            }
        }
        let columns = original_columns(columns);
        let known = self.files.iter().position(|file| file.columns == columns);
        let at = known.unwrap_or(self.files.len());
        if known.is_none() {
            self.files.push(self.create(columns).map_err(|error| SyncError::io(&self.path, error))?);
        }
        let record = record(&cells, columns, origin, reject, user);
        let written = self.files[at].writer.write_record(&record);
        written.map_err(|error| SyncError::io(&self.path, system_error(error)))
    }

    fn create(&self, columns: &[String]) -> io::Result<RejectFile> {
        std::fs::create_dir_all(folder(&self.path))?;
        let part = part::create(folder(&self.path))?;
        let mut writer =
            WriterBuilder::new().quote_style(QuoteStyle::Always).flexible(true).from_writer(part);
        let header = columns.iter().map(String::as_str).chain(REJECT_COLUMNS);
        writer.write_record(header).map_err(system_error)?;
        Ok(RejectFile { columns: columns.to_vec(), writer })
    }

    /// Makes the files appear, each at once and whole, and gives their paths; none if nothing was rejected.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io). Files that appeared before stay.
    pub fn finish(self) -> Result<Vec<PathBuf>, SyncError> {
        let Self { path, files } = self;
        files
            .into_iter()
            .map(|file| publish(file, &path).map_err(|error| SyncError::io(&path, error)))
            .collect()
    }
}

/// The error of the system, of which one knows whether it is for want of room.
fn system_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// What to do about cells that have no column of their own.
const BEYOND: &str = "; the cells beyond the last column stand behind fanpass_check: take them out there once the row is right";

/// The source's cells, filled up to its columns, what is wrong, and cells beyond the last column: a row that has them
/// stays ragged until they are gone.
fn record(
    cells: &[&str],
    columns: &[String],
    origin: [&str; 2],
    reject: &Reject,
    user: Option<&str>,
) -> StringRecord {
    let count = columns.len();
    let column = reject.column.as_deref().unwrap_or_default();
    let padded = cells.iter().copied().chain(std::iter::repeat("")).take(count);
    let mut record: StringRecord = padded.collect();
    record.extend(origin);
    record.push_field(column);
    record.push_field(reject.code);
    let beyond = if cells.len() > count { BEYOND } else { "" };
    record.push_field(&format!("{}{beyond}", reject.message));
    let sum = checksum(at_fault(cells, columns, column));
    record.push_field(&user.map_or_else(|| sum.clone(), |user| format!("{sum}:{user}")));
    record.extend(cells.iter().skip(count));
    record
}

/// Gives a file its name: the first that is free.
fn publish(file: RejectFile, path: &Path) -> io::Result<PathBuf> {
    let mut part = file.writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    part.as_file().sync_all()?;
    let mut number = 1_u64;
    loop {
        let path = numbered(path, number);
        match part.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => part = taken.file,
            Err(failed) => return Err(failed.error),
        }
        number += 1;
    }
}

/// `rejects.csv`, `rejects-2.csv`, ….
fn numbered(path: &Path, number: u64) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name: OsString = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
