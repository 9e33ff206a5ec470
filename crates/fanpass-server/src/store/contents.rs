//! What a data folder holds: whether it is one, and what it has lost.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::database::{Design, open_reader};
use super::error::{StoreError, StoreErrorKind};
use super::{SEGMENTS, SERVICE};
use crate::auth::keys;

/// Whether a service has been started on the folder.
pub(super) fn is_data_folder(data: &Path) -> bool {
    [SEGMENTS.file, SERVICE.file].iter().any(|file| data.join(file).is_file()) || has_keys(data)
}

/// How a database has been lost that was there; none if it is there, or was never made.
///
/// A first start makes `segments.db`, then `service.db`, then the first key, each of them durably: what is there proves that
/// what comes before it was made.
pub(super) fn lost(data: &Path, design: &Design) -> Option<&'static str> {
    let path = data.join(design.file);
    let was_made = || has_keys(data) || (design.file == SEGMENTS.file && is_made(&data.join(SERVICE.file)));
    (!is_made(&path) && was_made()).then(|| if path.exists() { "empty" } else { "missing" })
}

/// Refuses a folder that has lost a database, in the place of which a new one would be made.
pub(super) fn refuse_lost(data: &Path) -> Result<(), StoreError> {
    for design in [&SEGMENTS, &SERVICE] {
        if let Some(how) = lost(data, design) {
            let message = format!(
                "`{}` has been in use, but its {file} is {how}; put {file} back, with {file}-wal if there was one, or restore a \
                 snapshot (fanpass restore FILE --replace), or give up what it held (fanpass reset)",
                data.display(),
                file = design.file
            );
            return Err(StoreError::new(StoreErrorKind::Corrupt, message));
        }
    }
    Ok(())
}

/// Whether there are keys; a folder of keys that cannot be listed is not that of a first start either.
fn has_keys(data: &Path) -> bool {
    keys::files(data).map_or(true, |keys| !keys.is_empty())
}

/// Whether a database has a schema, in its file or in its log. One that cannot be read has: it is damaged, not lost.
fn is_made(path: &Path) -> bool {
    // The header's user version (<https://sqlite.org/fileformat2.html>, 1.3.15): there it is, once the log was ever moved.
    let mut header = [0; 64];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    if read.is_ok() && !header.ends_with(&[0; 4]) {
        return true;
    }
    if !path.is_file() {
        return false;
    }
    let version = open_reader(path)
        .and_then(|connection| connection.pragma_query_value(None, "user_version", |row| row.get(0)));
    version.map_or(true, |version: i64| version != 0)
}
