//! What must hold of the signing keys: each file has the key that `service.db` knows.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::Check;
use crate::auth::key_files::{self, KEY_BYTES, OTHER_KEY, REPLACED, thumbprint};
use crate::store::keys::known;

pub(super) fn check(check: &mut Check, connection: &Connection, data: &Path) -> rusqlite::Result<()> {
    for (name, known) in known(connection)? {
        let path = key_files::place_of(data, &name);
        let place = path.strip_prefix(data).unwrap_or(&path).display().to_string();
        // What is no key, or not there, is told elsewhere.
        if fs::read(path).is_ok_and(|key| key.len() == KEY_BYTES && thumbprint(&key) != known) {
            check.damage(place, OTHER_KEY, REPLACED);
        }
    }
    Ok(())
}
