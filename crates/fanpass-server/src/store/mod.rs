//! The durable storage: two SQLite files in one data folder that one process owns, and a third that is made of them.
//!
//! `segments.db` holds imports and the lists they publish, `service.db` users, attributes, tokens and audit, so that
//! an import never holds up an update. A call that changes something returns after its commit is on the disk.

mod attributes;
mod audiences;
mod audit;
mod cached;
mod check;
mod checkpoint;
mod columns;
mod combine;
mod commits;
mod contents;
mod database;
mod delta;
mod environment;
mod error;
mod figures;
pub(crate) mod folder;
mod fresh;
mod idempotency;
mod identity;
mod jobs;
mod keys;
mod lately;
mod lists;
mod log;
mod members;
mod missing;
mod outbox;
mod pack;
mod page;
mod part;
mod readers;
mod repeated;
mod replace;
mod reserve;
mod scratch;
mod segments;
mod select;
mod snapshot;
mod sweeper;
mod tokens;
mod turn;
mod users;
mod versions;
mod writer;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

pub use attributes::Attributes;
pub(crate) use audiences::no_audience;
pub use audiences::{AUDIENCES_MAX, AudienceRecord, Audiences};
pub use audit::{AuditEntry, AuditFilter, AuditPage, AuditRecord};
pub(crate) use audit::{audited_operations, hashed, pseudonym};
pub use check::{Check, Finding, Severity, check};
pub use columns::AttributeUse;
pub use combine::Combination;
pub(crate) use delta::Change;
pub use environment::{Clock, Ids};
pub use error::{StoreError, StoreErrorKind};
pub(crate) use figures::ImportFigures;
pub use idempotency::{KeptAnswer, Once, Trace};
pub use jobs::{Caller, ImportJob, Mode, RowReject, Stage};
pub(crate) use jobs::{Cancelled, Counts, Ended, NewJob, Progress, SpooledFile, Unfinished};
pub(crate) use keys::Thumbprints;
pub(crate) use lists::List;
pub use log::give_up_damaged_logs;
pub(crate) use members::Lists;
pub(crate) use outbox::{DeadLetter, Fate, Letter};
pub(crate) use page::PageRoom;
pub use part::UserPart;
pub(crate) use repeated::spawn;
pub use replace::{may_reset, may_restore, reset, restore};
pub use segments::SegmentRecord;
pub(crate) use segments::lacking;
pub use snapshot::{Manifest, ManifestFile, may_snapshot, snapshot};
pub use tokens::{TokenRecord, TokenStanding};
pub(crate) use users::UserFile;
pub use users::{AttributeChange, Erased, UserChange, UserChangePage, UserPage, UserRecord};
pub use versions::VersionRecord;
pub(crate) use versions::{Content, Publication, Published};

use attributes::AttributeCache;
use audiences::AudienceCache;
use audit::Journal;
use columns::Columns;
use database::{Database, Design, open_at_rest};
use folder::DataFolder;
use identity::Identity;
use lately::Lately;
use outbox::Outbox;
use repeated::Repeated;
use sweeper::Sweeper;
use tokens::TokenCache;
use writer::Isolation;

static SEGMENTS: Design = Design {
    file: "segments.db",
    page_size: 16_384,
    checkpoint_pages: 0,
    // A list of ten million ids is to be published before it is written a second time.
    log_bytes: 320 << 20,
    isolation: Isolation::Each,
    overwrite: false,
    verified: &["folder", "lists", "versions", "segments", "imports"],
    migrations: &[
        include_str!("schema/segments_1.sql"),
        include_str!("schema/segments_2.sql"),
        include_str!("schema/segments_3.sql"),
        include_str!("schema/segments_4.sql"),
    ],
};

static SERVICE: Design = Design {
    file: "service.db",
    page_size: 4_096,
    checkpoint_pages: 0,
    // A look-up would take longer with more.
    log_bytes: 64 << 20,
    isolation: Isolation::Commit,
    // What is erased of a user is to be gone from the file.
    overwrite: true,
    verified: &["folder", "keys", "tokens", "attributes", "audiences", "totals"],
    migrations: &[
        include_str!("schema/service_1.sql"),
        include_str!("schema/service_2.sql"),
        include_str!("schema/service_3.sql"),
        include_str!("schema/service_4.sql"),
    ],
};

/// Writes of lists that wait; imports wait for room themselves, and each is some megabytes.
const SEGMENT_WRITES_WAITING: usize = 64;
/// Writes of all else that wait, when the configuration does not say.
const WRITES_WAITING: usize = 4_096;

/// The storage of one service. Clones share it; the data folder is free again when the last one is gone.
#[derive(Debug, Clone)]
pub struct Store(Arc<Parts>);

/// Dropped in this order: whoever uses a database before it, the lock last.
#[derive(Debug)]
struct Parts {
    _tending: Repeated,
    journal: Journal,
    sweeper: Sweeper,
    columns: Columns,
    segments: Arc<Database>,
    lately: Lately,
    service: Arc<Database>,
    attributes: Arc<AttributeCache>,
    audiences: Arc<AudienceCache>,
    tokens: Arc<TokenCache>,
    outbox: Arc<Outbox>,
    clock: Clock,
    ids: Ids,
    folder: Arc<DataFolder>,
}

impl Store {
    /// Opens the data folder at `path`, made when it is not there, and brings its files up to date.
    ///
    /// Blocks; lists that a crash left unpublished are deleted in the background.
    ///
    /// # Errors
    /// [`StoreErrorKind::Locked`] when another process owns the folder, [`StoreErrorKind::TooNew`] when a newer
    /// FanPass wrote it, [`StoreErrorKind::Corrupt`] when a file is damaged, a log with commits behind the damage among them (see
    /// [`give_up_damaged_logs`]), a database that was there is not any more, or one is of another folder,
    /// [`StoreErrorKind::Full`] or [`StoreErrorKind::Io`].
    pub fn open(path: &Path, clock: Clock, ids: Ids) -> Result<Self, StoreError> {
        Self::open_with(path, clock, ids, WRITES_WAITING)
    }

    /// As [`open`](Self::open); `writes_waiting` bounds the calls whose write waits for the disk.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: &Path, clock: Clock, ids: Ids, writes_waiting: usize) -> Result<Self, StoreError> {
        let folder = Arc::new(DataFolder::open(path)?);
        // Before anybody opens a database, whose log might be written over.
        log::refuse_damaged(path, &[&SEGMENTS, &SERVICE])?;
        contents::refuse_lost(path)?;
        let _kept = Identity::read(path, |design| open_at_rest(path, design))?
            .refuse_mixture(path)?
            .settle(&folder)?;
        // In the order that `contents::lost` goes by.
        let segments = Arc::new(Database::open(&SEGMENTS, &folder, SEGMENT_WRITES_WAITING)?);
        let (service, journal) = Database::open_with(&SERVICE, &folder, writes_waiting, |connection| {
            let journal = Journal::open(&folder, connection)?;
            let taken_in = journal.clone();
            Ok((journal, Some(Box::new(move |connection: &Connection| taken_in.take_in(connection)))))
        })?;
        let service = Arc::new(service);
        let tending = journal.tending(&service)?;
        let attributes = Arc::new(AttributeCache::load(&service)?);
        let audiences = Arc::new(AudienceCache::load(&service)?);
        let tokens = Arc::new(TokenCache::load(&service)?);
        let sweeper = Sweeper::start(&segments)?;
        let columns = Columns::start(&folder, &service)?;
        Ok(Self(Arc::new(Parts {
            _tending: tending,
            journal,
            sweeper,
            columns,
            segments,
            lately: Lately::default(),
            service,
            attributes,
            audiences,
            tokens,
            outbox: Arc::default(),
            clock,
            ids,
            folder,
        })))
    }

    /// The clock that stamps what is stored.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Where ids of imports, tokens and calls come from.
    pub fn ids(&self) -> &Ids {
        &self.0.ids
    }

    pub(crate) fn folder(&self) -> &DataFolder {
        &self.0.folder
    }

    /// Whether the folder is where it was, reads are answered and, where the last commit has failed or the record of a call has found
    /// no room, whether another one succeeds.
    pub(crate) async fn ready(&self) -> Result<(), StoreError> {
        self.0.folder.check_place()?;
        for database in [&self.0.segments, &self.0.service] {
            let answers = |connection: &Connection| {
                Ok(connection.pragma_query_value(None, "user_version", |_| Ok(()))?)
            };
            database.read("see whether it answers", answers).await?;
            if database.has_failed() {
                database.try_write().await?;
            }
        }
        self.0.journal.try_append()
    }

    fn now(&self) -> i64 {
        self.0.clock.now().as_microsecond()
    }
}

/// A stored time as a timestamp; out of range (a damaged row) reads as 1970.
fn time(microseconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(microseconds).unwrap_or_default()
}
