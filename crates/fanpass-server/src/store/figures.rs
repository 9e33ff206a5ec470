//! Figures of the storage, for whoever watches it.

use std::fs;

use super::error::{Fault, StoreError};
use super::{SEGMENTS, SERVICE, Store};
use crate::metrics::WriterMeter;

/// How many imports there are, and what became of their rows.
#[derive(Debug, Default)]
pub(crate) struct ImportFigures {
    /// By the word for their stage.
    pub(crate) stages: Vec<(String, i64)>,
    pub(crate) rows: [(&'static str, i64); 4],
}

impl Store {
    /// The figures of each database's writer.
    pub(crate) fn meters(&self) -> [&WriterMeter; 2] {
        [self.0.segments.meter(), self.0.service.meter()]
    }

    /// Has all logs cut soon, for the room that they take.
    pub(crate) fn cut_logs(&self) {
        self.0.segments.cut_log();
        self.0.service.cut_log();
    }

    /// Bytes of each database's log.
    pub(crate) fn log_bytes(&self) -> [(&'static str, u64); 2] {
        [SEGMENTS.file, SERVICE.file].map(|file| {
            let log = self.0.folder.file(&format!("{file}-wal"));
            (file, fs::metadata(log).map_or(0, |log| log.len()))
        })
    }

    /// The figures of all imports that are kept.
    pub(crate) async fn import_figures(&self) -> Result<ImportFigures, StoreError> {
        self.0
            .segments
            .read("count imports", |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT stage, count(*), sum(processed), sum(imported), sum(duplicate), sum(rejected) \
                     FROM imports GROUP BY stage",
                )?;
                let mut rows = statement.query([])?;
                let mut figures = ImportFigures {
                    rows: [("processed", 0), ("imported", 0), ("duplicate", 0), ("rejected", 0)],
                    ..ImportFigures::default()
                };
                while let Some(row) = rows.next()? {
                    figures.stages.push((row.get(0)?, row.get(1)?));
                    for (column, (_, sum)) in (2..).zip(&mut figures.rows) {
                        *sum += row.get::<usize, i64>(column)?;
                    }
                }
                Ok::<_, Fault>(figures)
            })
            .await
    }
}
