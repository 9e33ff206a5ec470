//! What each operation does, a type each.

pub(super) mod attributes;
pub(super) mod combine;
pub(super) mod faults;
pub(super) mod imports;
pub(super) mod lookups;
pub(super) mod segments;
pub(super) mod tokens;
pub(super) mod users;
pub(super) mod versions;
