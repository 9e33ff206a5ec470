//! Logs of real databases, damaged anywhere: SQLite itself says what is lost.

use std::fs;

use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

const PAGE: u32 = 512;
const COMMITS: u64 = 6;

/// A database whose commits, each of a row and some pages, are in its log alone, and that log; behind the commits is what is
/// left of an older one if it was begun again.
fn written(begun_again: bool) -> (TempDir, Vec<u8>) {
    let folder = TempDir::new().unwrap();
    let connection = Connection::open(folder.path().join("test.db")).unwrap();
    let settings = format!(
        "PRAGMA page_size = {PAGE}; PRAGMA journal_mode = wal; PRAGMA synchronous = off; \
         PRAGMA wal_autocheckpoint = 0; CREATE TABLE pieces (bytes)"
    );
    connection.execute_batch(&settings).unwrap();
    let write = |bytes: u64| {
        connection.execute("INSERT INTO pieces VALUES (randomblob(?1))", [bytes]).unwrap();
    };
    if begun_again {
        write(40 * u64::from(PAGE));
        connection.execute_batch("DELETE FROM pieces").unwrap();
    }
    connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
    (1..=COMMITS).for_each(|commit| write(commit % 3 * u64::from(PAGE)));
    let copy = TempDir::new().unwrap();
    for name in ["test.db", "test.db-wal"] {
        fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let log = fs::read(copy.path().join("test.db-wal")).unwrap();
    (copy, log)
}

/// What is found in the log, and how many commits SQLite finds there.
fn look(folder: &TempDir, log: &[u8]) -> (Option<Broken>, u64) {
    let copy = TempDir::new().unwrap();
    let database = copy.path().join("test.db");
    fs::copy(folder.path().join("test.db"), &database).unwrap();
    fs::write(copy.path().join("test.db-wal"), log).unwrap();
    let connection = Connection::open(database).unwrap();
    connection.pragma_update(None, "synchronous", "off").unwrap();
    let count = connection.query_row("SELECT count(*) FROM pieces", [], |row| row.get(0)).unwrap();
    (scan(log, PAGE).unwrap(), count)
}

#[test]
fn each_byte_of_a_log_carries_something_and_is_missed() {
    let (folder, log) = written(false);
    assert_eq!(look(&folder, &log), (None, COMMITS));
    let mut damaged = log.clone();
    for at in 0..log.len() {
        damaged[at] ^= 1 << (at % 8);
        assert!(scan(damaged.as_slice(), PAGE).unwrap().is_some(), "bit {} of byte {at}", at % 8);
        damaged[at] = log[at];
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_sqlite_passes_over_is_told(begun_again: bool, place: prop::sample::Index, bit in 0..8, bytes in 1_usize..512) {
        let (folder, log) = written(begun_again);
        prop_assert_eq!(look(&folder, &log), (None, COMMITS));

        let mut damaged = log.clone();
        let at = place.index(log.len());
        damaged[at] ^= 1_u8 << bit;
        let (found, commits) = look(&folder, &damaged);
        // Behind the commits is what is left from before the log was begun again.
        prop_assert_eq!(found.is_some(), commits < COMMITS);
        if let Some(found) = found {
            // The last frame of a commit may be the one that is damaged.
            prop_assert!([found.commits, found.commits + 1].contains(&(COMMITS - commits)), "{found:?}: {commits}");
        }

        // Less than a page, so that the salts of one frame at most are gone: where all are, nothing shows that there was more.
        let end = log.len().min(at + bytes);
        damaged[at..end].fill(0);
        let (found, commits) = look(&folder, &damaged);
        prop_assert!(found.is_some() || COMMITS - commits <= 1, "{commits} and nothing told");
    }

    #[test]
    fn a_log_that_is_cut_off_is_no_damage(begun_again: bool, place: prop::sample::Index) {
        let (folder, mut log) = written(begun_again);
        log.truncate(place.index(log.len()));
        prop_assert_eq!(look(&folder, &log).0, None);
    }
}
