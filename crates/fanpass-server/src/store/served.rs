//! Where the members of segments are that were asked for lately, so that a look-up reads their blocks and nothing else.
//!
//! Lists never change and are deleted only once no version names them. So what was read of the database holds until a commit
//! gives a segment another version; such a commit holds a [`Change`] from before it writes until it is done.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::members::Lists;

/// Segments that are remembered at most.
const REMEMBERED_MAX: usize = 1_024;

/// The lists of segments as they are served. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Served(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    lists: HashMap<String, Arc<Lists>>,
    /// Changes under way; nothing is remembered meanwhile.
    changing: u32,
    /// Begins and ends of changes so far.
    turns: u64,
}

/// When something was looked up, in turns of [`Served`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn(u64);

impl Served {
    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lists of a segment, if they are remembered.
    pub(super) fn get(&self, segment: &str) -> (Turn, Option<Arc<Lists>>) {
        let known = self.read();
        (Turn(known.turns), known.lists.get(segment).map(Arc::clone))
    }

    /// Whether no change has begun since: lists from then are what is served, with all their blocks.
    pub(super) fn stands(&self, since: Turn) -> bool {
        self.read().turns == since.0
    }

    /// Remembers lists that were read of the database after `since`, unless they may have changed meanwhile.
    pub(super) fn remember(&self, since: Turn, lists: Lists) {
        let mut known = self.write();
        if known.changing > 0 || known.turns != since.0 {
            return;
        }
        if known.lists.len() >= REMEMBERED_MAX {
            known.lists.clear();
        }
        known.lists.insert(lists.segment.clone(), Arc::new(lists));
    }

    /// Forgets all for as long as what it gives back lives: to be held until the commit that changes a segment is done.
    pub(super) fn change(&self) -> Change {
        let mut known = self.write();
        known.lists.clear();
        known.changing += 1;
        known.turns += 1;
        Change(self.clone())
    }
}

/// A commit under way that changes which lists are served.
#[derive(Debug)]
pub(super) struct Change(Served);

impl Drop for Change {
    fn drop(&mut self) {
        let mut known = self.0.write();
        known.changing -= 1;
        known.turns += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Lists, Served};

    fn lists(base: i64) -> Lists {
        Lists { segment: "cup".to_owned(), base, added: None, removed: None }
    }

    #[test]
    fn nothing_is_remembered_of_a_time_when_a_change_was_under_way() {
        let served = Served::default();
        let remembered = |since, base| {
            served.remember(since, lists(base));
            served.get("cup").1.map(|lists| lists.base)
        };
        let (start, nothing) = served.get("cup");
        assert_eq!(nothing, None);
        assert_eq!(remembered(start, 1), Some(1));
        assert!(served.stands(start));

        let change = served.change();
        assert!(!served.stands(start), "what is being read is not to be told");
        assert_eq!(remembered(start, 1), None);
        let (during, _) = served.get("cup");
        assert_eq!(remembered(during, 2), None);
        let other = served.change();
        drop(change);
        assert_eq!(remembered(during, 2), None, "read before the commit, maybe");
        let (between, _) = served.get("cup");
        assert_eq!(remembered(between, 2), None, "the other is still under way");
        drop(other);
        assert_eq!(remembered(between, 2), None);
        let (after, _) = served.get("cup");
        assert_eq!(remembered(after, 3), Some(3));
    }
}
