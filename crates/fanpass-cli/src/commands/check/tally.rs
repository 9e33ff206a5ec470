//! The rows of a checked file by what would become of them, counted in bounded memory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use fanpass_model::UserId;
use fanpass_sync::RejectFiles;
use fanpass_table::Reject;

use super::distinct::Distinct;
use super::interrupted;
use super::report::CheckReport;
use crate::feed::account::REJECTS_SHOWN;
use crate::feed::ids::PROGRESS_STEP;
use crate::input::RejectedRow;
use crate::lines::Lines;
use crate::printer::Printer;
use crate::progress::Progress;

/// What was read so far.
#[derive(Debug)]
pub struct Tally {
    usable: u64,
    rejected: u64,
    steps: u64,
    ids: Distinct,
    shown: Vec<RejectedRow>,
    files: Option<RejectFiles>,
    emitted: Option<Lines>,
    progress: Progress,
    stop: Arc<AtomicBool>,
}

impl Tally {
    /// Of a file whose rejects are wanted at `rejects`, until `stop` is set.
    pub fn new(rejects: Option<&Path>, stop: Arc<AtomicBool>, printer: Printer) -> Self {
        Self {
            usable: 0,
            rejected: 0,
            steps: 0,
            ids: Distinct::default(),
            shown: Vec::new(),
            files: rejects.map(RejectFiles::new),
            emitted: None,
            progress: Progress::new(printer, "reading rows"),
            stop,
        }
    }

    /// Prints each id that would be sent, as a line or a JSON string.
    pub fn emit(&mut self, printer: Printer) {
        self.emitted = Some(printer.lines());
    }

    /// A row that would be sent.
    pub fn usable(&mut self, id: &str) -> Result<()> {
        self.usable += 1;
        self.ids.add(id)?;
        if let Some(emitted) = &mut self.emitted {
            emitted.write(id, &id)?;
        }
        self.step()
    }

    /// A row that has to be mended, with its user where the id is not at fault.
    pub fn reject(&mut self, columns: &[String], reject: Box<Reject>, user: Option<&UserId>) -> Result<()> {
        self.rejected += 1;
        if let Some(files) = &mut self.files {
            files.write(columns, &reject, user)?;
        }
        if self.shown.len() < REJECTS_SHOWN {
            self.shown.push((*reject).into());
        }
        self.step()
    }

    /// One more row.
    pub fn step(&mut self) -> Result<()> {
        self.steps += 1;
        if self.steps.is_multiple_of(PROGRESS_STEP) {
            self.progress.set(self.steps);
            if self.stop.load(Ordering::Relaxed) {
                return Err(interrupted());
            }
        }
        Ok(())
    }

    /// Puts the sums into the report, and makes the reject file appear.
    pub fn finish(self, report: &mut CheckReport) -> Result<()> {
        self.emitted.map(Lines::finish).transpose()?;
        let figures = &mut report.figures;
        figures.usable = self.ids.count()?;
        figures.duplicate = self.usable - figures.usable;
        figures.rejected = self.rejected;
        report.adds_up = figures.add_up();
        report.rejects = self.shown;
        report.rejects_files = self.files.map(RejectFiles::finish).transpose()?.unwrap_or_default();
        Ok(())
    }
}
