//! What each operation does, a type each.

pub(super) mod attributes;
pub(super) mod audiences;
pub(super) mod audit;
pub(super) mod combine;
pub(super) mod faults;
pub(super) mod forwarding;
pub(super) mod imports;
pub(super) mod keys;
pub(super) mod lookups;
pub(super) mod privacy;
pub(super) mod segments;
pub(super) mod settings;
pub(super) mod stored_users;
pub(super) mod tokens;
pub(super) mod users;
pub(super) mod versions;
