//! The ids of a block, taken out of their pieces as far as they are asked for.

use fanpass_sorted::BlockReader;
use rusqlite::{Connection, Row};

use super::block::{Place, ids_place};
use super::damaged;

/// A place among the ids of a block, which only moves on.
#[derive(Debug)]
pub(crate) struct Ids {
    /// Each with the place of its first id.
    pieces: Vec<(usize, Vec<u8>)>,
    /// How many of the pieces were begun.
    begun: usize,
    reader: Option<BlockReader<Vec<u8>>>,
    /// The place of the id that is read next; the one before is in `id`.
    next: usize,
    id: String,
}

impl Ids {
    pub(super) fn read(connection: &Connection, place: &Place) -> rusqlite::Result<Self> {
        let (start, end) = (ids_place(place.block), ids_place(place.block + 1));
        let mut statement = connection.prepare_cached(
            "SELECT place - ?1, ids FROM ids WHERE place >= ?1 AND place < ?2 ORDER BY place",
        )?;
        let piece = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let pieces = statement.query_map([start, end], piece)?.collect::<rusqlite::Result<_>>()?;
        Ok(Self { pieces, begun: 0, reader: None, next: 0, id: String::new() })
    }

    /// The id at `place`, which is not before the one that was asked for last.
    pub(crate) fn at(&mut self, place: usize) -> rusqlite::Result<&str> {
        let behind = self.pieces.partition_point(|(first, _)| *first <= place);
        if behind > self.begun {
            self.begin(behind - 1)?;
        }
        while self.next <= place {
            if !self.step()? {
                return Err(damaged("a list of ids"));
            }
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
                && let Some(id) = reader.next_id().map_err(|_| damaged("a list of ids"))?
            {
                id.clone_into(&mut self.id);
                self.next += 1;
                return Ok(true);
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
        let Some((first, ids)) = self.pieces.get_mut(piece) else { return Ok(()) };
        let reader = BlockReader::new(std::mem::take(ids)).map_err(|_| damaged("a list of ids"))?;
        (self.reader, self.next, self.begun) = (Some(reader), *first, piece + 1);
        Ok(())
    }
}
