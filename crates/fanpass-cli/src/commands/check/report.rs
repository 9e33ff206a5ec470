//! What a check says at its end, and the exit code that the file has earned.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use fanpass_model::AttributeKey;
use serde::Serialize;

use super::detected::Detected;
use crate::commands::segments::outcome::{write_notices, write_rejects, write_trimmed};
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::closed::write_buckets;
use crate::feed::remarks::{Remark, Severity, Writes};
use crate::input::RejectedRow;
use crate::printer::{Next, Report, count, table};
use crate::quoting::quoted_path;

/// What a push would make of each row of the file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    file: String,
    #[serde(flatten)]
    detected: Detected,
    #[serde(flatten)]
    pub figures: Figures,
    pub adds_up: bool,
    /// Whether the file could be read to its end.
    pub complete: bool,
    pub trimmed: u64,
    pub blank_rows: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<AttributeKey, Writes>,
    pub findings: Vec<Remark>,
    pub rejects: Vec<RejectedRow>,
    pub rejects_files: Vec<PathBuf>,
    pub next: Option<Next>,
}

/// Rows by what would become of them.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Figures {
    /// Rows with data in the file.
    pub read: u64,
    /// Rows that can be sent, each user once.
    pub usable: u64,
    /// Rows that can be sent and name a user that another row names too.
    pub duplicate: u64,
    /// Rows without anything to send; only a mapping makes such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<u64>,
    /// Rows that have to be mended.
    pub rejected: u64,
}

impl Figures {
    /// The buckets by their names, in the order of the report.
    fn buckets(self) -> impl Iterator<Item = (&'static str, u64)> {
        let Self { usable, duplicate, empty, rejected, .. } = self;
        let always = [("usable", Some(usable)), ("duplicate", Some(duplicate))];
        let buckets = always.into_iter().chain([("empty", empty), ("rejected", Some(rejected))]);
        buckets.filter_map(|(name, rows)| Some((name, rows?)))
    }

    /// Whether each row is in exactly one bucket.
    pub fn add_up(self) -> bool {
        self.read == self.buckets().map(|(_, rows)| rows).sum::<u64>()
    }
}

impl CheckReport {
    /// Of a file of which nothing is counted yet.
    pub fn new(file: String, detected: Detected) -> Self {
        Self {
            file,
            detected,
            figures: Figures::default(),
            adds_up: false,
            complete: false,
            trimmed: 0,
            blank_rows: 0,
            notices: Vec::new(),
            attributes: BTreeMap::new(),
            findings: Vec::new(),
            rejects: Vec::new(),
            rejects_files: Vec::new(),
            next: None,
        }
    }

    /// Whether a push of the file would send anything.
    pub fn is_usable(&self) -> bool {
        self.errors().next().is_none() && self.figures.usable > 0
    }

    /// What is to be mended where a push would send nothing; `file` is the file's name.
    pub fn mend(&self, file: &str) -> String {
        match (self.errors().next(), self.figures.empty) {
            (Some(_), _) => "mend the mapping".to_owned(),
            (None, Some(_)) => format!("mend {file} or the mapping"),
            (None, None) => format!("mend {file}"),
        }
    }

    fn errors(&self) -> impl Iterator<Item = &str> {
        let errors = self.findings.iter().filter(|remark| remark.severity == Severity::Error);
        errors.map(|remark| remark.message.as_str())
    }

    /// The exit code that the file has earned.
    pub fn exit(&self) -> Result<Exit> {
        let errors: Vec<_> = self.errors().collect();
        if !errors.is_empty() {
            let message = format!("{}; a push would send nothing", errors.join("; "));
            return Err(failure(Exit::Refused, message));
        }
        if !self.is_usable() {
            let what = if self.figures.empty.is_some() { "row that can be used" } else { "usable id" };
            let message = format!("{} holds no {what}; a push would send nothing", self.file);
            return Err(failure(Exit::Refused, message));
        }
        Ok(match self.figures.rejected {
            _ if !self.adds_up => Exit::Mismatch,
            0 => Exit::Done,
            _ => Exit::Rejects,
        })
    }

    fn write_remarks(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.attributes.is_empty() {
            writeln!(out)?;
            let rows = self.attributes.iter();
            let rows = rows.map(|(key, writes)| [key.to_string(), count(writes.set), count(writes.unset)]);
            table(out, ["attribute", "set", "unset"], rows)?;
        }
        if !self.findings.is_empty() {
            writeln!(out)?;
        }
        self.findings.iter().try_for_each(|remark| writeln!(out, "{remark}"))
    }
}

impl Report for CheckReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { file, figures, .. } = self;
        if self.complete {
            writeln!(out, "Checked {file}; nothing was sent\n")?;
        } else {
            writeln!(out, "Checked {file} as far as it could be read; nothing was sent\n")?;
        }
        self.detected.human(out)?;
        writeln!(out)?;
        let buckets: Vec<_> = figures.buckets().collect();
        write_buckets(out, figures.read, &buckets, self.adds_up)?;
        write_trimmed(out, self.trimmed)?;
        match self.blank_rows {
            0 => {}
            1 => writeln!(out, "  1 blank row was passed over")?,
            blank => writeln!(out, "  {} blank rows were passed over", count(blank))?,
        }
        write_notices(out, &self.notices)?;
        match (figures.duplicate, figures.empty) {
            (0, _) => {}
            (_, None) => writeln!(out, "  a segment holds an id once, however often the file does")?,
            (_, Some(_)) => writeln!(
                out,
                "  rows of one user are sent in the order of the file: the last value of an attribute stands"
            )?,
        }
        self.write_remarks(out)?;
        write_rejects(out, &self.rejects, figures.rejected)?;
        for path in &self.rejects_files {
            writeln!(out, "\nRows that have to be mended, and why: {}", path.display())?;
            let mend = match figures.empty {
                Some(_) => format!("Mend them there, then fanpass rejects retry {}", quoted_path(path)),
                None => format!("Mend them in {file}: a push makes a segment exactly what its file holds"),
            };
            writeln!(out, "{mend}")?;
        }
        Ok(())
    }

    fn next(&self) -> Option<String> {
        self.next.as_ref().map(ToString::to_string)
    }
}
