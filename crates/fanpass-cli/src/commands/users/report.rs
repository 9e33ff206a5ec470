//! What a bulk push says at its end, and the exit code that it has earned.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use fanpass_sync::Figures;
use serde::Serialize;

use crate::commands::segments::outcome::{write_files, write_notices, write_undelivered};
use crate::exit::Exit;
use crate::failure::Incomplete;
use crate::feed::closed::{Closed, is_in_vain, write_figures};
use crate::feed::push::Pushed;
use crate::feed::remarks::Remark;
use crate::input::RejectedRow;
use crate::printer::{Next, Printer, Report};
use crate::quoting::quoted_path;

/// Prints the report of `file` and gives the exit code.
pub fn conclude(file: String, dry_run: bool, pushed: Pushed, printer: Printer) -> Result<Exit> {
    let Pushed { closed, resumes, findings, rejects_of, ended } = pushed;
    if let Closed { failure: Some(_), figures: Figures { read: 0, .. }, .. } = closed {
        // Nothing was done that an account could be given of.
        return closed.failure.map_or(Ok(Exit::Failed), Err);
    }
    let stopped = closed.why();
    let (advice, next) = match (&closed.stopped, closed.rejects_files.as_slice()) {
        _ if closed.failure.is_some() => (None, None),
        (Some(_), _) => {
            // A ledger knows what was acknowledged.
            let again = if rejects_of.is_some() {
                "push the same file again: what was acknowledged is not sent again"
            } else {
                "push the same file again: what was sent already is set to the same values"
            };
            (Some(again), None)
        }
        (None, []) => (None, None),
        (None, paths) => {
            let mend = if closed.figures.rejected > 0 { "mend" } else { "look at" };
            let paths: Vec<_> = paths.iter().map(|path| quoted_path(path)).collect();
            // One is pushed whatever becomes of the one before it.
            let retry = paths.iter().map(|path| format!("fanpass rejects retry {path}"));
            let retry = retry.collect::<Vec<_>>().join("; ");
            (None, Some(Next::after(format!("{mend} {}", paths.join(" and ")), retry)))
        }
    };
    let report = PushReport {
        file,
        dry_run,
        figures: closed.figures,
        adds_up: closed.figures.add_up(),
        complete: closed.complete(),
        resumes,
        stopped,
        notices: closed.notices.clone(),
        findings,
        rejects: closed.rejects.clone(),
        listed: closed.listed,
        rejects_files: closed.rejects_files.clone(),
        advice,
        next,
    };
    let sent = closed.has_sent();
    let outcome = closed.exit(dry_run).and_then(|exit| match ended {
        Ok(()) => Ok(exit),
        Err(error) if sent => Err(error.context(Incomplete::Account)),
        Err(error) => Err(error),
    });
    printer.conclude(&report, outcome)
}

/// What became of each row of the pushed file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PushReport {
    file: String,
    dry_run: bool,
    #[serde(flatten)]
    figures: Figures,
    adds_up: bool,
    /// Whether nothing is left to be sent.
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resumes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Remark>,
    rejects: Vec<RejectedRow>,
    #[serde(skip)]
    listed: u64,
    rejects_files: Vec<PathBuf>,
    /// What goes on from here, where no command line can say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Next>,
}

impl Report for PushReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { file, figures, .. } = self;
        match (self.dry_run, &self.stopped) {
            (true, _) => writeln!(out, "Read {file}; nothing was sent\n")?,
            (false, Some(why)) if is_in_vain(figures) => {
                writeln!(out, "Nothing of {file} was acknowledged: {why}\n")?;
            }
            (false, None) if is_in_vain(figures) => writeln!(out, "Nothing of {file} was acknowledged\n")?,
            (false, Some(why)) => writeln!(out, "Stopped in the middle of {file}: {why}\n")?,
            (false, None) => writeln!(out, "Pushed {file}\n")?,
        }
        self.resumes.iter().try_for_each(|resumes| writeln!(out, "  {resumes}\n"))?;
        write_figures(out, figures)?;
        write_notices(out, &self.notices)?;
        write_undelivered(out, &self.rejects, figures.rejected, self.listed)?;
        let unlisted = !self.dry_run && figures.unsent + figures.rejected > self.listed;
        write_files(out, &self.rejects_files, unlisted)
    }

    fn next(&self) -> Option<String> {
        self.next.as_ref().map(ToString::to_string).or(self.advice.map(str::to_owned))
    }

    fn has_sent(&self) -> bool {
        self.figures.has_sent()
    }
}
