//! Folding: what waits in the overlay is written into the blocks it belongs to, some blocks at a time. Each step is whole by
//! itself: a reader finds a user in the one place or the other.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::block;
use super::overlay::Changed;
use super::place::Place;

/// Users that may wait in the overlay, whatever the number of all.
pub(super) const WAITING_MAX: i64 = 50_000;
/// Of so many users one may wait, where that is more.
pub(super) const USERS_A_WAITING: i64 = 50;
/// Blocks that one step writes.
const BLOCKS_A_STEP: u32 = 8;
/// Users that one step writes into one block.
const ROWS_A_BLOCK: u32 = 8_192;
/// Bytes after which a step takes no more for a block.
const BYTES_A_BLOCK: usize = 4 << 20;

/// A user of the overlay, to be merged into a block.
type Waiting = (Vec<u8>, Option<Vec<u8>>);

/// Folds users whose ids are not less than `from`; gives back where to go on, if there are more.
pub(super) fn some(connection: &Connection, from: &[u8]) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut from = from.to_vec();
    for _ in 0..BLOCKS_A_STEP {
        let first: Option<Vec<u8>> = connection
            .prepare_cached("SELECT id FROM overlay WHERE id >= ?1 ORDER BY id LIMIT 1")?
            .query_row([&from], |row| row.get(0))
            .optional()?;
        let Some(first) = first else { return Ok(None) };
        let place = place(connection, &first)?;
        let users = waiting(connection, &first, place.as_ref())?;
        if let Some((last, _)) = users.last() {
            connection
                .prepare_cached("DELETE FROM overlay WHERE id >= ?1 AND id <= ?2")?
                .execute([&first, last])?;
            // The least id that is greater.
            from.clone_from(last);
            from.push(0);
        }
        block::rewrite(connection, place.as_ref(), users)?;
    }
    Ok(Some(from))
}

/// The block that users with `id` belong to; the first one also takes those before it.
fn place(connection: &Connection, id: &[u8]) -> rusqlite::Result<Option<Place>> {
    match Place::holding(connection, id)? {
        None => Place::following(connection, id),
        holding => Ok(holding),
    }
}

/// Users from `first` on that belong into the block, as many as one step takes.
fn waiting(connection: &Connection, first: &[u8], place: Option<&Place>) -> rusqlite::Result<Vec<Waiting>> {
    let begin = place.map_or(first, |place| first.max(&place.first_id));
    let end = Place::following(connection, begin)?.map(|place| place.first_id);
    let mut statement =
        connection.prepare_cached(&format!("{} WHERE id >= ?1 ORDER BY id LIMIT ?2", Changed::ROW))?;
    let mut rows = statement.query(params![first, ROWS_A_BLOCK])?;
    let (mut users, mut bytes) = (Vec::new(), 0);
    while bytes < BYTES_A_BLOCK
        && let Some(row) = rows.next()?
    {
        let Changed { id, record } = Changed::read(row)?;
        if end.as_ref().is_some_and(|end| id.as_bytes() >= end.as_slice()) {
            break;
        }
        bytes += record.len();
        users.push((id.into_bytes(), Some(record)));
    }
    Ok(users)
}
