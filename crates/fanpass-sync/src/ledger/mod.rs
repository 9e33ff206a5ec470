//! The ledger: what the service has acknowledged, so that only changes are sent.

mod batch;
mod blocks;
mod changes;
mod compare;
mod contradictions;
mod cursor;
mod database;
mod deliveries;
mod departures;
mod doubts;
mod fingerprint;
mod history;
mod journal;
mod keepers;
mod lists;
mod lock;
mod log;
mod place;
mod record;
mod rejected;
mod runs;
mod survey;
mod target;

use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
};

use fanpass_model::AttributeKey;
use foldhash::HashMap;
use rusqlite::{Connection, Row};

pub use self::blocks::{ListReader, ListWriter};
pub use self::changes::{Changes, KnownValues, Verdict, Verdicts};
pub use self::compare::Receipt;
pub use self::contradictions::{Contradiction, Contradictions};
pub use self::deliveries::{Deliveries, Taken};
pub use self::departures::Departures;
pub use self::doubts::Doubt;
pub use self::history::{History, Standing};
pub use self::lists::{ListId, ListState};
pub use self::lock::Busy;
pub use self::runs::{Run, RunEnd, RunId, RunStart};
pub use self::survey::Survey;
use self::{fingerprint::Fingerprints, journal::Overlay, place::Place};
use crate::SyncError;

/// What the service has acknowledged of each user and attribute, and the figures of every run.
///
/// It is a file that one process holds at a time. It stores keyed fingerprints (`SipHash` under a random key of the
/// file, 64 bits), never an id or a value; whoever has the file and a guess can check the guess, so it is readable by
/// its owner only. Two users that share a fingerprint, or a damaged one, cost updates that were not needed; a change
/// is missed with a chance of 2^-64.
///
/// The order in which a push uses it: [`take_changes`](Self::take_changes), send, [`acknowledge`](Self::acknowledge).
/// A process that is killed anywhere leaves a ledger in which all that was acknowledged is known, and all that was
/// taken and not acknowledged is unknown: the next run sends that again and nothing else. A user's next update is to
/// be taken after the last one was acknowledged or given up.
///
/// Batches of some thousand updates are read and written in the order of the file; each call is one transaction. All
/// calls block.
///
/// ```
/// use fanpass_model::{UserId, UserProperties, attribute_key};
/// use fanpass_sync::{Busy, Ledger};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("ledger.db");
/// let mut ledger = Ledger::open(&path, Busy::Refuse)?;
/// let gold = UserProperties::from_iter([(attribute_key!("custom.tier"), "gold".into())]);
/// let batch = [(UserId::new("00042")?, gold)];
///
/// let changes = ledger.take_changes(&batch)?;
/// assert_eq!(changes[0], batch[0].1);
/// // … send them …
/// ledger.acknowledge(&batch)?;
/// assert!(ledger.changed_part(&batch)?[0].is_empty());
/// # Ok(())
/// # }
/// ```
pub struct Ledger {
    connection: Connection,
    identity: String,
    session: String,
    /// The latest run when it was opened.
    before: RunId,
    fingerprints: Fingerprints,
    /// The numbers that stand for attributes in records.
    numbers: HashMap<AttributeKey, u32>,
    /// What stands in the journal and not in the table yet.
    overlay: Overlay,
    /// The table holds nobody, so that nobody need be looked up.
    is_new: bool,
    place: Place,
    /// Held for as long as the ledger is open.
    _lock: File,
}

impl Ledger {
    /// Opens the ledger at `path`, in a folder that exists, or makes an empty one. The file's path, behind all links, with
    /// `.lock` behind it is the file by which processes keep out of each other's way.
    ///
    /// # Errors
    ///
    /// [`LedgerBusy`](crate::ErrorKind::LedgerBusy), [`LedgerVersion`](crate::ErrorKind::LedgerVersion),
    /// [`Io`](crate::ErrorKind::Io), or [`Ledger`](crate::ErrorKind::Ledger) if the file is not a ledger or damaged.
    pub fn open(path: &Path, busy: Busy) -> Result<Self, SyncError> {
        let found = database::locate(path)?;
        let opened = lock::take(&found, busy).and_then(|lock| Self::open_locked(&found, lock));
        opened.map_err(|error| error.of_ledger(path))
    }

    fn open_locked(path: &Path, lock: File) -> Result<Self, SyncError> {
        let connection = database::open(path)?;
        let before = runs::latest_id(&connection)?;
        lock::note_runs(before, path, &lock)?;
        let secret = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let (key, identity) = connection.query_row("SELECT key, identity FROM secret", [], secret)?;
        let numbers = database::numbers(&connection)?;
        // What an earlier process left there.
        journal::fold(&connection, &folder(path))?;
        let is_new = database::is_empty(&connection)?;
        let (fingerprints, overlay) = (Fingerprints::new(key), Overlay::default());
        let session = database::random_name()?;
        let place = Place::of(path).map_err(|error| SyncError::io(path, error))?;
        Ok(Self {
            connection,
            identity,
            session,
            before,
            fingerprints,
            numbers,
            overlay,
            is_new,
            place,
            _lock: lock,
        })
    }

    /// What tells this ledger from all others, and from a later one under the same name; it is made with the ledger.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// What tells this use of the ledger from all others: that of a command, from when it was opened.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// A survey of a whole source, which spills into files in `folder` that vanish with the process.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn survey(&mut self, folder: &Path) -> Result<Survey<'_>, SyncError> {
        self.settle()?;
        Ok(Survey::new(self, folder))
    }

    /// Takes users who are not in a source any more, to tell what they lose; spills into files in `folder`, which vanish
    /// with the process.
    pub fn departures(&self, folder: &Path) -> Departures {
        Departures::new(self.fingerprints.clone(), folder)
    }

    /// Takes what several sources say of `keys`, to find where they disagree; spills into files in `folder`, which vanish
    /// with the process.
    pub fn contradictions(&self, keys: Vec<AttributeKey>, folder: &Path) -> Contradictions {
        Contradictions::new(self.fingerprints.clone(), keys, folder)
    }

    /// Puts what was written during a push into its place for good. Nothing is lost without it; the next
    /// [`open`](Self::open) does it then.
    ///
    /// # Errors
    ///
    /// [`Ledger`](crate::ErrorKind::Ledger).
    pub fn settle(&mut self) -> Result<(), SyncError> {
        let path = self.connection.path().map(PathBuf::from).unwrap_or_default();
        // A fold wants room of its own.
        self.overlay = Overlay::lost();
        journal::fold(&self.connection, &folder(&path))?;
        self.overlay = Overlay::default();
        self.is_new = database::is_empty(&self.connection)?;
        Ok(())
    }
}

/// Where there is room for a ledger, there is for what it sorts.
fn folder(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // What cannot be put in order stays in the log, as after a kill.
        let _ = log::end(&self.connection);
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.connection.path()).finish_non_exhaustive()
    }
}
