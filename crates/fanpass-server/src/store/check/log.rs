//! What must hold of a database's log: that no commit stands behind damage.

use std::path::Path;

use super::Check;
use crate::store::database::Design;
use crate::store::log::look;

/// What helps against a damaged log of a database that is not made of another.
pub(super) const RESTORE: &str = "copy the folder as it is; if the machine itself failed (power), what was being written was never \
     acknowledged, and fanpass serve --accept-damaged-log goes on without it; otherwise restore a snapshot: \
     fanpass restore FILE --replace";

/// Looks through the log of a database.
pub(super) fn check(check: &mut Check, data: &Path, design: &Design, next: &str) {
    let broken = match look(data, design, check.in_use) {
        Ok(Some(broken)) => broken,
        Ok(None) => return,
        Err(error) => return check.damage(design.log(), format!("it cannot be read further: {error}"), next),
    };
    let place = broken.place(design);
    if broken.commits > 0 {
        let what =
            format!("it is damaged, and SQLite reads no further; commits behind it: {}", broken.commits);
        check.damage(place, what, next);
    } else if !check.in_use {
        let what = "SQLite reads no further: a write was cut off, or the last commit is damaged";
        let next = format!("nothing if the service was killed: it was never acknowledged; otherwise {next}");
        check.notice(place, what, next);
    }
}
