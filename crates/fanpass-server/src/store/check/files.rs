//! What must hold of the files themselves: secrets that their owner alone can read, and nothing left over.

use std::fs;
use std::path::Path;

use super::Check;
use crate::auth::keys::{self, KEY_BYTES};
use crate::store::columns::COLUMNS;
use crate::store::snapshot::GA4_SECRET;
use crate::store::{SEGMENTS, SERVICE};

/// Files beside the keys that hold what is nobody else's business.
const PRIVATE: [&str; 5] = ["dev-token", GA4_SECRET, SEGMENTS.file, SERVICE.file, COLUMNS.file];

pub(super) fn check(check: &mut Check, data: &Path) {
    let keys = keys::files(data).unwrap_or_else(|error| {
        check.damage(keys::FOLDER, error.to_string(), "mend it: no service starts on the folder as it is");
        Vec::new()
    });
    for name in keys.iter().map(String::as_str).chain(PRIVATE) {
        let Ok(file) = fs::metadata(data.join(name)) else { continue };
        if let Some(mode) = open_to_others(&file) {
            let what = format!("its mode is {mode:o}: others than its owner can get at it");
            let next = format!("chmod 600 {}", data.join(name).display());
            check.damage(name, what, next);
        }
        let is_key = keys.iter().any(|key| key == name);
        if is_key && !usize::try_from(file.len()).is_ok_and(|bytes| bytes == KEY_BYTES) {
            let what = format!("it has {} bytes and not {KEY_BYTES}", file.len());
            check.damage(name, what, "restore it, or delete it, which makes its tokens worthless");
        }
    }
    if check.in_use {
        return;
    }
    let left = fs::read_dir(data.join("temporary")).into_iter().flatten().count();
    if left > 0 {
        check.notice("temporary", format!("{left} files are left over"), "the next start removes them");
    }
}

#[cfg(unix)]
fn open_to_others(file: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = file.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_: &fs::Metadata) -> Option<u32> {
    None
}
