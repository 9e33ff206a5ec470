//! The modes of a segment's feed.

use serde::{Deserialize, Serialize};

/// What becomes of a segment's members when a feed is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SegmentMode {
    /// The file's ids are members, besides those that are.
    #[default]
    Add,
    /// The file's ids are members no more.
    Remove,
    /// The file's ids are the members, and nobody else.
    Replace,
    /// The file's ids are members; those that this feed listed before, also where they were members already, and that are not
    /// in the file any more are not, unless another feed of the segment lists them. Members that it never listed stay.
    MirrorOwned,
}

impl SegmentMode {
    /// Whether someone who is a member can be taken out.
    pub fn is_destructive(self) -> bool {
        self != Self::Add
    }

    /// Whether whoever its feed lists is to be a member.
    pub(super) fn puts_in(self) -> bool {
        self != Self::Remove
    }

    /// Whether who stands there is a member afterwards.
    pub(super) fn keeps(self, place: Place) -> bool {
        let Place { held, listed, gone } = place;
        match self {
            Self::Add => held || listed,
            Self::Remove => held && !listed,
            Self::Replace => listed,
            Self::MirrorOwned => listed || (held && !gone),
        }
    }
}

/// Where an id stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// It is a member.
    pub(super) held: bool,
    /// The file has it.
    pub(super) listed: bool,
    /// The feed listed it before, and now no feed does.
    pub(super) gone: bool,
}
