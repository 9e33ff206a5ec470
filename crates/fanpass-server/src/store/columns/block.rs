//! A block of users: packed from rows in byte order of their ids, stored, and taken apart again.

use std::collections::BTreeMap;

use fanpass_sorted::BlockBuilder;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::USERS_MAX;
use super::column::Column;
use super::damage::damaged;
use super::ids::{self, Ids};
use super::packer::ColumnPacker;
use super::place::Place;
use super::record::{Record, put_attribute};
use super::seal::Seal;

/// Bytes of the records of one block: what bounds the memory that one takes.
const BYTES_MAX: usize = 1 << 20;

/// A user's id and record.
pub(super) type Row = (Vec<u8>, Vec<u8>);

/// Packs rows into blocks.
#[derive(Debug)]
pub(super) struct BlockPacker {
    users_max: usize,
    block: PackedBlock,
    ids: BlockBuilder,
    /// The place of the first id that waits in `ids`.
    first: usize,
    columns: BTreeMap<u32, ColumnPacker>,
    bytes: usize,
}

impl BlockPacker {
    /// Blocks of `users_max` users, or of fewer that carry very much.
    pub(super) fn new(users_max: usize) -> Self {
        Self {
            users_max: users_max.clamp(1, USERS_MAX),
            block: PackedBlock::default(),
            ids: BlockBuilder::default(),
            first: 0,
            columns: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Adds a user behind all before; gives back the block before it once that is full.
    pub(super) fn push(&mut self, id: &[u8], record: &[u8]) -> Option<PackedBlock> {
        let full = self.block.users == self.users_max
            || (self.block.users > 0 && self.bytes + record.len() > BYTES_MAX);
        let packed = if full { self.finish() } else { None };
        let place = self.block.users;
        if place == 0 {
            id.clone_into(&mut self.block.first_id);
        }
        if let Some(piece) = self.ids.push(id) {
            self.block.ids.push((self.first, piece.ids));
            self.first = place;
        }
        for (key, value) in Record(record) {
            self.columns.entry(key).or_default().set(place, value);
        }
        self.block.users += 1;
        self.bytes += record.len();
        packed
    }

    /// The block begun, if it holds a user.
    pub(super) fn finish(&mut self) -> Option<PackedBlock> {
        let piece = self.ids.finish()?;
        self.block.ids.push((self.first, piece.ids));
        let users = self.block.users;
        let columns = std::mem::take(&mut self.columns);
        self.block.columns = columns.into_iter().map(|(key, column)| (key, column.pack(users))).collect();
        (self.first, self.bytes) = (0, 0);
        Some(std::mem::take(&mut self.block))
    }
}

/// A block that is to be stored.
#[derive(Debug, Default)]
pub(super) struct PackedBlock {
    first_id: Vec<u8>,
    pub(super) users: usize,
    /// Pieces of ids, each with the place of its first.
    ids: Vec<(usize, Vec<u8>)>,
    columns: Vec<(u32, Vec<u8>)>,
}

impl PackedBlock {
    /// Stores it under `number`, which no block has, or under a new one.
    pub(super) fn insert(&self, connection: &Connection, number: Option<i64>) -> rusqlite::Result<()> {
        let new = || {
            let sql = "SELECT coalesce(max(block), 0) + 1 FROM blocks";
            connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
        };
        let block = number.map_or_else(new, Ok)?;
        let attributes = self.columns.iter().map(|(key, _)| *key).collect();
        let place = Place { block, first_id: self.first_id.clone(), users: self.users, attributes };
        place.insert(connection)?;
        for (first, ids) in &self.ids {
            ids::insert(connection, block, *first, ids)?;
        }
        let mut insert =
            connection.prepare_cached("INSERT INTO columns (place, codes, seal) VALUES (?1, ?2, ?3)")?;
        for (key, codes) in &self.columns {
            let place = column_place(*key, block);
            insert.execute(params![place, codes, column_seal(place, codes).finish()])?;
        }
        Ok(())
    }
}

/// Where the column of a block is.
fn column_place(key: u32, block: i64) -> i64 {
    (i64::from(key) << 31) + block
}

fn column_seal(place: i64, codes: &[u8]) -> Seal {
    Seal::of("columns").number(place).bytes(codes)
}

/// The column of a block, if one of its users carries the attribute.
pub(super) fn column(connection: &Connection, key: u32, place: &Place) -> rusqlite::Result<Option<Column>> {
    const WHAT: &str = "a column";
    if !place.attributes.has(key) {
        return Ok(None);
    }
    let at = column_place(key, place.block);
    let (codes, seal): (Vec<u8>, u32) = connection
        .prepare_cached("SELECT codes, seal FROM columns WHERE place = ?1")?
        .query_row([at], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or_else(|| damaged(WHAT))?;
    column_seal(at, &codes).check_value(seal, WHAT)?;
    Column::read(codes, place.users).ok_or_else(|| damaged(WHAT)).map(Some)
}

/// The users of a block.
pub(super) fn rows(connection: &Connection, place: &Place) -> rusqlite::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::with_capacity(place.users);
    let mut ids = Ids::read(connection, place)?;
    while ids.step()? {
        rows.push((ids.id().as_bytes().to_vec(), Vec::new()));
    }
    let mut codes = Vec::new();
    for key in place.attributes.numbers() {
        let Some(column) = column(connection, key, place)? else { continue };
        column.codes(&mut codes);
        for (code, (_, record)) in codes.iter().zip(&mut rows) {
            if *code > 0 {
                put_attribute(record, key, column.bytes(*code).ok_or_else(|| damaged("a column"))?);
            }
        }
    }
    Ok(rows)
}

/// Takes a block away with all that belongs to it.
fn delete(connection: &Connection, place: &Place) -> rusqlite::Result<()> {
    ids::delete(connection, place.block)?;
    let mut delete = connection.prepare_cached("DELETE FROM columns WHERE place = ?1")?;
    for key in place.attributes.numbers() {
        delete.execute([column_place(key, place.block)])?;
    }
    connection.prepare_cached("DELETE FROM blocks WHERE block = ?1")?.execute([place.block]).map(drop)
}

/// Merges changes, in the order of their ids and each that of a user of the block or between it and the next, into a block:
/// a record takes the place of the one before, none takes the user away.
pub(super) fn rewrite(
    connection: &Connection,
    place: Option<&Place>,
    changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
) -> rusqlite::Result<()> {
    let before = place.map_or_else(|| Ok(Vec::new()), |place| rows(connection, place))?;
    if let Some(place) = place {
        delete(connection, place)?;
    }
    let mut merged: Vec<Row> = Vec::with_capacity(before.len() + changes.len());
    let mut before = before.into_iter().peekable();
    for (id, record) in changes {
        while let Some(row) = before.next_if(|(known, _)| *known < id) {
            merged.push(row);
        }
        before.next_if(|(known, _)| *known == id);
        merged.extend(record.map(|record| (id, record)));
    }
    merged.extend(before);
    // Parts of about the same size, so that the next user does not divide one again.
    let parts = merged.len().div_ceil(USERS_MAX).max(1);
    let mut packer = BlockPacker::new(merged.len().div_ceil(parts));
    let mut number = place.map(|place| place.block);
    for (id, record) in &merged {
        if let Some(block) = packer.push(id, record) {
            block.insert(connection, number.take())?;
        }
    }
    packer.finish().map_or(Ok(()), |block| block.insert(connection, number.take()))
}
