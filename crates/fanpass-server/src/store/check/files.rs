//! What must hold of the files themselves: secrets that their owner alone can read, and nothing left over.

use std::fs;
use std::path::Path;

use super::Check;
use crate::auth::key_files::{self, KEY_BYTES};
use crate::store::audit::is_journal;
use crate::store::contents::database_files;
use crate::store::folder::{DEVELOPMENT_TOKEN, LOCK, SPOOL, TEMPORARY};
use crate::store::snapshot::GA4_SECRET;

/// Files beside keys and databases that hold what is nobody else's business.
const PRIVATE: [&str; 3] = [DEVELOPMENT_TOKEN, GA4_SECRET, LOCK];
/// Folders that the service makes.
const FOLDERS: [&str; 2] = [SPOOL, TEMPORARY];

pub(super) fn check(check: &mut Check, data: &Path) {
    let keys = key_files::files(data).unwrap_or_else(|error| {
        check.damage(
            key_files::FOLDER,
            error.to_string(),
            "mend it: no service starts on the folder as it is",
        );
        Vec::new()
    });
    for name in FOLDERS {
        private(check, data, name, "700");
    }
    for name in PRIVATE.map(str::to_owned).into_iter().chain(database_files()).chain(others(data)) {
        private(check, data, &name, "600");
    }
    for name in &keys {
        private(check, data, name, "600");
        let Ok(file) = fs::metadata(data.join(name)) else { continue };
        if !usize::try_from(file.len()).is_ok_and(|bytes| bytes == KEY_BYTES) {
            let what = format!("it has {} bytes and not {KEY_BYTES}", file.len());
            check.damage(name, what, "restore it, or delete it, which makes its tokens worthless");
        }
    }
    if check.in_use {
        return;
    }
    let left = fs::read_dir(data.join(TEMPORARY)).into_iter().flatten().count();
    if left > 0 {
        check.notice(TEMPORARY, format!("{left} files are left over"), "the next start removes them");
    }
}

/// Reports what others than its owner can get at.
fn private(check: &mut Check, data: &Path, name: &str, wanted: &str) {
    if let Some(mode) = fs::metadata(data.join(name)).ok().as_ref().and_then(open_to_others) {
        let what = format!("its mode is {mode:o}: others than its owner can get at it");
        check.damage(name, what, format!("chmod {wanted} {}", data.join(name).display()));
    }
}

/// Uploads that wait, and journals of the audit.
fn others(data: &Path) -> Vec<String> {
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok())
    };
    let uploads = names(&data.join(SPOOL)).map(|name| format!("{SPOOL}/{name}"));
    uploads.chain(names(data).filter(|name| is_journal(name))).collect()
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
