//! What feeds would change, counted and sampled: shown, saved, and compared with what is found when it is applied.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fanpass_model::SegmentName;
use fanpass_sync::{Breach, Guard, SegmentMode};
use serde::{Deserialize, Serialize};

use super::prepare::spelled;
use super::remarks::Remark;
use super::rows_of_plan::Rows;
use crate::commands::segments::outcome::{write_notices, write_rejects};
use crate::input::RejectedRow;
use crate::printer::count;
use crate::quoting::quoted_path;

/// The form of a saved plan that this code reads and writes.
pub const PLAN_VERSION: u32 = 2;

/// A plan of all feeds of a configuration file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    #[serde(rename = "planVersion")]
    pub version: u32,
    /// The configuration file, from the plan's folder, and the SHA-256 of its bytes.
    pub config: PathBuf,
    pub config_digest: String,
    /// The FanPass that was planned for.
    #[serde(default)]
    pub target: Option<String>,
    /// The ledger's latest run.
    pub latest_run: Option<String>,
    pub feeds: Vec<FeedPlan>,
}

/// What one feed would change; in a report, beside what was done of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedPlan {
    pub feed: String,
    /// The segment, for a feed of ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentName>,
    pub mode: String,
    pub file: String,
    /// The SHA-256 of the file.
    pub digest: String,
    #[serde(flatten)]
    pub rows: Rows,
    /// Members who come in, or users of whom nothing was acknowledged.
    pub added: u64,
    /// Users who are changed.
    pub changed: u64,
    /// Members who go out, or users who are in the file no more and lose what they had of it.
    pub removed: u64,
    /// Values that rows take off, of those that the ledger knows.
    #[serde(default)]
    pub cleared: u64,
    /// Members before, if that is known, and after, for a segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<(Option<u64>, u64)>,
    /// The import that made the members before, where the service tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_of: Option<String>,
    pub samples: Vec<Sample>,
    /// The first rows that are rejected.
    #[serde(default)]
    pub rejects: Vec<RejectedRow>,
    /// Where all of them are, if they were written down.
    #[serde(default)]
    pub rejects_files: Vec<PathBuf>,
    /// What is to be known of how the file was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// What is to be known of mapping and values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Remark>,
    /// What forbids it.
    pub breaches: Vec<Breach>,
    /// Why it cannot be carried out, whoever allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impossible: Option<String>,
    /// What it goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumes: Option<String>,
    /// What it does not do, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_back: Option<String>,
}

/// One of those who are added, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub kind: Kind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Added,
    Changed,
    Removed,
}

impl FeedPlan {
    /// Whether there is anything to send.
    pub fn is_empty(&self) -> bool {
        self.added == 0 && self.changed == 0 && self.removed == 0
    }

    /// What forbids it and is not among `allowed`.
    pub fn forbidden<'a>(&'a self, allowed: &'a [Guard]) -> impl Iterator<Item = &'a Breach> {
        self.breaches.iter().filter(|breach| !allowed.contains(&breach.guard))
    }

    /// Whether another plan of the same feed says the same. Samples, rejects beyond their number, notices, findings and how the
    /// file's path is written do not count.
    pub fn agrees(&self, other: &Self) -> bool {
        let plain = |plan: &Self| Self {
            samples: Vec::new(),
            rejects: Vec::new(),
            notices: Vec::new(),
            findings: Vec::new(),
            resumes: None,
            file: String::new(),
            ..plan.clone()
        };
        plain(self) == plain(other)
    }

    /// Writes it for a person.
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let what = match &self.segment {
            Some(segment) if segment.as_str() != self.feed => format!("{} into segment {segment}", self.feed),
            Some(segment) => format!("segment {segment}"),
            None => format!("attributes {}", self.feed),
        };
        writeln!(out, "{what} ({}) from {}", self.mode, self.file)?;
        self.resumes.iter().try_for_each(|resumes| writeln!(out, "  {resumes}"))?;
        let added = if self.segment.is_some() { "added" } else { "new" };
        let lines = [
            ('+', self.added, added, Kind::Added),
            ('~', self.changed, "changed", Kind::Changed),
            ('-', self.removed, "removed", Kind::Removed),
        ];
        for (sign, number, word, kind) in lines {
            if number > 0 {
                self.line(out, (sign, number, word), kind)?;
            }
        }
        if self.cleared > 0 {
            writeln!(out, "  values cleared: {}", count(self.cleared))?;
        }
        if self.is_empty() {
            writeln!(out, "  nothing changes")?;
        }
        if let Some((before, after)) = self.members {
            let before = before.map_or_else(|| "unknown".to_owned(), count);
            writeln!(out, "  members: {before} now, {} afterwards", count(after))?;
        }
        self.rows.human(out)?;
        write_notices(out, &self.notices)?;
        self.held_back.iter().try_for_each(|held_back| writeln!(out, "  {held_back}"))?;
        self.breaches.iter().try_for_each(|breach| {
            writeln!(out, "  FORBIDDEN: {} (--allow {})", breach.message, breach.guard)
        })?;
        self.impossible.iter().try_for_each(|why| writeln!(out, "  IMPOSSIBLE: {why}"))?;
        write_rejects(out, &self.rejects, self.rows.rejected)?;
        self.mend(out)
    }

    /// Whether rows that were rejected can go by themselves before the others: those that a feed in `replace` lacks would
    /// be thrown out again by the next run.
    pub fn can_retry(&self) -> bool {
        self.segment.is_none() || self.mode != spelled(&SegmentMode::Replace)
    }

    /// Writes where the rejected rows are, and what becomes of them once they are mended.
    fn mend(&self, out: &mut dyn Write) -> io::Result<()> {
        let file = quoted_path(Path::new(&self.file));
        if self.rows.rejected > 0 && self.rejects_files.is_empty() {
            let columns = if self.segment.is_some() { "id" } else { "id and map" };
            writeln!(
                out,
                "  all of them, in a file: fanpass check {file} --rejects FILE, with the feed's {columns}"
            )?;
        }
        self.rejects_files.iter().try_for_each(|path| {
            writeln!(out, "\nThe rejected rows, and why: {}", path.display())?;
            if self.can_retry() {
                let path = quoted_path(path);
                writeln!(out, "Mend them there, then fanpass rejects retry {path}; or mend them in {file} and apply again")
            } else {
                writeln!(out, "Mend them in {file} and apply again")
            }
        })
    }

    fn line(
        &self,
        out: &mut dyn Write,
        (sign, number, word): (char, u64, &str),
        kind: Kind,
    ) -> io::Result<()> {
        let samples: Vec<&str> = self
            .samples
            .iter()
            .filter(|sample| sample.kind == kind)
            .map(|sample| sample.text.as_str())
            .collect();
        let shown = u64::try_from(samples.len()).unwrap_or(u64::MAX);
        let more = if number > shown && shown > 0 { ", …" } else { "" };
        writeln!(out, "  {sign} {} {word}: {}{more}", count(number), samples.join(", "))
    }
}
