//! The one writer of everything that people and programs read.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use anyhow::Context as _;
use fanpass_model::{ProblemItem, shown, shown_lines};
pub use fanpass_model::{count, counted};
use serde::Serialize;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::{Incomplete, exit_of, hint_of, is_broken_pipe, items_of};
use crate::lines::{Lines, OUTPUT};

/// What a command found out, in both forms.
pub trait Report: Serialize {
    /// Writes it for a person.
    fn human(&self, out: &mut dyn Write) -> io::Result<()>;

    /// What goes on from here, which a person is told below the rest, unless they asked for results only.
    fn next(&self) -> Option<String> {
        None
    }

    /// Whether it tells of something that is with the service already.
    fn has_sent(&self) -> bool {
        false
    }
}

/// What goes on from here: a command line for programs, behind what a person does by hand before it.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Next {
    #[serde(skip)]
    before: Option<String>,
    command: String,
}

impl Next {
    /// That command at once.
    pub const fn command(command: String) -> Self {
        Self { before: None, command }
    }

    /// That command, once a person has done something, such as "mend fans.csv".
    pub const fn after(before: String, command: String) -> Self {
        Self { before: Some(before), command }
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.before.iter().try_for_each(|before| write!(f, "{before}, then "))?;
        f.write_str(&self.command)
    }
}

/// Results go to standard output; notes, progress and errors to standard error.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    json: bool,
    quiet: bool,
}

/// What becomes of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressForm {
    /// A bar or a spinner.
    Bar,
    /// A line of JSON now and then.
    Lines,
    Silent,
}

impl Printer {
    pub const fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether results are written as JSON.
    pub const fn json(self) -> bool {
        self.json
    }

    /// How work under way is shown: to people who look at a terminal, and to programs that asked for JSON.
    pub fn progress_form(self) -> ProgressForm {
        self.form_at(io::stderr().is_terminal())
    }

    /// Whether anybody sees how far work is.
    pub fn shows_progress(self) -> bool {
        self.progress_form() != ProgressForm::Silent
    }

    const fn form_at(self, terminal: bool) -> ProgressForm {
        match (self.quiet, self.json, terminal) {
            (false, false, true) => ProgressForm::Bar,
            (false, true, false) => ProgressForm::Lines,
            _ => ProgressForm::Silent,
        }
    }

    /// Writes a result: one JSON document, or text.
    pub fn report(self, report: &impl Report) -> anyhow::Result<()> {
        self.write(report, &mut io::stdout().lock()).context(OUTPUT)
    }

    /// Writes what came of a command, and gives its outcome: one that cannot be written makes it no better.
    pub fn conclude(self, report: &impl Report, outcome: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
        let Err(unwritten) = self.report(report) else { return outcome };
        match outcome {
            // Whoever went away has seen enough, and the outcome stands.
            outcome if is_broken_pipe(&unwritten) => outcome,
            Ok(Exit::Done) if report.has_sent() => Err(unwritten.context(Incomplete::Account)),
            Ok(Exit::Done) => Err(unwritten),
            Ok(exit) => {
                self.error(&unwritten, exit);
                Ok(exit)
            }
            Err(error) => Err(error),
        }
    }

    /// The same beside a result that has standard output for itself; with `--quiet` nothing but a failure is told. As JSON the
    /// report of a failure is one document with it, in a member `error`.
    pub fn conclude_aside(self, report: &impl Report, outcome: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
        // Nobody is left to tell when standard error itself is gone.
        match outcome {
            outcome if self.quiet => outcome,
            Err(error) if self.json && !is_broken_pipe(&error) => {
                let exit = exit_of(&error);
                let error = failed(&describe(&error), hint_of(&error), items_of(&error), exit);
                if let Ok(document) = serde_json::to_string_pretty(&Failed { report, error }) {
                    self.stderr(&document);
                }
                Ok(exit)
            }
            outcome => {
                let _ = self.write(report, &mut io::stderr().lock());
                outcome
            }
        }
    }

    fn write(self, report: &impl Report, out: &mut impl Write) -> anyhow::Result<()> {
        if self.json {
            serde_json::to_writer_pretty(&mut *out, report)?;
            writeln!(out)?;
        } else {
            let mut text = Vec::new();
            report.human(&mut text)?;
            if let Some(next) = report.next().filter(|_| !self.quiet) {
                writeln!(text, "\nNext: {next}")?;
            }
            let text = String::from_utf8_lossy(&text);
            out.write_all(shown_lines(&text).as_bytes())?;
        }
        out.flush()?;
        Ok(())
    }

    /// Standard output, for results that are not known all at once.
    pub fn lines(self) -> Lines {
        Lines::new(self.json)
    }

    /// Says something on the side, for a person; not with `--quiet`, and not beside JSON.
    pub fn note(self, text: &str) {
        if !self.quiet && !self.json {
            self.stderr(text);
        }
    }

    /// Says why the command failed.
    pub fn error(self, error: &anyhow::Error, exit: Exit) {
        self.failure(&describe(error), hint_of(error), items_of(error), exit);
    }

    /// Says what is wrong and, where there is a way out, what it is; `items` are for programs, the message tells of them too.
    pub fn failure(self, message: &str, hint: Option<&str>, items: &[ProblemItem], exit: Exit) {
        if self.json {
            self.stderr(&json!({ "error": failed(message, hint, items, exit) }).to_string());
        } else {
            self.stderr(&format!("error: {message}"));
            if let Some(hint) = hint {
                self.stderr(&format!("hint:  {hint}"));
            }
        }
    }

    /// Writes a line of JSON to standard error.
    pub fn aside(self, line: &impl Serialize) {
        if let Ok(line) = serde_json::to_string(line) {
            self.stderr(&line);
        }
    }

    fn stderr(self, text: &str) {
        // Nobody is left to tell when standard error itself is gone.
        let _ = writeln!(io::stderr().lock(), "{}", shown_lines(text));
    }
}

/// A report and why its command failed.
#[derive(Serialize)]
struct Failed<'a, R> {
    #[serde(flatten)]
    report: &'a R,
    error: Value,
}

/// A failure for programs.
fn failed(message: &str, hint: Option<&str>, items: &[ProblemItem], exit: Exit) -> Value {
    let mut error = json!({"message": message, "exitCode": exit.code()});
    if let Some(hint) = hint {
        error["hint"] = hint.into();
    }
    if !items.is_empty() {
        error["errors"] = json!(items);
    }
    error
}

/// The chain of causes, each said once: libraries often repeat their source in their own message.
fn describe(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |mut message, cause| {
        if message.is_empty() {
            message = cause;
        } else if !message.contains(&cause) {
            message.push_str(": ");
            message.push_str(&cause);
        }
        message
    })
}

/// Rows under aligned headers, without frames, so that it reads well and cuts well.
pub fn table<const N: usize>(
    out: &mut dyn Write,
    headers: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(headers);
    table.add_rows(rows.into_iter().map(|cells| cells.map(|cell| shown(&cell).into_owned())));
    for line in table.lines() {
        writeln!(out, "{}", line.trim())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_goes_to_who_can_read_it() {
        let form = |json, quiet, terminal| Printer::new(json, quiet).form_at(terminal);
        assert_eq!(form(false, false, true), ProgressForm::Bar);
        assert_eq!(form(true, false, false), ProgressForm::Lines);
        assert_eq!(form(false, false, false), ProgressForm::Silent, "cron stays silent");
        assert_eq!(form(true, false, true), ProgressForm::Silent);
        assert_eq!(form(true, true, false), ProgressForm::Silent);
    }
}
