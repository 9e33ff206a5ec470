//! Progress of long work: a bar or a spinner on a terminal, lines of JSON beside JSON, nothing elsewhere.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::printer::{Printer, ProgressForm};
use crate::progress_line::{Pace, ProgressLine, Throttle};

const TICK: Duration = Duration::from_millis(120);

/// Work under way. It vanishes from the terminal when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    lines: Option<Lines>,
}

/// Where lines go, and what they say beside the figures.
#[derive(Debug)]
struct Lines {
    printer: Printer,
    what: String,
    unit: Option<&'static str>,
    started: Instant,
    throttle: Mutex<Throttle>,
}

impl Progress {
    /// Work whose end is not known: shows a spinner, a count that [`set`](Self::set) gives, its rate, and the time.
    pub fn new(printer: Printer, what: &str) -> Self {
        let form = printer.progress_form();
        let shown = form == ProgressForm::Bar;
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_style(style("{spinner} {msg} {human_pos} ({rate}, {elapsed})"));
        bar.set_message(what.to_owned());
        if shown {
            bar.enable_steady_tick(TICK);
        }
        let lines = (form == ProgressForm::Lines).then(|| Lines {
            printer,
            what: what.to_owned(),
            unit: None,
            started: Instant::now(),
            throttle: Mutex::default(),
        });
        Self { bar, lines }
    }

    /// What is being done now.
    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Sending `total` bytes.
    pub fn bytes(printer: Printer, what: &str, total: u64) -> Self {
        let mut progress = Self::new(printer, what);
        progress.bar.set_style(style(
            "{spinner} {msg} [{bar:32}] {bytes}/{total_bytes} ({bytes_per_sec}, {eta} left)",
        ));
        progress.bar.set_length(total);
        if let Some(lines) = &mut progress.lines {
            lines.unit = Some("bytes");
        }
        progress
    }

    /// So much more is done. A retry starts over and may go past the total.
    pub fn advance(&self, more: usize) {
        self.bar.inc(u64::try_from(more).unwrap_or(u64::MAX));
        self.tell();
    }

    /// How much is done.
    pub fn set(&self, done: u64) {
        self.bar.set_position(done);
        self.tell();
    }

    /// How much is done of a total that is known now.
    pub fn set_of(&self, done: u64, total: u64) {
        if self.bar.length() != Some(total) {
            self.bar
                .set_style(style("{spinner} {msg} [{bar:32}] {human_pos}/{human_len} ({rate}, {eta} left)"));
            self.bar.set_length(total);
        }
        self.set(done);
    }

    /// Writes a line if one is due.
    fn tell(&self) {
        let Some(lines) = &self.lines else { return };
        let elapsed = lines.started.elapsed();
        if !lines.throttle.lock().unwrap_or_else(PoisonError::into_inner).is_due(elapsed) {
            return;
        }
        let (done, total) = (self.bar.position(), self.bar.length());
        let line = ProgressLine {
            progress: &lines.what,
            detail: Some(self.bar.message()).filter(|message| *message != lines.what),
            unit: lines.unit,
            done,
            total,
            pace: Pace::new(done, total, elapsed),
        };
        lines.printer.aside(&line);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The templates are ours; one that indicatif cannot read falls back to its own.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "rate",
        |state: &ProgressState, out: &mut dyn fmt::Write| {
            // Writing to a line in memory cannot fail.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        },
    )
}
