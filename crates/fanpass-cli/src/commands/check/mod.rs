//! `fanpass check`: reads a file as a push would, offline, and tells every problem in it.

mod detected;
mod distinct;
mod report;
mod tally;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use clap::{Args, ValueEnum};
use fanpass_sync::{FeedTarget, Feeds, MappedRow, Updates, original_columns};
use fanpass_table::{Ids, find_columns};
use tokio::task::spawn_blocking;

use self::detected::Detected;
use self::report::CheckReport;
use self::tally::Tally;
use super::mapping::MappingOptions;
use crate::attribute_file::AttributeFile;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::ids::{for_each_id, refuse_rejects};
use crate::feed::lint::Authority;
use crate::feed::recipe;
use crate::feed::remarks::Lint;
use crate::input::{REJECTS_OPTION, ReadingOptions, reject_file, try_rejects};
use crate::printer::{Next, Printer};
use crate::quoting::quoted_path;
use crate::source::SourceFile;

/// Read a file here, and tell what a push of it would do
///
/// Needs no service, no token and no network, and writes nothing but the reject file that it is asked for, with the file
/// beside it that says how it is pushed. Without a mapping the file is checked as `segments push` reads it, with one as
/// `users push` does. A row that cannot be used is named by its line or cell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass check exports/fans.xlsx\n  \
    fanpass check fans.csv --id fan_id --map is_sth=user_properties.sth:boolean --map tier=custom.loyalty_tier\n  \
    fanpass check fans.csv --map tier=custom.loyalty_tier --attributes attributes.toml\n  \
    fanpass check exports/fans.xlsx --emit ids > ids.txt")]
pub struct Check {
    /// CSV, TSV, JSONL, XLSX, XLS, ZIP or Parquet file, text also gzip or zstd; `-` reads standard input
    file: PathBuf,
    #[command(flatten)]
    reading: ReadingOptions,
    #[command(flatten)]
    mapping: MappingOptions,
    /// File for rejected rows, made with its folder when there are any; never overwritten
    ///
    /// With a mapping, `fanpass rejects retry FILE` pushes it once its rows are mended. Rows of ids are mended in their source:
    /// a push of the others makes a segment exactly those.
    #[arg(long, value_name = "FILE", value_parser = reject_file)]
    rejects: Option<PathBuf>,
    /// Print what would be sent to standard output, and the report to standard error
    #[arg(long, value_enum, value_name = "WHAT")]
    emit: Option<Emit>,
    /// The command that sends the file, if it is none of the usual ones.
    #[arg(skip)]
    send: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Emit {
    /// The ids, one a line, in the order of the file; with --json each a JSON string
    Ids,
}

/// Ends the reading of a file once nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Check {
    /// Of a file that the command `send`, such as `segments import fans`, is going to send as it is.
    pub fn before(send: String, file: PathBuf) -> Self {
        let (reading, mapping) = (ReadingOptions::default(), MappingOptions::default());
        Self { file, reading, mapping, rejects: None, emit: None, send: Some(send) }
    }

    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let target = recipe::target(global);
        let stop = StopOnDrop(Arc::default());
        let watched = Arc::clone(&stop.0);
        spawn_blocking(move || self.check(&target, watched, printer)).await?
    }

    fn check(self, target: &FeedTarget, stop: Arc<AtomicBool>, printer: Printer) -> Result<Exit> {
        let source = self.reading.source(&self.file)?;
        source.open()?;
        self.rejects.iter().try_for_each(|path| try_rejects(path, REJECTS_OPTION))?;
        let mut tally = Tally::new(self.rejects.as_deref(), stop, printer);
        if self.emit.is_some() {
            tally.emit(printer);
        }
        let (read, mut report) = if self.mapping.is_empty() {
            self.check_ids(&source, &mut tally)?
        } else {
            self.check_updates(&source, &mut tally)?
        };
        tally.finish(&mut report)?;
        if !self.mapping.is_empty() {
            self.write_recipes(&source, &report.rejects_files, target)?;
        }
        report.complete = read.is_ok();
        report.next = report.complete.then(|| self.next(&report));
        let read =
            read.map_err(|error| error.context(format!("{} could not be read to its end", source.name)));
        let outcome = read.and_then(|()| report.exit());
        match self.emit {
            Some(_) => printer.conclude_aside(&report, outcome),
            None => printer.conclude(&report, outcome),
        }
    }

    /// As a segment's ids.
    fn check_ids(&self, source: &SourceFile, tally: &mut Tally) -> Result<(Result<()>, CheckReport)> {
        refuse_rejects(source)?;
        let mut ids = source.table()?.ids(self.reading.id.as_deref())?;
        let detected = self.detected(ids.table());
        let read = for_each_id(&mut ids, |checked| match checked {
            Ok(id) => tally.usable(id),
            Err((reject, columns)) => tally.reject(columns, reject, None),
        });
        let counts = Ids::counts(&ids);
        let mut report = CheckReport::new(source.name.clone(), detected.read_to_end(ids.table()));
        report.figures.read = counts.rows;
        (report.trimmed, report.blank_rows) = (counts.trimmed, counts.blank);
        report.notices = ids.table().notices();
        Ok((read, report))
    }

    /// As updates of users.
    fn check_updates(&self, source: &SourceFile, tally: &mut Tally) -> Result<(Result<()>, CheckReport)> {
        let mapping = self.mapping.mapping(self.reading.id.as_deref());
        let file = self.mapping.attributes().map(AttributeFile::read).transpose()?;
        let registry = file.map(AttributeFile::registry);
        let authority = Authority { file: self.mapping.attributes(), session: None };
        let mut lint = Lint::new(&mapping, registry.as_ref(), authority);
        let mut updates = Updates::new(source.table()?, mapping)?;
        if let Some(registry) = &registry {
            updates = updates.checked_by(registry);
        }
        let detected = self.detected(updates.table());
        let read = for_each_update(&mut updates, tally, &mut lint);
        let counts = updates.counts();
        let mut report = CheckReport::new(source.name.clone(), detected.read_to_end(updates.table()));
        report.figures.read = counts.rows;
        report.figures.empty = Some(counts.empty);
        (report.trimmed, report.blank_rows) = (counts.trimmed, counts.blank);
        report.notices = updates.table().notices();
        (report.attributes, report.findings) = (lint.writes().clone(), lint.all());
        Ok((read, report))
    }

    /// Writes down how rejected rows are pushed once they are mended: as a push of the whole file with the same options would.
    fn write_recipes(&self, source: &SourceFile, rejects: &[PathBuf], target: &FeedTarget) -> Result<()> {
        let mapping = self.mapping.mapping(self.reading.id.as_deref());
        let label = format!("users push {}", source.name);
        recipe::write(rejects, |file| Feeds {
            target: target.clone(),
            attributes_file: self.mapping.attributes().map(Path::to_owned),
            attributes: vec![recipe::attributes(&label, file, &mapping, None)],
            ..Feeds::default()
        })
    }

    fn detected(&self, table: &fanpass_table::Table) -> Detected {
        let column = find_columns(original_columns(table.columns()), self.reading.id.as_deref());
        Detected::new(table, column.first().copied().unwrap_or_default(), self.reading.id.is_some())
    }

    /// The command that goes on from here.
    fn next(&self, report: &CheckReport) -> Next {
        let is_stdin = self.file == Path::new("-");
        let file = if is_stdin { "-".to_owned() } else { quoted_path(&self.file) };
        let reading = self.reading.arguments();
        let mapping = self.mapping.arguments();
        if !report.is_usable() && !is_stdin {
            let options = [vec![file.clone()], reading, mapping].concat().join(" ");
            return Next::after(report.mend(&file), format!("fanpass check {options}"));
        }
        let usual = if mapping.is_empty() { "segments push SEGMENT" } else { "users push" };
        let send = self.send.as_deref().unwrap_or(usual);
        Next::command([vec![format!("fanpass {send} --file {file}")], reading, mapping].concat().join(" "))
    }
}

fn for_each_update(updates: &mut Updates, tally: &mut Tally, lint: &mut Lint) -> Result<()> {
    while let Some(row) = updates.next_row()? {
        match row {
            MappedRow::Update(update) => {
                lint.look_at(&update.properties);
                tally.usable(update.user.as_str())?;
            }
            MappedRow::Empty(..) => tally.step()?,
            MappedRow::Reject(reject, user) => {
                tally.reject(updates.table().columns(), reject, user.as_ref())?;
            }
        }
    }
    Ok(())
}

/// What Ctrl-C makes of a file that is being read.
fn interrupted() -> anyhow::Error {
    failure(Exit::Interrupted, "it was interrupted")
}
