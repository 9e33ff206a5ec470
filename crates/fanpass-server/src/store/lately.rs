//! What was looked up lately, in memory: the lists of segments, as they are until the next commit, and blocks of lists, which never
//! change. A look-up that finds all of it here asks SQLite for nothing.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use fanpass_sorted::{BlockDamage, BlockReader};
use rusqlite::{Connection, params};

use super::commits::Moment;
use super::error::Fault;
use super::members::{Lists, damaged, is_member, of_block};

/// Bytes that blocks take at most, half of them for those that were asked for last.
const BYTES_MAX: usize = 32 << 20;
/// What a block takes beside its ids, about.
const BESIDE_IDS: usize = 200;
/// Segments whose lists are kept at most.
const SEGMENTS_MAX: usize = 4_096;

/// A block of a list, and the first id behind it: no other block of the list has an id between. Before the first block of all stands none.
#[derive(Debug)]
struct Stretch {
    first: Vec<u8>,
    until: Option<Vec<u8>>,
    /// None before the first block of a list.
    block: Option<BlockReader<Vec<u8>>>,
    /// What it takes of the room, about.
    bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Lately {
    segments: RwLock<Segments>,
    blocks: RwLock<Blocks>,
}

#[derive(Debug, Default)]
struct Segments {
    /// When they were so.
    at: Option<Moment>,
    lists: HashMap<String, Lists>,
}

/// The blocks that were asked for last, and those before: once the young take half of the room, the old ones go.
#[derive(Debug, Default)]
struct Blocks {
    young: Shelf,
    old: Shelf,
}

#[derive(Debug, Default)]
struct Shelf {
    /// By their lists, and by their first ids.
    lists: HashMap<i64, BTreeMap<Vec<u8>, Stretch>>,
    bytes: usize,
}

impl Lately {
    /// Whether a segment had a member at that moment, if what tells it is here.
    pub(super) fn has(&self, at: Moment, segment: &str, user: &str) -> Option<bool> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let lists = segments.lists.get(segment).filter(|_| segments.at == Some(at))?;
        let lists = [Some(lists.base), lists.added, lists.removed];
        let holds = |list: Option<i64>| list.map_or(Some(false), |list| self.holds(list, user)).ok_or(());
        is_member(lists, holds).ok()
    }

    fn holds(&self, list: i64, user: &str) -> Option<bool> {
        let blocks = self.blocks.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(young) = blocks.young.find(list, user) {
            return young.has(user).ok();
        }
        let found = blocks.old.find(list, user)?.has(user).ok();
        drop(blocks);
        let _gone = self.blocks.write().unwrap_or_else(PoisonError::into_inner).renew(list, user);
        found
    }

    /// Keeps what was found at that moment.
    pub(super) fn keep(&self, at: Moment, found: Found) {
        let Found { lists, read, .. } = found;
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        if segments.at != Some(at) || segments.lists.len() >= SEGMENTS_MAX {
            segments.lists.clear();
            segments.at = Some(at);
        }
        segments.lists.insert(lists.segment.clone(), lists);
        drop(segments);
        // Thousands of blocks take their time to be given back, for which nobody should wait.
        let _gone: Vec<Shelf> = {
            let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
            read.into_iter().filter_map(|(list, stretch)| blocks.put(list, stretch)).collect()
        };
    }
}

/// What the database says of a user in a segment.
#[derive(Debug)]
pub(super) struct Found {
    lists: Lists,
    /// The blocks that told it, with their lists.
    read: Vec<(i64, Stretch)>,
    pub(super) member: bool,
}

/// Of a list the first id of the block that would contain the user `?1`, the first id behind that block, and the block.
macro_rules! stretch {
    ($list:literal) => {
        concat!(
            of_block!("first_id", $list),
            ", (SELECT first_id FROM blocks WHERE blocks.list = versions.",
            $list,
            " AND first_id > ?1 ORDER BY first_id LIMIT 1)",
            of_block!("ids", $list)
        )
    };
}

const FIND: &str = concat!(
    "SELECT base, added, removed",
    stretch!("base"),
    stretch!("added"),
    stretch!("removed"),
    " FROM segments JOIN versions USING (import) WHERE name = ?2"
);

impl Found {
    /// Looks for the user by one statement; none if there is no such segment.
    pub(super) fn look(connection: &Connection, segment: &str, user: &str) -> Result<Option<Self>, Fault> {
        let mut statement = connection.prepare_cached(FIND)?;
        let mut rows = statement.query(params![user.as_bytes(), segment])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let (base, added, removed) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let mut read = Vec::new();
        let holds = |(list, column): (Option<i64>, usize)| -> Result<bool, Fault> {
            let Some(list) = list else { return Ok(false) };
            let stretch = Stretch::new(row.get(column)?, row.get(column + 1)?, row.get(column + 2)?);
            let has = stretch.and_then(|stretch| Ok((stretch.has(user)?, stretch)));
            let (has, stretch) = has.map_err(|damage| damaged(segment, damage))?;
            read.push((list, stretch));
            Ok(has)
        };
        let member = is_member([(Some(base), 3), (added, 6), (removed, 9)], holds)?;
        let lists = Lists { segment: segment.to_owned(), base, added, removed };
        Ok(Some(Self { lists, read, member }))
    }
}

impl Blocks {
    /// Keeps a block among the young; gives back those that go for it.
    fn put(&mut self, list: i64, stretch: Stretch) -> Option<Shelf> {
        self.young.put(list, stretch);
        if self.young.bytes <= BYTES_MAX / 2 {
            return None;
        }
        let young = std::mem::take(&mut self.young);
        Some(std::mem::replace(&mut self.old, young))
    }

    /// Takes a block among the young that was asked for again.
    fn renew(&mut self, list: i64, user: &str) -> Option<Shelf> {
        let stretch = self.old.take(list, user)?;
        self.put(list, stretch)
    }
}

impl Shelf {
    /// The block that has `user` if its list has.
    fn find(&self, list: i64, user: &str) -> Option<&Stretch> {
        let at_most = (Bound::Unbounded, Bound::Included(user.as_bytes()));
        let (_, stretch) = self.lists.get(&list)?.range::<[u8], _>(at_most).next_back()?;
        let behind = stretch.until.as_deref().is_some_and(|until| until <= user.as_bytes());
        (!behind).then_some(stretch)
    }

    fn put(&mut self, list: i64, stretch: Stretch) {
        self.bytes += stretch.bytes;
        let before = self.lists.entry(list).or_default().insert(stretch.first.clone(), stretch);
        self.bytes -= before.map_or(0, |before| before.bytes);
    }

    fn take(&mut self, list: i64, user: &str) -> Option<Stretch> {
        let first = self.find(list, user)?.first.clone();
        let taken = self.lists.get_mut(&list)?.remove(&first)?;
        self.bytes -= taken.bytes;
        Some(taken)
    }
}

impl Stretch {
    fn new(
        first: Option<Vec<u8>>,
        until: Option<Vec<u8>>,
        block: Option<Vec<u8>>,
    ) -> Result<Self, BlockDamage> {
        let first = first.unwrap_or_default();
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let bytes = 2 * first.len() + length(&until) + length(&block) + BESIDE_IDS;
        Ok(Self { first, until, block: block.map(BlockReader::new).transpose()?, bytes })
    }

    /// Whether its list has `user`.
    fn has(&self, user: &str) -> Result<bool, BlockDamage> {
        self.block.as_ref().map_or(Ok(false), |block| block.contains(user))
    }
}
