//! The ids of a block, taken out of their pieces as far as they are asked for.

use fanpass_sorted::BlockReader;
use rusqlite::{Connection, Row, params};

use super::damage::damaged;
use super::place::Place;
use super::seal::Seal;

/// A place among the ids of a block, which only moves on.
#[derive(Debug)]
pub(crate) struct Ids {
    block: i64,
    pieces: Vec<Piece>,
    /// How many of the pieces were begun.
    begun: usize,
    reader: Option<BlockReader<Vec<u8>>>,
    /// The place of the id that is read next; the one before is in `id`.
    next: usize,
    id: String,
    users: usize,
}

#[derive(Debug)]
struct Piece {
    /// The place of its first id.
    first: usize,
    ids: Vec<u8>,
    seal: u32,
}

/// Stores a piece of the ids of a block, the first of them at a place.
pub(super) fn insert(connection: &Connection, block: i64, first: usize, ids: &[u8]) -> rusqlite::Result<()> {
    let place = start(block) + i64::try_from(first).unwrap_or(i64::MAX);
    connection
        .prepare_cached("INSERT INTO ids (place, ids, seal) VALUES (?1, ?2, ?3)")?
        .execute(params![place, ids, seal(place, ids).finish()])
        .map(drop)
}

/// Deletes the ids of a block.
pub(super) fn delete(connection: &Connection, block: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM ids WHERE place >= ?1 AND place < ?2")?
        .execute([start(block), start(block + 1)])
        .map(drop)
}

/// Where the ids of a block begin.
fn start(block: i64) -> i64 {
    block << 12
}

fn seal(place: i64, ids: &[u8]) -> Seal {
    Seal::of("ids").number(place).bytes(ids)
}

fn no_ids() -> rusqlite::Error {
    damaged("a list of ids")
}

impl Ids {
    pub(super) fn read(connection: &Connection, place: &Place) -> rusqlite::Result<Self> {
        let Place { block, users, .. } = *place;
        let mut statement = connection.prepare_cached(
            "SELECT place - ?1, ids, seal FROM ids WHERE place >= ?1 AND place < ?2 ORDER BY place",
        )?;
        let piece = |row: &Row<'_>| Ok(Piece { first: row.get(0)?, ids: row.get(1)?, seal: row.get(2)? });
        let pieces: Vec<_> =
            statement.query_map([start(block), start(block + 1)], piece)?.collect::<rusqlite::Result<_>>()?;
        if users > 0 && pieces.first().is_none_or(|piece| piece.first > 0) {
            return Err(no_ids());
        }
        Ok(Self { block, pieces, begun: 0, reader: None, next: 0, id: String::new(), users })
    }

    /// The id at `place`, which is not before the one that was asked for last.
    pub(crate) fn at(&mut self, place: usize) -> rusqlite::Result<&str> {
        let behind = self.pieces.partition_point(|piece| piece.first <= place);
        if behind > self.begun {
            self.begin(behind - 1)?;
        }
        if let Some(passed_over) = place.checked_sub(self.next)
            && let Some(reader) = &mut self.reader
        {
            let id = reader.nth_id(passed_over).map_err(|_| no_ids())?;
            id.ok_or_else(no_ids)?.clone_into(&mut self.id);
            self.next = place + 1;
        }
        Ok(&self.id)
    }

    /// The place of `id`, if the block holds it. Each call asks for a greater one than the one before.
    pub(crate) fn find(&mut self, id: &str) -> rusqlite::Result<Option<usize>> {
        while self.next == 0 || *self.id < *id {
            if !self.step()? {
                return Ok(None);
            }
        }
        Ok((self.id == id).then(|| self.next - 1))
    }

    /// Moves on by one id; false at the end.
    pub(super) fn step(&mut self) -> rusqlite::Result<bool> {
        loop {
            if let Some(reader) = &mut self.reader
                && let Some(id) = reader.next_id().map_err(|_| no_ids())?
            {
                id.clone_into(&mut self.id);
                self.next += 1;
                return Ok(true);
            }
            // One piece begins where the one before ends, and the last one ends with the block.
            let next = self.pieces.get(self.begun).map_or(self.users, |piece| piece.first);
            if next != self.next {
                return Err(no_ids());
            }
            if self.begun == self.pieces.len() {
                return Ok(false);
            }
            self.begin(self.begun)?;
        }
    }

    /// The id that was read last.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    fn begin(&mut self, piece: usize) -> rusqlite::Result<()> {
        let Some(Piece { first, ids, seal: sealed }) = self.pieces.get_mut(piece) else { return Ok(()) };
        let place = start(self.block) + i64::try_from(*first).unwrap_or(i64::MAX);
        seal(place, ids).check_value(*sealed, "a list of ids")?;
        let reader = BlockReader::new(std::mem::take(ids)).map_err(|_| no_ids())?;
        (self.reader, self.next, self.begun) = (Some(reader), *first, piece + 1);
        Ok(())
    }
}
