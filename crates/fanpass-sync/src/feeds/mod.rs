//! The configuration file: which sources feed which segments and attributes, and within which bounds.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use fanpass_model::{AttributeKey, SegmentName};
use serde::{Deserialize, Serialize};

pub use self::source::{AttributeFeed, AttributeMode, RejectsOf, SegmentFeed};
use crate::seen::seen_from;
use crate::{ErrorKind, Guards, SegmentMode, SyncError};

/// Feeds of one FanPass, as a configuration file holds them. Paths in it are relative to the file's folder.
///
/// ```
/// let feeds: fanpass_sync::Feeds = toml::from_str(r#"
///     target = { profile = "club" }
///     guards = { shrink = 10 }
///
///     [[segment]]
///     name = "season-ticket-holders"
///     file = "exports/holders.csv"
///     mode = "mirror-owned"
///
///     [[attributes]]
///     name = "crm"
///     file = "exports/fans.xlsx"
///     read = { sheet = "Fans" }
///     id = "fan_id"
///     map = ["tier=custom.loyalty_tier"]
/// "#)?;
/// feeds.check()?;
/// assert_eq!(feeds.segments[0].label(), "season-ticket-holders");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Feeds {
    /// Where to send; options of the command line win.
    pub target: FeedTarget,
    /// The ledger; `None` is the configuration file's name with `.ledger` in the place of its extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<PathBuf>,
    /// Folder for rows that did not arrive; `None` is `rejects`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejects: Option<PathBuf>,
    /// File of the attributes that users may carry, to check mappings and rows against in the place of the FanPass's own
    /// list; the command line wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes_file: Option<PathBuf>,
    /// Requests a second at most; the command line wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<NonZeroU32>,
    /// Ids a second at most, over all feeds; the command line wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids_rate: Option<NonZeroU32>,
    /// Bounds for all feeds that do not state their own.
    pub guards: Guards,
    /// Sources of ids.
    #[serde(rename = "segment")]
    pub segments: Vec<SegmentFeed>,
    /// Sources of attributes.
    pub attributes: Vec<AttributeFeed>,
}

/// The FanPass that feeds go to; at most one of `local`, `domain` and `profile`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FeedTarget {
    /// The service inside the tool.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub local: bool,
    /// Folder of the local service's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// A host or a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// A stored profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

impl Feeds {
    /// The names of all feeds, segments first.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let attributes = self.attributes.iter().map(|feed| feed.name.as_str());
        self.segments.iter().map(SegmentFeed::label).chain(attributes)
    }

    /// The run whose rejects they are, for the feed of a reject file.
    pub fn rejects_of(&self) -> Option<&RejectsOf> {
        let segments = self.segments.iter().filter_map(|feed| feed.rejects_of.as_ref());
        segments.chain(self.attributes.iter().filter_map(|feed| feed.rejects_of.as_ref())).next()
    }

    /// Each segment and its feeds, which build upon one another in this order.
    pub fn by_segment(&self) -> Vec<(&SegmentName, Vec<&SegmentFeed>)> {
        let mut segments: Vec<(&SegmentName, Vec<&SegmentFeed>)> = Vec::new();
        for feed in &self.segments {
            match segments.iter_mut().find(|(name, _)| **name == feed.name) {
                Some((_, feeds)) => feeds.push(feed),
                None => segments.push((&feed.name, vec![feed])),
            }
        }
        segments
    }

    /// Checks what needs no file: names are there and differ, mappings do not contradict themselves, and each feed is for
    /// itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Syntax`], and those of [`Mapping::check`](crate::Mapping::check).
    pub fn check(&self) -> Result<(), SyncError> {
        let mut labels = BTreeSet::new();
        for label in self.labels() {
            if label.trim().is_empty() {
                return Err(SyncError::syntax("a feed has an empty name; name it"));
            }
            if !labels.insert(label) {
                let message =
                    format!("two feeds are named {label:?}; give one another name, by `feed` or `name`");
                return Err(SyncError::new(ErrorKind::Syntax, message));
            }
        }
        if labels.is_empty() {
            return Err(SyncError::syntax("there is no feed; add a [[segment]] or [[attributes]] table"));
        }
        for feed in self.segments.iter().filter(|feed| feed.mode == SegmentMode::Replace) {
            if self.segments.iter().filter(|other| other.name == feed.name).count() > 1 {
                let message = format!(
                    "feed {:?} replaces segment {:?}, into which another feed puts ids: each would undo the other; use \
                     `mirror-owned` for both",
                    feed.label(),
                    feed.name.as_str()
                );
                return Err(SyncError::syntax(message));
            }
        }
        if self.rejects_of().is_some() {
            return Err(SyncError::syntax("`rejects-of` is for the file beside a reject file; leave it out"));
        }
        let FeedTarget { local, domain, profile, .. } = &self.target;
        if usize::from(*local) + usize::from(domain.is_some()) + usize::from(profile.is_some()) > 1 {
            return Err(SyncError::syntax(
                "`target` names several of `local`, `domain` and `profile`; keep one",
            ));
        }
        self.attributes.iter().try_for_each(|feed| {
            feed.mapping().check().map_err(|error| error.at(format!("feed {:?}", feed.name)))
        })?;
        self.check_writers()
    }

    /// The attributes that several feeds write, with the names of those feeds.
    pub fn shared_keys(&self) -> BTreeMap<AttributeKey, Vec<&str>> {
        let mut writers: BTreeMap<AttributeKey, Vec<&str>> = BTreeMap::new();
        for feed in &self.attributes {
            for key in feed.mapping().keys() {
                writers.entry(key.clone()).or_default().push(&feed.name);
            }
        }
        writers.retain(|_, feeds| feeds.len() > 1);
        writers
    }

    /// Who mirrors would take off what another feed has set.
    fn check_writers(&self) -> Result<(), SyncError> {
        let mirrors = |name: &&&str| {
            let named = |feed: &&AttributeFeed| feed.name == **name;
            self.attributes.iter().find(named).is_some_and(|feed| feed.mode == AttributeMode::MirrorOwned)
        };
        for (key, feeds) in self.shared_keys() {
            if let Some(mirror) = feeds.iter().find(mirrors) {
                let message = format!(
                    "{key} is written by the feeds {feeds:?}, and {mirror:?}, which is `mirror-owned`, would take off users what \
                     another one gives them: leave the attribute to one feed"
                );
                return Err(SyncError::syntax(message));
            }
        }
        Ok(())
    }

    /// The same feeds with paths that are relative to `folder`, where the file lies, made whole.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Self {
        let files = self.segments.iter_mut().map(|feed| &mut feed.file);
        for path in files.chain(self.attributes.iter_mut().map(|feed| &mut feed.file)) {
            *path = folder.join(&*path);
        }
        self.surroundings().for_each(|path| *path = folder.join(&*path));
        self
    }

    /// The same feeds with the paths of all but their files as seen from `folder`, where the file will lie, so that both can be
    /// moved together. One that has nothing in common with it, or is not there, is absolute.
    #[must_use]
    pub fn seen_from(mut self, folder: &Path) -> Self {
        self.surroundings().for_each(|path| *path = seen_from(folder, path));
        self
    }

    /// What stands beside the feeds: ledger, rejects, attributes, data.
    fn surroundings(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let paths = self.ledger.iter_mut().chain(&mut self.rejects).chain(&mut self.attributes_file);
        paths.chain(&mut self.target.data)
    }
}
