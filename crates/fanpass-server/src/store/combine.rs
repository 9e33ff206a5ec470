//! Users by the segments they are in and are not in: lists in the same order, walked side by side. What one list skips, no
//! other is read for.

use fanpass_model::{SegmentName, UserId};
use rusqlite::Connection;

use super::Store;
use super::error::{Fault, StoreError};
use super::lists::refuse_lacking;
use super::members::Members;
use super::part::{UserPart, step};
use super::segments::{find_served, no_segment, user_id};

/// Blocks that one part reads at most, some three million ids: what bounds its time.
const BLOCKS_A_PART: u32 = 20_000;

/// Users who are in each of `all`, in at least one of `any` where it names some, and in none of `none`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Combination {
    /// Segments that a user has to be in.
    pub all: Vec<SegmentName>,
    /// Segments of which a user has to be in one.
    pub any: Vec<SegmentName>,
    /// Segments that a user may not be in.
    pub none: Vec<SegmentName>,
}

impl Store {
    /// A part of the users that `combination` selects, behind `after`: at most `limit` of them, or, without a limit, how
    /// many there are. A part ends early where much was read for it; it may be empty.
    ///
    /// A combination without `all` and `any` selects nobody. A list published between two parts is taken up there.
    ///
    /// # Errors
    /// [`NotFound`](super::StoreErrorKind::NotFound) for a segment that does not exist;
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn combine(
        &self,
        combination: Combination,
        after: Option<&UserId>,
        limit: Option<u32>,
    ) -> Result<UserPart, StoreError> {
        let after = after.map_or_else(String::new, ToString::to_string);
        self.0
            .segments
            .read("combine segments", move |connection| {
                Lists::begin(connection, &combination, BLOCKS_A_PART, after.is_empty())?.part(after, limit)
            })
            .await
    }
}

/// What a place in the order is.
enum Place {
    Selected,
    PassedOver,
    /// The next id that may be selected is this one or behind it.
    Leap(String),
    End,
}

/// The lists of a combination, each at its place.
struct Lists<'c> {
    all: Vec<Members<'c>>,
    any: Vec<Members<'c>>,
    none: Vec<Members<'c>>,
    /// Blocks that may be read.
    blocks: u32,
}

impl<'c> Lists<'c> {
    /// Lists that have lost blocks are refused once for all parts: in the first one.
    fn begin(
        connection: &'c Connection,
        combination: &Combination,
        blocks: u32,
        is_first: bool,
    ) -> Result<Self, Fault> {
        let open = |names: &[SegmentName]| -> Result<Vec<Members<'c>>, Fault> {
            let mut lists = Vec::new();
            for name in names {
                let found = find_served(connection, name.as_str())?;
                let found = found.ok_or_else(|| no_segment(name.as_str()))?;
                if is_first {
                    refuse_lacking(connection, &found.0)?;
                }
                lists.push(found);
            }
            // The shortest leads: the others are only asked for what it has.
            lists.sort_by_key(|(_, members)| *members);
            Ok(lists.into_iter().map(|(lists, _)| Members::new(connection, lists)).collect())
        };
        let Combination { all, any, none } = combination;
        Ok(Self { all: open(all)?, any: open(any)?, none: open(none)?, blocks })
    }

    /// The part behind `after`: at most `limit` users, or, without a limit, how many there are.
    fn part(mut self, after: String, limit: Option<u32>) -> Result<UserPart, Fault> {
        let limit = limit.map(u64::from);
        let mut part = UserPart::default();
        // All ids up to `done` are decided; the next one is not less than `least`.
        let mut least = format!("{after}\0");
        let mut done = after;
        let mut id = String::new();
        loop {
            if !self.lead(&least, &mut id)? {
                return Ok(part);
            }
            match self.place(&id)? {
                Place::End => return Ok(part),
                Place::Selected if limit.is_some_and(|limit| part.count == limit) => {
                    part.next = Some(user_id(&done)?);
                    return Ok(part);
                }
                Place::Selected => {
                    part.count += 1;
                    if limit.is_some() {
                        part.users.push(user_id(&id)?);
                    }
                    step(&id, &mut least);
                }
                Place::PassedOver => step(&id, &mut least),
                Place::Leap(to) => least = to,
            }
            std::mem::swap(&mut done, &mut id);
            if self.is_long() {
                part.next = Some(user_id(&done)?);
                return Ok(part);
            }
        }
    }

    /// The first id that may be selected, not less than `least`; false if there is none.
    fn lead(&mut self, least: &str, id: &mut String) -> Result<bool, Fault> {
        let first = match self.all.first_mut() {
            Some(list) => list.from(least)?,
            None => lowest(&mut self.any, least)?,
        };
        match first {
            Some(first) => {
                first.clone_into(id);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// What becomes of an id that leads.
    fn place(&mut self, id: &str) -> Result<Place, Fault> {
        for list in self.all.iter_mut().skip(1) {
            match list.from(id)? {
                None => return Ok(Place::End),
                Some(found) if found != id => return Ok(Place::Leap(found.to_owned())),
                Some(_) => {}
            }
        }
        if !self.any.is_empty() {
            match lowest(&mut self.any, id)? {
                None => return Ok(Place::End),
                Some(found) if found != id => return Ok(Place::Leap(found.to_owned())),
                Some(_) => {}
            }
        }
        for list in &mut self.none {
            if list.from(id)? == Some(id) {
                return Ok(Place::PassedOver);
            }
        }
        Ok(Place::Selected)
    }

    /// Whether so much was read that the part has to end.
    fn is_long(&self) -> bool {
        let lists = [&self.all, &self.any, &self.none].into_iter().flatten();
        lists.map(Members::blocks_read).sum::<u32>() > self.blocks
    }
}

/// The lowest of the ids that lists have from `least` on.
pub(super) fn lowest<'m, 'c: 'm>(
    lists: impl IntoIterator<Item = &'m mut Members<'c>>,
    least: &str,
) -> Result<Option<&'m str>, Fault> {
    let mut lowest: Option<&str> = None;
    for list in lists {
        let found = list.from(least)?;
        lowest = match (lowest, found) {
            (Some(lowest), Some(found)) => Some(lowest.min(found)),
            (one, other) => one.or(other),
        };
    }
    Ok(lowest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::{ImportOptions, Imports};
    use crate::store::{Caller, Clock, Ids, Mode, RowReject};

    #[tokio::test]
    async fn parts_of_a_block_each_add_up_to_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Clock::system(), Ids::random()).unwrap();
        let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
        let name = |name: &str| SegmentName::new(name).unwrap();
        for (segment, step) in [("twos", 2_u32), ("threes", 3)] {
            let rows = (0..5_000).map(move |number| Ok::<_, RowReject>(format!("{:08}", number * step)));
            imports.publish(name(segment), Mode::Replace, rows, Caller::default()).await.unwrap();
        }
        let both = Combination { all: vec![name("twos"), name("threes")], ..Combination::default() };
        let (mut after, mut users, mut parts) = (String::new(), Vec::new(), 0);
        loop {
            let read =
                |connection: &Connection| Lists::begin(connection, &both, 2, false)?.part(after, Some(1_000));
            let part = store.0.segments.read_blocking("combine", read).unwrap();
            users.extend(part.users.iter().map(UserId::to_string));
            parts += 1;
            match part.next {
                Some(next) => after = next.to_string(),
                None => break,
            }
        }
        let expected: Vec<_> = (0..10_000).step_by(6).map(|number| format!("{number:08}")).collect();
        assert!(parts > 5, "{parts}");
        assert_eq!(users, expected);
    }
}
