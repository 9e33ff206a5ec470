//! One list of ids: every block readable, every id valid, all in order, and as many as are counted.

use fanpass_model::UserId;
use fanpass_sorted::{BlockDamage, BlockReader};
use rusqlite::Connection;

use super::Check;

/// One list on its way through the check.
pub(super) struct List<'a> {
    /// What it is called in findings.
    pub(super) place: &'a str,
    /// How many blocks it has, if that is known.
    pub(super) blocks: Option<u64>,
    /// What to do about a damaged one.
    pub(super) next: &'a str,
}

impl List<'_> {
    /// Reads all of its blocks.
    pub(super) fn check(
        &self,
        check: &mut Check,
        connection: &Connection,
        list: i64,
    ) -> rusqlite::Result<()> {
        let mut statement = connection
            .prepare_cached("SELECT first_id, count, ids FROM blocks WHERE list = ?1 ORDER BY first_id")?;
        let mut rows = statement.query([list])?;
        let (mut number, mut before) = (0_u64, String::new());
        while let Some(row) = rows.next()? {
            number += 1;
            let (first, count) = (row.get_ref(0)?.as_blob()?, row.get::<_, u64>(1)?);
            let ids = row.get_ref(2)?.as_blob()?;
            let place = format!("{}, block {number}", self.place);
            match walk(ids, first, &mut before) {
                Ok(Walk { ids, wrong }) => {
                    if ids != count {
                        let what = format!("it holds {ids} ids and says {count}");
                        check.damage(place.clone(), what, self.next);
                    }
                    if let Some(what) = wrong {
                        check.damage(place, what, self.next);
                    }
                }
                Err(damage) => check.damage(place, damage.to_string(), self.next),
            }
        }
        if let Some(blocks) = self.blocks.filter(|blocks| *blocks != number) {
            check.damage(self.place, format!("it has {number} blocks of {blocks}"), self.next);
        }
        Ok(())
    }
}

/// What a block holds, and the first thing that is wrong with its ids.
struct Walk {
    ids: u64,
    wrong: Option<&'static str>,
}

/// Reads a block's ids; `last` is the one before, and the last of them afterwards.
fn walk(block: &[u8], first: &[u8], last: &mut String) -> Result<Walk, BlockDamage> {
    let mut reader = BlockReader::new(block)?;
    let mut walk = Walk { ids: 0, wrong: None };
    while let Some(id) = reader.next_id()? {
        let wrong = if !last.is_empty() && id <= last.as_str() {
            Some("its ids are not in ascending order")
        } else if walk.ids == 0 && id.as_bytes() != first {
            Some("its first id is not the one that it is found by")
        } else if UserId::validate(id).is_err() {
            Some("it holds an id that is not valid")
        } else {
            None
        };
        walk.wrong = walk.wrong.or(wrong);
        walk.ids += 1;
        id.clone_into(last);
    }
    Ok(walk)
}
