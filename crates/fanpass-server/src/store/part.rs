//! A part of the users that are looked for, and the order that parts follow.

use fanpass_model::UserId;

/// A part of the users that are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPart {
    /// The users, in byte order; none where they are only counted.
    pub users: Vec<UserId>,
    /// How many there are in this part.
    pub count: u64,
    /// The id behind which the next part begins; absent in the last one.
    pub next: Option<UserId>,
}

/// Makes `least` the least text that is greater than `id`.
pub(super) fn step(id: &str, least: &mut String) {
    id.clone_into(least);
    least.push('\0');
}
