//! What an export says at its end.

use std::io::{self, Write};
use std::path::PathBuf;

use fanpass_model::{SegmentName, UserId};
use serde::Serialize;

use super::is_installation;
use super::labels::Labelled;
use crate::printer::{Report, count, counted, table};

/// Ids that are shown of those that do not look like installation ids.
const SAMPLES: usize = 3;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportReport {
    /// Rows of the memberships: ids.
    pub rows: u64,
    /// Labels in all rows.
    pub memberships: u64,
    /// Whether the rows hold as many labels as the segments have members.
    pub adds_up: bool,
    segments: Vec<ExportedSegment>,
    /// Ids that do not look like installation ids.
    pub other_ids: u64,
    #[serde(skip)]
    pub other_samples: Vec<UserId>,
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedSegment {
    segment: SegmentName,
    label: String,
    members: u64,
}

impl ExportReport {
    pub fn new(segments: &[Labelled]) -> Self {
        let segments = segments.iter().map(|Labelled { segment, label }| ExportedSegment {
            segment: segment.clone(),
            label: label.clone(),
            members: 0,
        });
        Self {
            rows: 0,
            memberships: 0,
            adds_up: false,
            segments: segments.collect(),
            other_ids: 0,
            other_samples: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Members of all segments, as they were read.
    pub fn members(&self) -> u64 {
        self.segments.iter().map(|segment| segment.members).sum()
    }

    /// Counts a row: an id and the places of its segments.
    pub fn add(&mut self, user: &UserId, of: &[usize]) {
        self.rows += 1;
        self.memberships += u64::try_from(of.len()).unwrap_or(u64::MAX);
        for &place in of {
            if let Some(segment) = self.segments.get_mut(place) {
                segment.members += 1;
            }
        }
        if !is_installation(user) {
            self.other_ids += 1;
            if self.other_samples.len() < SAMPLES {
                self.other_samples.push(user.clone());
            }
        }
    }
}

impl Report for ExportReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { rows, memberships, segments, other_ids, files, .. } = self;
        writeln!(out, "Exported {} with {}", counted(*rows, "id"), counted(*memberships, "label"))?;
        if !self.adds_up {
            writeln!(
                out,
                "  THE COUNTS DO NOT ADD UP: the files have other labels than the segments have members"
            )?;
        }
        let lines = segments.iter().map(|ExportedSegment { segment, label, members }| {
            [segment.to_string(), label.clone(), count(*members)]
        });
        writeln!(out)?;
        table(out, ["segment", "label", "members"], lines)?;
        writeln!(out)?;
        files.iter().try_for_each(|file| writeln!(out, "Wrote {}", file.display()))?;
        if *other_ids > 0 {
            writeln!(
                out,
                "warning: {} of {} ids do not look like Firebase installation ids; Firebase knows no app by them",
                count(*other_ids),
                count(*rows)
            )?;
        }
        Ok(())
    }
}
