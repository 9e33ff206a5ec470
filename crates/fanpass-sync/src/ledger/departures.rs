//! Users who are not in a source any more, and what is to be taken off them: what is known to be there, and nothing else.

use std::fmt;
use std::path::Path;

use fanpass_model::{AttributeKey, AttributeValue, UserId, UserProperties};
use fanpass_sorted::Sorter;

use super::Ledger;
use super::cursor::Cursor;
use super::fingerprint::{Fingerprints, fingerprint, order};
use crate::SyncError;

/// Bytes of users that are sorted in memory at a time; more is spilled.
const CHUNK_BYTES: usize = 16 << 20;

/// Takes users in any order and any number, and tells what each of them loses, in one sorted pass over the ledger.
///
/// An attribute is lost if a value of it was acknowledged and has not been taken off since. One that was never sent, or
/// sent and refused, is somebody else's, if it is there at all. A value that was acknowledged and then sent anew without
/// an answer is lost too: whichever of both is there came through the ledger.
pub struct Departures {
    fingerprints: Fingerprints,
    sorter: Sorter,
    entry: Vec<u8>,
}

impl Departures {
    pub(super) fn new(fingerprints: Fingerprints, folder: &Path) -> Self {
        Self { fingerprints, sorter: Sorter::new(folder, CHUNK_BYTES), entry: Vec::new() }
    }

    /// Takes a user.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if there is no room to spill.
    pub fn add(&mut self, user: &UserId) -> Result<(), SyncError> {
        self.entry.clear();
        self.entry.extend(order(self.fingerprints.of(user).user()));
        self.entry.extend_from_slice(user.as_str().as_bytes());
        Ok(self.sorter.push(&self.entry)?)
    }

    /// Gives each user who loses one of `keys`, with those as unset, in an order of the ledger's own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ledger`](crate::ErrorKind::Ledger), [`ErrorKind::Io`](crate::ErrorKind::Io).
    pub fn finish<'k>(
        self,
        ledger: &mut Ledger,
        keys: impl IntoIterator<Item = &'k AttributeKey>,
        mut each: impl FnMut(UserId, UserProperties),
    ) -> Result<(), SyncError> {
        ledger.settle()?;
        let number = |key: &'k AttributeKey| Some((*ledger.numbers.get(key)?, key));
        let keys: Vec<_> = keys.into_iter().filter_map(number).collect();
        let mut cursor = Cursor::new(&ledger.connection);
        self.sorter.finish(|entry| {
            let Some((user, id)) = entry.split_first_chunk() else { return Ok(()) };
            let record = cursor.record_of(fingerprint(*user))?;
            let held = keys.iter().filter(|(number, _)| record.holds(*number));
            let lost: UserProperties = held.map(|(_, key)| ((*key).clone(), AttributeValue::Unset)).collect();
            match UserId::new(String::from_utf8_lossy(id)) {
                Ok(user) if !lost.is_empty() => each(user, lost),
                _ => {}
            }
            Ok::<_, SyncError>(())
        })?;
        Ok(())
    }
}

impl fmt::Debug for Departures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Departures").finish_non_exhaustive()
    }
}
