//! Files in a temporary folder, and what a mapping makes of them.

use std::path::{Path, PathBuf};

use fanpass_sync::{Counts, MappedRow, Mapping, RejectFiles, SyncError, Updates};
use fanpass_table::{Options, Reject, Table};

/// A file of the given name and content; it goes when this value goes.
pub(crate) struct Sample {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

pub(crate) fn sample(name: &str, content: impl AsRef<[u8]>) -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    Sample { _folder: folder, path }
}

/// A mapping of columns in their short form.
pub(crate) fn mapping<const N: usize>(maps: [&str; N]) -> Mapping {
    let mut mapping = Mapping::default();
    mapping.map = maps.map(|map| map.parse().unwrap()).to_vec();
    mapping
}

/// All that was read from a table.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    /// User and attributes as JSON, such as `7 {"custom.tier":"gold"}`.
    pub(crate) updates: Vec<String>,
    /// Locations of rows without attributes.
    pub(crate) empty: Vec<String>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) counts: Counts,
}

pub(crate) fn read_file(path: &Path, mapping: Mapping) -> Result<Drained, SyncError> {
    drain(Updates::new(Table::open(path, &Options::default())?, mapping)?)
}

pub(crate) fn drain(mut updates: Updates) -> Result<Drained, SyncError> {
    let mut drained = Drained::default();
    while let Some(row) = updates.next_row()? {
        match row {
            MappedRow::Update(update) => {
                assert!(!update.properties.is_empty(), "an update holds at least one attribute");
                let properties = serde_json::to_string(&update.properties).unwrap();
                drained.updates.push(format!("{} {properties}", update.user));
            }
            MappedRow::Empty(_, row) => drained.empty.push(row.location()),
            MappedRow::Reject(reject, _) => drained.rejects.push(*reject),
        }
    }
    let counts = updates.counts();
    assert_eq!(counts.rows, counts.updates + counts.empty + counts.rejects, "the sums add up");
    let found = [drained.updates.len(), drained.empty.len(), drained.rejects.len()].map(|n| n as u64);
    assert_eq!([counts.updates, counts.empty, counts.rejects], found, "the counts are of what was given");
    drained.counts = counts;
    Ok(drained)
}

pub(crate) fn read(content: &str, mapping: Mapping) -> Result<Drained, SyncError> {
    read_file(&sample("fans.csv", content).path, mapping)
}

/// Reads a table and writes its rejects beside it, as `rejects.csv` and so on.
pub(crate) fn reject(path: &Path, mapping: Mapping) -> Vec<PathBuf> {
    reject_with(path, mapping, &Options::default())
}

pub(crate) fn reject_with(path: &Path, mapping: Mapping, options: &Options) -> Vec<PathBuf> {
    let mut rejects = RejectFiles::new(path.with_file_name("rejects.csv"));
    let mut updates = Updates::new(Table::open(path, options).unwrap(), mapping).unwrap();
    while let Some(row) = updates.next_row().unwrap() {
        if let MappedRow::Reject(reject, user) = row {
            rejects.write(updates.table().columns(), &reject, user.as_ref()).unwrap();
        }
    }
    rejects.finish().unwrap()
}
