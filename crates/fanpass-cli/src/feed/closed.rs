//! An account at its end: the rejects in their files, the figures in words, the exit code that they earn.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use fanpass_sync::{Figures, RejectFiles};

use super::account::{Account, State};
use crate::exit::Exit;
use crate::failure::{Incomplete, exit_of};
use crate::input::RejectedRow;
use crate::printer::count;

/// An account that is closed: its rejects are in their files.
#[derive(Debug, Default)]
pub struct Closed {
    pub figures: Figures,
    pub rejects: Vec<RejectedRow>,
    /// Rows in the reject files: those that were rejected, and those that were sent and never acknowledged.
    pub listed: u64,
    pub rejects_files: Vec<PathBuf>,
    pub stopped: Option<(Exit, String)>,
    /// What the service leaves open of what it has done.
    pub unverified: Option<String>,
    /// Users who are not in the file any more and still have the feed's attributes.
    pub gone_left: u64,
    /// What is to be known of how the file was read.
    pub notices: Vec<String>,
    /// What ended it early: the reading of the file, or the writing down of what became of it.
    pub failure: Option<anyhow::Error>,
}

impl Closed {
    /// Makes the reject files appear, if they can.
    pub fn new(state: State) -> Self {
        let State { account, failure, .. } = state;
        let Account { figures, shown, listed, stopped, files, gone_left, notices, .. } = account;
        let mut closed =
            Self { figures, rejects: shown, listed, stopped, gone_left, notices, failure, ..Self::default() };
        closed.publish(files);
        closed
    }

    /// Makes reject files appear.
    pub fn publish(&mut self, files: RejectFiles) {
        let published = files.finish().map(|files| self.rejects_files = files);
        self.heed(published);
    }

    /// Keeps what failed, unless something did before: the account is given all the same.
    pub fn heed(&mut self, done: Result<(), impl Into<anyhow::Error>>) {
        if let Err(error) = done {
            self.failure.get_or_insert_with(|| error.into());
        }
    }

    /// Why it ended before its source did.
    pub fn why(&self) -> Option<String> {
        let failure = self.failure.as_ref().map(ToString::to_string);
        self.stopped.as_ref().map(|(_, why)| why.clone()).or(failure)
    }

    /// Whether all of its source was read and nothing is left to be sent.
    pub fn complete(&self) -> bool {
        self.why().is_none() && self.left() == 0
    }

    /// Whether what ended it would end every feed after it too.
    pub fn ends_the_run(&self) -> bool {
        let interrupted = self.failure.as_ref().is_some_and(|error| exit_of(error) == Exit::Interrupted);
        interrupted || self.stopped.is_some()
    }

    /// Whether anything of it is with the service.
    pub const fn has_sent(&self) -> bool {
        self.figures.has_sent()
    }

    /// Whether each of its rows, if there is any, was rejected or gives nothing to send.
    pub fn holds_nothing(&self) -> bool {
        let Figures { sent, unchanged, unsent, removed, .. } = self.figures;
        sent + unchanged + unsent + removed == 0
    }

    /// What is left to be sent.
    fn left(&self) -> u64 {
        self.figures.unsent + self.gone_left
    }

    /// The exit code that it earns.
    pub fn exit(self, dry_run: bool) -> Result<Exit> {
        let (left, sent) = (self.left(), self.has_sent());
        match (self.failure, self.stopped) {
            (Some(error), _) if sent => Err(Incomplete::File.by(error)),
            (Some(error), _) => Err(error),
            (None, _) if !self.figures.add_up() => Ok(Exit::Mismatch),
            (None, Some((exit, _))) => Ok(if sent { exit.once_sent() } else { exit }),
            (None, None) if left > 0 && !dry_run => Ok(Exit::Unreachable),
            (None, None) if self.unverified.is_some() => Ok(Exit::Unverified),
            (None, None) if self.figures.rejected > 0 => Ok(Exit::Rejects),
            (None, None) => Ok(Exit::Done),
        }
    }
}

/// Whether there was something to send and none of it has arrived.
pub fn is_in_vain(figures: &Figures) -> bool {
    figures.sent + figures.removed + figures.unchanged == 0 && figures.unsent + figures.rejected > 0
}

/// The rows of a run by what became of them, the users who have no row, and the values that rows took off.
pub fn write_figures(out: &mut dyn Write, figures: &Figures) -> io::Result<()> {
    write_buckets(out, figures.read, &figures.buckets(), figures.add_up())?;
    if figures.removed > 0 {
        writeln!(out, "  taken out: {}", count(figures.removed))?;
    }
    if figures.cleared > 0 {
        writeln!(out, "  values cleared: {}", count(figures.cleared))?;
    }
    Ok(())
}

/// One line a bucket, and the sum that they make.
pub fn write_buckets(
    out: &mut dyn Write,
    read: u64,
    buckets: &[(&'static str, u64)],
    adds_up: bool,
) -> io::Result<()> {
    let width = count(read).len();
    for (name, rows) in [("read", read)].iter().chain(buckets) {
        writeln!(out, "  {name:<10}{:>width$}", count(*rows))?;
    }
    let names: Vec<_> = buckets.iter().map(|(name, _)| *name).collect();
    let sum = names.join(" + ");
    if adds_up {
        writeln!(out, "  every row is accounted for: read = {sum}")
    } else {
        writeln!(out, "  THE COUNTS DO NOT ADD UP: read is not {sum}")
    }
}
