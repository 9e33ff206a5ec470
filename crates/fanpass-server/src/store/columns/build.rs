//! The first build: all users in the order of their rows, sorted by their ids outside memory, and packed into blocks.

use fanpass_sorted::Sorter;
use rusqlite::OptionalExtension as _;

use super::block::{BlockPacker, PackedBlock};
use super::copy::Copy;
use super::progress::Progress;
use super::record::{Keys, write_record};
use super::standing::{Moment, Standing};
use super::{USERS_MAX, feed};
use crate::store::database::Database;
use crate::store::error::StoreError;
use crate::store::folder::DataFolder;
use crate::store::users::damaged;

/// Users that are read in one go: a read that lasts keeps the log of the database from being cut.
const USERS_A_READ: u32 = 20_000;
/// Bytes of users that are sorted in memory.
const SORT_BYTES: usize = 64 << 20;
/// Blocks that one commit takes.
const BLOCKS_A_COMMIT: usize = 16;
/// What the sorter takes at most of one user.
const SORTED_MAX: usize = 65_535;

/// What stands between a user's id and its record in the sort: no id has it.
const RECORD: u8 = 0;
/// The same where the record is too long to be sorted and is read again. Nothing follows.
const TOO_LONG: u8 = 1;

/// Builds the copy from all users. What changes meanwhile is taken over later.
pub(super) fn build(
    copy: &mut Copy,
    service: &Database,
    folder: &DataFolder,
    progress: &Progress,
) -> Result<(), StoreError> {
    let taken = service.read_blocking("find the newest change of a user", feed::newest)?;
    let sorter = sort(&mut copy.keys, service, folder, progress)?;
    let mut packer = BlockPacker::new(USERS_MAX);
    let mut blocks: Vec<PackedBlock> = Vec::new();
    let mut last = Vec::new();
    sorter.finish(|user| {
        let end = user.iter().position(|byte| [RECORD, TOO_LONG].contains(byte)).unwrap_or(user.len());
        let (id, rest) = user.split_at(end);
        // Erased and made again between two reads; the feed tells which of the two it is.
        if id == last {
            return Ok(());
        }
        id.clone_into(&mut last);
        let full = match rest.split_first() {
            Some((&RECORD, record)) => packer.push(id, record),
            _ => match long_record(id, &mut copy.keys, service)? {
                Some(record) => packer.push(id, &record),
                None => None,
            },
        };
        blocks.extend(full);
        if blocks.len() == BLOCKS_A_COMMIT {
            progress.go_on()?;
            copy.put_blocks(std::mem::take(&mut blocks))?;
        }
        Ok::<_, StoreError>(())
    })?;
    blocks.extend(packer.finish());
    copy.put_blocks(blocks)?;
    // Behind the last user that was read: what is not in that history is not to be taken for known.
    let moment =
        service.read_blocking("find the newest record", |connection| Ok(Moment::newest(connection)?))?;
    copy.finish_build(Standing { taken, moment, ..Standing::default() })
}

fn sort(
    keys: &mut Keys,
    service: &Database,
    folder: &DataFolder,
    progress: &Progress,
) -> Result<Sorter, StoreError> {
    let mut sorter = Sorter::new(&folder.temporary(), SORT_BYTES);
    let (mut last, mut user) = (i64::MIN, Vec::new());
    loop {
        progress.go_on()?;
        let read = service.read_blocking("read the users", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT rowid, id, attributes FROM users WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
            )?;
            let mut rows = statement.query(rusqlite::params![last, USERS_A_READ])?;
            let mut read: u64 = 0;
            while let Some(row) = rows.next()? {
                (last, read) = (row.get(0)?, read + 1);
                let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
                user.clear();
                user.extend_from_slice(text(1)?.as_bytes());
                let id = user.len();
                user.push(RECORD);
                write_record(text(2)?, keys, &mut user).map_err(|_| damaged("user's attributes"))?;
                if user.len() > SORTED_MAX {
                    user.truncate(id);
                    user.push(TOO_LONG);
                }
                sorter.push(&user).map_err(StoreError::from)?;
            }
            Ok(read)
        })?;
        progress.add(read);
        if read == 0 {
            return Ok(sorter);
        }
    }
}

/// The record of a user, if it was not erased meanwhile.
fn long_record(id: &[u8], keys: &mut Keys, service: &Database) -> Result<Option<Vec<u8>>, StoreError> {
    let id = std::str::from_utf8(id).map_err(|_| damaged("id of a user"))?;
    let attributes: Option<String> = service.look_up("read a user", |connection| {
        Ok(connection
            .prepare_cached("SELECT attributes FROM users WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?)
    })?;
    let Some(attributes) = attributes else { return Ok(None) };
    let mut record = Vec::new();
    write_record(&attributes, keys, &mut record).map_err(|_| damaged("user's attributes"))?;
    Ok(Some(record))
}
