//! What must hold of a database's log: that no commit stands behind damage.

use std::path::Path;

use super::Check;
use crate::store::database::Design;
use crate::store::log::look;

/// What helps against a damaged log of a database that is not made of another.
pub(super) const RESTORE: &str = "copy the folder as it is, then restore a snapshot: fanpass restore FILE --replace; or go on without \
     those commits: fanpass serve --accept-damaged-log";

/// Looks through the log of a database, and says whether no commit is lost in it.
pub(super) fn check(check: &mut Check, data: &Path, design: &Design, next: &str) -> bool {
    let broken = match look(data, design, check.in_use) {
        Ok(Some(broken)) => broken,
        Ok(None) => return true,
        Err(error) => {
            check.damage(design.log(), format!("it cannot be read further: {error}"), next);
            return false;
        }
    };
    let place = broken.place(design);
    let behind = match broken.commits {
        0 => "a write was cut off, or the last commit is damaged".to_owned(),
        commits => format!("there is a gap; commits behind it: {commits}"),
    };
    let what = format!("SQLite reads no further: {behind}");
    if broken.is_damage() {
        check.damage(place, what, next);
    } else if !check.in_use {
        let fine =
            "nothing if the service was killed or the machine failed (power): it was never acknowledged";
        check.notice(place, what, format!("{fine}; otherwise {next}"));
    }
    broken.commits == 0
}
