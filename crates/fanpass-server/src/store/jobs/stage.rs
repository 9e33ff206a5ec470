//! How far an import is, and what it does with its rows: the words that stand in the database.

use crate::store::error::StoreError;
use crate::store::segments::malformed;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Durable, not begun.
    Received,
    /// Its rows are being read and checked.
    Validating,
    /// Its list is being written.
    Applying,
    /// Its list was published.
    Published,
    /// Nothing was changed.
    Failed,
    /// Nothing was changed, because somebody cancelled it.
    Cancelled,
}

impl Stage {
    const ALL: [Self; 6] =
        [Self::Received, Self::Validating, Self::Applying, Self::Published, Self::Failed, Self::Cancelled];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Validating => "validating",
            Self::Applying => "applying",
            Self::Published => "published",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Published | Self::Failed | Self::Cancelled)
    }

    pub(super) fn parse(word: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|stage| stage.as_str() == word);
        found.ok_or_else(|| malformed("import's stage is unknown"))
    }
}

/// What an import does to its segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Its ids become the whole membership.
    #[default]
    Replace,
    /// Its ids become members, beside those that are.
    Append,
    /// Its ids are members no more.
    Remove,
    /// No rows: an earlier version is served again.
    Rollback,
    /// No rows: the segment is gone.
    Delete,
}

impl Mode {
    const ALL: [Self; 5] = [Self::Replace, Self::Append, Self::Remove, Self::Rollback, Self::Delete];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Append => "append",
            Self::Remove => "remove",
            Self::Rollback => "rollback",
            Self::Delete => "delete",
        }
    }

    /// Whether what it makes depends on what was before.
    pub(crate) const fn builds_on(self) -> bool {
        matches!(self, Self::Append | Self::Remove)
    }

    pub(in crate::store) fn parse(word: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|mode| mode.as_str() == word);
        found.ok_or_else(|| malformed("import's mode is unknown"))
    }
}
