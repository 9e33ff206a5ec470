//! What a feed of a configuration file says of its source.

use std::path::PathBuf;

use fanpass_model::SegmentName;
use serde::{Deserialize, Serialize};

use crate::{Absent, ColumnMap, Constant, Guards, Mapping, Reading, RunId, SegmentMode};

/// A source of ids for a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SegmentFeed {
    /// The segment.
    pub name: SegmentName,
    /// The feed's own name, where several feed one segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// The file.
    pub file: PathBuf,
    /// How to read it.
    #[serde(default)]
    pub read: Reading,
    /// The column of the ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What becomes of the members.
    #[serde(default)]
    pub mode: SegmentMode,
    /// Where they come from, for ids that were rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects_of: Option<RejectsOf>,
    /// Bounds of this feed.
    #[serde(default)]
    pub guards: Guards,
}

impl SegmentFeed {
    /// The feed's name: its own, or the segment's.
    pub fn label(&self) -> &str {
        self.feed.as_deref().unwrap_or_else(|| self.name.as_str())
    }

    /// The feed whose own the ids become: itself if it mirrors, for its rejects the one that rejected them.
    pub fn owner(&self) -> Option<&str> {
        if self.mode == SegmentMode::MirrorOwned {
            return Some(self.label());
        }
        self.rejects_of.as_ref().and_then(RejectsOf::owner)
    }
}

/// What becomes of users who are not in the source any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeMode {
    /// They keep their attributes.
    #[default]
    Set,
    /// The feed's attributes are taken off those whom this feed has written before.
    MirrorOwned,
}

/// A source of attributes of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AttributeFeed {
    /// The feed's name.
    pub name: String,
    /// The file.
    pub file: PathBuf,
    /// How to read it.
    #[serde(default)]
    pub read: Reading,
    /// See [`Mapping::id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// See [`Mapping::map`].
    #[serde(default)]
    pub map: Vec<ColumnMap>,
    /// See [`Mapping::set`].
    #[serde(default)]
    pub set: Vec<Constant>,
    /// See [`Mapping::blank`].
    #[serde(default)]
    pub blank: Absent,
    /// See [`Mapping::null`].
    #[serde(default)]
    pub null: Absent,
    /// See [`Mapping::nulls`].
    #[serde(default)]
    pub nulls: Vec<String>,
    /// What becomes of users who are not in the file any more.
    #[serde(default)]
    pub mode: AttributeMode,
    /// Where they come from, for rows that were rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects_of: Option<RejectsOf>,
    /// Bounds of this feed.
    #[serde(default)]
    pub guards: Guards,
}

impl AttributeFeed {
    /// How its columns become attributes.
    pub fn mapping(&self) -> Mapping {
        let Self { id, map, set, blank, null, nulls, .. } = self.clone();
        Mapping { id, map, set, blank, null, nulls }
    }

    /// The feed whose own the users become: itself if it mirrors, for its rejects the one that rejected them.
    pub fn owner(&self) -> Option<&str> {
        if self.mode == AttributeMode::MirrorOwned {
            return Some(&self.name);
        }
        self.rejects_of.as_ref().and_then(RejectsOf::owner)
    }
}

/// Where rejected rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RejectsOf {
    /// The [identity](crate::Ledger::identity) of the ledger beside which they were rejected.
    #[serde(default)]
    pub ledger: String,
    /// What was run, as the ledger knows it.
    pub feed: String,
    /// The run that rejected them; where nothing was sent, the latest that the ledger had.
    pub run: RunId,
    /// The SHA-256 of the file in which they stood.
    #[serde(default)]
    pub digest: String,
    /// The [session](crate::Ledger::session) of the command that rejected them.
    #[serde(default)]
    pub session: String,
    /// Whether whoever is put in or written belongs to that feed from then on, as it mirrors.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owned: bool,
}

impl RejectsOf {
    fn owner(&self) -> Option<&str> {
        self.owned.then_some(&self.feed)
    }
}
