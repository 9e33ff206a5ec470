//! What several sources say of the same attributes of the same users, to find where they disagree.

use std::fmt;
use std::path::Path;

use fanpass_model::{AttributeKey, UserId, UserProperties};
use fanpass_sorted::Sorter;

use super::fingerprint::Fingerprints;
use crate::SyncError;

/// Bytes of values that are sorted in memory at a time; more is spilled.
const CHUNK_BYTES: usize = 16 << 20;

/// Takes the updates of several sources, and finds users to whose attribute two of them give different values: each would
/// undo the other, run after run.
///
/// Of several updates of one user in one source the last value counts. Memory: 16 MiB.
pub struct Contradictions {
    fingerprints: Fingerprints,
    sorter: Sorter,
    keys: Vec<AttributeKey>,
    updates: u64,
    entry: Vec<u8>,
}

/// Sources that disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contradiction {
    /// The first such user, in byte order.
    pub user: String,
    /// The attribute of that user.
    pub key: AttributeKey,
    /// The numbers of both sources.
    pub sources: [usize; 2],
    /// How often a source contradicts another.
    pub count: u64,
}

impl Contradictions {
    pub(super) fn new(fingerprints: Fingerprints, keys: Vec<AttributeKey>, folder: &Path) -> Self {
        Self { fingerprints, sorter: Sorter::new(folder, CHUNK_BYTES), keys, updates: 0, entry: Vec::new() }
    }

    /// Takes the next update of a source, and of it the attributes that are looked at.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no room to spill.
    pub fn add(
        &mut self,
        source: usize,
        user: &UserId,
        properties: &UserProperties,
    ) -> Result<(), SyncError> {
        let prints = self.fingerprints.of(user);
        for (place, key) in (0_u64..).zip(&self.keys) {
            let Some(value) = properties.get(key.as_str()) else { continue };
            let source = u64::try_from(source).unwrap_or(u64::MAX);
            self.entry.clear();
            self.entry.extend_from_slice(user.as_str().as_bytes());
            // No id holds it, so that all entries of one stand together.
            self.entry.push(0);
            for number in [place, source, self.updates, prints.value(key, value)] {
                self.entry.extend(number.to_be_bytes());
            }
            self.sorter.push(&self.entry)?;
        }
        self.updates += 1;
        Ok(())
    }

    /// Where sources disagree, if they do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn finish(self) -> Result<Option<Contradiction>, SyncError> {
        let mut found = Disagreements { keys: self.keys, before: None, now: None, contradiction: None };
        self.sorter.finish(|entry| {
            found.take(entry);
            Ok::<_, SyncError>(())
        })?;
        found.close();
        Ok(found.contradiction)
    }
}

/// What a source says of one attribute of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Saying {
    user: Vec<u8>,
    place: u64,
    source: u64,
    value: u64,
}

impl Saying {
    fn from_bytes(entry: &[u8]) -> Option<Self> {
        let (rest, value) = entry.split_last_chunk()?;
        let (rest, _update) = rest.split_last_chunk::<8>()?;
        let (rest, source) = rest.split_last_chunk()?;
        let (rest, place) = rest.split_last_chunk()?;
        let [place, source, value] = [place, source, value].map(|number| u64::from_be_bytes(*number));
        Some(Self { user: rest.strip_suffix(&[0])?.to_vec(), place, source, value })
    }

    fn is_of_same(&self, other: &Self) -> bool {
        self.place == other.place && self.user == other.user
    }
}

/// Takes sayings by user and attribute, each source's in its own order.
struct Disagreements {
    keys: Vec<AttributeKey>,
    /// What the source before says at its end.
    before: Option<Saying>,
    /// What the source at hand said last.
    now: Option<Saying>,
    contradiction: Option<Contradiction>,
}

impl Disagreements {
    fn take(&mut self, entry: &[u8]) {
        let Some(next) = Saying::from_bytes(entry) else { return };
        let goes_on = |now: &Saying| now.is_of_same(&next) && now.source == next.source;
        if !self.now.as_ref().is_some_and(goes_on) {
            self.close();
        }
        self.now = Some(next);
    }

    /// Ends the source at hand.
    fn close(&mut self) {
        let Some(now) = self.now.take() else { return };
        let contradicted = |before: &&Saying| before.is_of_same(&now) && before.value != now.value;
        if let Some(before) = self.before.as_ref().filter(contradicted) {
            let place = usize::try_from(now.place).unwrap_or(usize::MAX);
            match (&mut self.contradiction, self.keys.get(place)) {
                (Some(contradiction), _) => contradiction.count += 1,
                (None, Some(key)) => {
                    let sources = [before.source, now.source];
                    self.contradiction = Some(Contradiction {
                        user: String::from_utf8_lossy(&now.user).into_owned(),
                        key: key.clone(),
                        sources: sources.map(|source| usize::try_from(source).unwrap_or(usize::MAX)),
                        count: 1,
                    });
                }
                (None, None) => {}
            }
        }
        self.before = Some(now);
    }
}

impl fmt::Debug for Contradictions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contradictions").field("keys", &self.keys).finish_non_exhaustive()
    }
}
