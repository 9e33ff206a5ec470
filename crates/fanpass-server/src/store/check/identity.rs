//! Whether both databases are of one data folder.

use std::path::Path;

use super::{Check, open};
use crate::store::identity::{Identity, PUT_BACK};
use crate::store::{SEGMENTS, SERVICE};

/// What cannot be read is told by the checks of what is in it.
pub(super) fn check(check: &mut Check, data: &Path) {
    let Ok(identity) = Identity::read(data, |design| open(check, data, design)) else { return };
    let place = format!("{}, {}", SEGMENTS.file, SERVICE.file);
    if let Some(what) = identity.mixture() {
        check.damage(place, what, PUT_BACK);
    } else if identity.is_unfinished() {
        check.notice(
            place,
            "a start that gave the folder its id was cut off",
            "the next start gives it the same one",
        );
    }
}
