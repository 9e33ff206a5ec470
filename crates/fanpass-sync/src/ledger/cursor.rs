//! The records of users who are asked for in the order of the file.

use std::collections::VecDeque;

use rusqlite::Connection;

use super::record::Record;
use crate::SyncError;

/// Records that are read ahead at most.
const AHEAD_MAX: i64 = 1024;

/// Reads on where the next user is near, and seeks where not: it reads ahead twice as far whenever all that was read
/// ahead was passed one by one, and a single record after a jump.
pub(super) struct Cursor<'a> {
    connection: &'a Connection,
    read: VecDeque<(i64, Record)>,
    ahead: i64,
    ended: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, read: VecDeque::new(), ahead: 1, ended: false }
    }

    /// The record of a user, who comes after all that were asked for; an empty one if there is none.
    pub(super) fn record_of(&mut self, user: i64) -> Result<Record, SyncError> {
        let mut skipped = 0_usize;
        loop {
            match self.read.front() {
                Some((found, _)) if *found < user => {
                    self.read.pop_front();
                    skipped += 1;
                }
                Some((found, _)) if *found == user => {
                    return Ok(self.read.pop_front().map(|(_, record)| record).unwrap_or_default());
                }
                Some(_) => return Ok(Record::default()),
                None if self.ended => return Ok(Record::default()),
                None => {
                    self.ahead = if skipped > 8 { 1 } else { (self.ahead * 2).min(AHEAD_MAX) };
                    self.load(user)?;
                }
            }
        }
    }

    fn load(&mut self, from: i64) -> Result<(), SyncError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT user, acknowledged FROM users WHERE user >= ?1 ORDER BY user LIMIT ?2")?;
        let mut rows = statement.query((from, self.ahead))?;
        while let Some(row) = rows.next()? {
            let record = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            self.read.push_back((row.get(0)?, Record::from_bytes(record)));
        }
        self.ended = self.read.is_empty();
        Ok(())
    }
}
