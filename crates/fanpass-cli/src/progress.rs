//! Progress of long work: a bar or a spinner on a terminal, nothing elsewhere.

use std::fmt;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::printer::Printer;

const TICK: Duration = Duration::from_millis(120);

/// Work under way. It vanishes from the terminal when dropped.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Work whose end is not known: shows a spinner, a count that [`set`](Self::set) gives, and the time.
    pub fn new(printer: Printer, what: &str) -> Self {
        let bar = if printer.shows_progress() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_style(style("{spinner} {msg} {human_pos} ({elapsed})"));
        bar.set_message(what.to_owned());
        if printer.shows_progress() {
            bar.enable_steady_tick(TICK);
        }
        Self(bar)
    }

    /// What is being done now.
    pub fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// Sending `total` bytes.
    pub fn bytes(printer: Printer, what: &str, total: u64) -> Self {
        let progress = Self::new(printer, what);
        progress.0.set_style(style(
            "{spinner} {msg} [{bar:32}] {bytes}/{total_bytes} ({bytes_per_sec}, {eta} left)",
        ));
        progress.0.set_length(total);
        progress
    }

    /// So much more is done. A retry starts over and may go past the total.
    pub fn advance(&self, more: usize) {
        self.0.inc(u64::try_from(more).unwrap_or(u64::MAX));
    }

    /// How much is done.
    pub fn set(&self, done: u64) {
        self.0.set_position(done);
    }

    /// How much is done of a total that is known now.
    pub fn set_of(&self, done: u64, total: u64) {
        if self.0.length() != Some(total) {
            self.0
                .set_style(style("{spinner} {msg} [{bar:32}] {human_pos}/{human_len} ({rate}, {eta} left)"));
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
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
