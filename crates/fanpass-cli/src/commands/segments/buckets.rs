//! The rows of an import by what became of them, and whether each of them is in exactly one bucket.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use csv::ByteRecord;
use fanpass_model::ImportStatus;
use fanpass_sorted::{SortError, Sorter};

use crate::printer::count;

/// Bytes of ids that are held while repeats are counted; more go through a temporary folder.
const SORT_BYTES: usize = 64 << 20;

/// How many rows are in each bucket; `None` where nobody says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Buckets {
    pub total: Option<u64>,
    pub imported: Option<u64>,
    pub duplicate: Option<u64>,
    pub rejected: Option<u64>,
    /// How many rows the service counts, where that is not how many were sent to it.
    pub other_rows: Option<u64>,
}

impl From<&ImportStatus> for Buckets {
    /// What a service tells. Of a FanPass that does not tell of repeated ids, rows that are missing may be such.
    fn from(status: &ImportStatus) -> Self {
        let told = Self {
            total: status.total_rows,
            imported: status.imported_rows,
            duplicate: status.duplicate_rows,
            rejected: status.rejected_rows,
            other_rows: None,
        };
        match told {
            Self {
                total: Some(total),
                imported: Some(imported),
                duplicate: None,
                rejected: Some(rejected),
                ..
            } if imported.checked_add(rejected).is_none_or(|sum| sum >= total) => {
                Self { duplicate: Some(0), ..told }
            }
            told => told,
        }
    }
}

impl Buckets {
    /// What a service tells of `sent` ids from here. `repeats` of them equal an earlier one: it was counted here, because
    /// only our own service tells.
    pub fn of_sent(status: &ImportStatus, sent: u64, repeats: Option<u64>) -> Self {
        let told = Self {
            total: Some(sent),
            other_rows: status.total_rows.filter(|total| *total != sent),
            ..Self::from(&ImportStatus { total_rows: None, ..status.clone() })
        };
        match (told, repeats) {
            (Self { imported: Some(imported), duplicate: None, rejected, .. }, Some(repeats)) => {
                let left = sent
                    .checked_sub(imported)
                    .and_then(|left| left.checked_sub(rejected.unwrap_or_default()))
                    // A service may count repeats as imported, and those of a rejected id as rejected.
                    .filter(|left| *left == 0 || *left == repeats || (rejected > Some(0) && *left < repeats));
                Self {
                    duplicate: Some(left.unwrap_or(repeats)),
                    rejected: rejected.or(left.and(Some(0))),
                    ..told
                }
            }
            _ => told,
        }
    }

    /// With `more` rows that were rejected before anything was sent.
    pub fn and_rejected(self, more: u64) -> Self {
        let and = |rows: Option<u64>| rows.map(|rows| rows.saturating_add(more));
        Self { total: and(self.total), rejected: and(self.rejected), ..self }
    }

    /// Whether each row is in exactly one bucket; `None` when the service does not say enough to tell.
    pub fn add_up(self) -> Option<bool> {
        if self.other_rows.is_some() {
            return Some(false);
        }
        let total = self.total?;
        let sum = self.imported?.checked_add(self.duplicate?)?.checked_add(self.rejected?);
        Some(sum == Some(total))
    }

    /// One line for each bucket that is told, figures aligned.
    pub fn write_told(self, out: &mut dyn Write) -> io::Result<()> {
        let told = self.rows().into_iter().filter_map(|(name, figure)| Some((name, count(figure?))));
        write_rows(out, &told.collect::<Vec<_>>())
    }

    /// One line a bucket, figures aligned, and the sum that they make.
    pub fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let figure = |figure: Option<u64>| figure.map_or_else(|| "not told".to_owned(), count);
        write_rows(out, &self.rows().map(|(name, rows)| (name, figure(rows))))?;
        if let Some(rows) = self.other_rows {
            let rows = count(rows);
            return writeln!(
                out,
                "  THE COUNTS DO NOT ADD UP: the service counts {rows} rows, not those that were sent"
            );
        }
        match self.add_up() {
            Some(true) => {
                writeln!(out, "  every row is accounted for: read = imported + duplicate + rejected")
            }
            Some(false) => {
                writeln!(out, "  THE COUNTS DO NOT ADD UP: read is not imported + duplicate + rejected")
            }
            None => writeln!(out, "  the service does not tell enough to account for every row"),
        }
    }

    fn rows(self) -> [(&'static str, Option<u64>); 4] {
        let Self { total, imported, duplicate, rejected, .. } = self;
        [("read", total), ("imported", imported), ("duplicate", duplicate), ("rejected", rejected)]
    }
}

fn write_rows(out: &mut dyn Write, rows: &[(&str, String)]) -> io::Result<()> {
    let width = rows.iter().map(|(_, figure)| figure.len()).max().unwrap_or_default();
    rows.iter().try_for_each(|(name, figure)| writeln!(out, "  {name:<10}{figure:>width$}"))
}

/// How many ids of a one-column CSV equal an earlier one, in bounded memory.
pub fn repeats(spool: &Path) -> Result<u64> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder to count repeated ids in")?;
    let mut sorter = Sorter::new(folder.path(), SORT_BYTES);
    let mut rows = csv::Reader::from_path(spool).context("cannot read the ids that were sent again")?;
    let (mut row, mut ids) = (ByteRecord::new(), 0_u64);
    while rows.read_byte_record(&mut row)? {
        sorter.push(row.get(0).unwrap_or_default())?;
        ids += 1;
    }
    let distinct = sorter.finish(|_| Ok::<(), SortError>(()))?;
    Ok(ids.saturating_sub(distinct))
}
