//! Shared commits, failures within them, and a bounded queue.

use std::path::Path;
use std::sync::mpsc;

use tempfile::TempDir;

use super::*;

/// A writer whose thread is held by its first work until the sender is dropped.
fn held(path: &Path, capacity: usize) -> (Writer, mpsc::Sender<()>) {
    held_with(path, capacity, Isolation::Each)
}

fn held_with(path: &Path, capacity: usize, isolation: Isolation) -> (Writer, mpsc::Sender<()>) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE numbers (number UNIQUE)").unwrap();
    let writer = Writer::start("test.db", connection, capacity, isolation, None).unwrap();
    let (hold, released) = mpsc::channel();
    let (running, begun) = mpsc::channel();
    let work = move |_: &Connection| {
        running.send(()).unwrap();
        let _ = released.recv();
        Ok(())
    };
    writer.submit_blocking("hold", Durable::Now, work).unwrap();
    begun.recv().unwrap();
    (writer, hold)
}

fn insert(writer: &Writer, number: u32) -> Result<Answer<()>, StoreError> {
    let work = move |connection: &Connection| {
        connection.execute("INSERT INTO numbers VALUES (?1)", [number])?;
        Ok(())
    };
    writer.submit("insert", Durable::Now, work, |()| {})
}

fn count(connection: &Connection) -> u32 {
    connection.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0)).unwrap()
}

/// What SQLite says of its commits: 2 that each is synced, 1 that only the moving of the log is.
fn synchronous(connection: &Connection) -> Result<u32, Fault> {
    Ok(connection.pragma_query_value(None, "synchronous", |row| row.get(0))?)
}

#[test]
fn what_may_be_durable_later_is_not_synced_alone_nor_too_often_in_a_row() {
    let folder = TempDir::new().unwrap();
    let (writer, hold) = held(&folder.path().join("test.db"), 100);
    drop(hold);
    let commit = |durable| {
        let answer = writer.submit_blocking("look", durable, synchronous).unwrap();
        answer.blocking_recv().unwrap().unwrap()
    };
    assert_eq!([Durable::Later, Durable::Now, Durable::Later].map(commit), [1, 2, 1]);
    let synced = (0..2 * UNSYNCED_MAX).filter(|_| commit(Durable::Later) == 2).count();
    assert_eq!(synced, 1);

    let (writer, hold) = held(&folder.path().join("other.db"), 100);
    let answers = [Durable::Later, Durable::Now]
        .map(|durable| writer.submit_blocking("look", durable, synchronous).unwrap());
    drop(hold);
    let shared = answers.map(|answer| answer.blocking_recv().unwrap().unwrap());
    assert_eq!(shared, [2, 2], "a shared commit is durable when one of its works has to be");
}

#[test]
fn a_durable_commit_writes_when_those_before_it_are_not_durable_yet() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    let (writer, hold) = held(&path, 100);
    drop(hold);
    // A commit syncs the log only where it has something to add to it.
    let grown = |durable, number: Option<u32>| {
        let log = || std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
        let before = log();
        let work = move |connection: &Connection| match number {
            Some(number) => Ok(connection.execute("INSERT INTO numbers VALUES (?1)", [number])?),
            None => Ok(0),
        };
        writer.submit_blocking("work", durable, work).unwrap().blocking_recv().unwrap().unwrap();
        log() > before
    };
    assert!(grown(Durable::Later, Some(1)));
    assert!(grown(Durable::Now, None), "the number is not left to chance");
    assert!(!grown(Durable::Now, None), "it is durable");
}

#[test]
fn what_waits_together_shares_a_commit_and_a_failure_undoes_itself_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    let (writer, hold) = held(&path, 100);
    let answers: Vec<_> = [1, 2, 2, 3].into_iter().map(|number| insert(&writer, number).unwrap()).collect();
    let elsewhere = Connection::open(&path).unwrap();
    let seen = writer
        .submit("count", Durable::Now, move |connection| Ok((count(connection), count(&elsewhere))), |_| {})
        .unwrap();
    drop(hold);

    let stored: Vec<bool> =
        answers.into_iter().map(|answer| answer.blocking_recv().unwrap().is_ok()).collect();
    assert_eq!(stored, [true, true, false, true]);
    // Inside the commit all three are there; outside of it none is yet.
    assert_eq!(seen.blocking_recv().unwrap().unwrap(), (3, 0));
    assert_eq!(count(&Connection::open(&path).unwrap()), 3);
}

#[test]
fn work_that_panics_is_undone_and_the_next_is_done() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    let (writer, hold) = held(&path, 100);
    let panics = |connection: &Connection| -> Result<(), Fault> {
        connection.execute("INSERT INTO numbers VALUES (1)", [])?;
        panic!("a fault of ours");
    };
    let panicked = writer.submit_blocking("panic", Durable::Now, panics).unwrap();
    drop(hold);
    panicked.blocking_recv().unwrap_err();
    insert(&writer, 2).unwrap().blocking_recv().unwrap().unwrap();
    assert_eq!(count(&Connection::open(&path).unwrap()), 1);
}

#[test]
fn too_much_waiting_work_is_refused_as_busy_and_the_rest_is_done_on_drop() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    let (writer, hold) = held(&path, 2);
    insert(&writer, 1).unwrap();
    insert(&writer, 2).unwrap();
    assert_eq!(insert(&writer, 3).unwrap_err().kind(), StoreErrorKind::Busy);
    drop(hold);
    drop(writer);
    assert_eq!(count(&Connection::open(&path).unwrap()), 2);
}

#[test]
fn when_the_commit_fails_everybody_is_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    let (writer, hold) = held(&path, 100);
    let undo = |connection: &Connection| Ok(connection.execute_batch("ROLLBACK")?);
    let first = insert(&writer, 1).unwrap();
    let undone = writer.submit("undo", Durable::Now, undo, |()| {}).unwrap();
    let last = insert(&writer, 2).unwrap();
    drop(hold);
    for answer in [first, undone, last] {
        assert!(answer.blocking_recv().unwrap().is_err());
    }
    let later = insert(&writer, 3).unwrap();
    assert!(later.blocking_recv().unwrap().is_ok());
    assert_eq!(count(&Connection::open(&path).unwrap()), 1);
}

#[test]
fn a_full_disk_is_told_to_all_of_the_commit_and_the_next_commit_goes_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    let (writer, hold) = held(&path, 100);
    let limit = |connection: &Connection| {
        connection.query_row("PRAGMA max_page_count = 10", [], |_| Ok(()))?;
        Ok(())
    };
    let fill = |connection: &Connection| {
        connection.execute("INSERT INTO numbers VALUES (zeroblob(1000000))", [])?;
        Ok(())
    };
    writer.submit("limit", Durable::Now, limit, |()| {}).unwrap();
    let filled = writer.submit("fill", Durable::Now, fill, |()| {}).unwrap();
    let neighbour = insert(&writer, 1).unwrap();
    drop(hold);
    // SQLite undoes the whole transaction then, so nobody may believe that his part of it stands.
    for answer in [filled, neighbour] {
        let error = answer.blocking_recv().unwrap().unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Full);
        assert!(writer.standing().full.load(Ordering::Relaxed));
        assert!(error.to_string().starts_with("could not fill in test.db"), "{error}");
    }
    assert!(insert(&writer, 2).unwrap().blocking_recv().unwrap().is_ok());
    assert_eq!(count(&Connection::open(&path).unwrap()), 1);
}

/// Work that fails after `numbers` were inserted.
fn fail_behind(writer: &Writer, numbers: &'static [u32]) -> Answer<()> {
    let work = move |connection: &Connection| {
        for number in numbers {
            connection.execute("INSERT INTO numbers VALUES (?1)", [number])?;
        }
        Err(StoreError::new(StoreErrorKind::Conflict, "no").into())
    };
    writer.submit("fail", Durable::Now, work, |()| {}).unwrap()
}

#[test]
fn without_savepoints_a_failure_before_its_first_change_is_passed_over_and_a_later_one_ends_the_commit() {
    for (numbers, stored) in [(&[][..], 2), (&[7][..], 0)] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("test.db");
        let (writer, hold) = held_with(&path, 100, Isolation::Commit);
        let before = insert(&writer, 1).unwrap();
        let failed = fail_behind(&writer, numbers);
        let after = insert(&writer, 2).unwrap();
        drop(hold);
        assert_eq!(failed.blocking_recv().unwrap().unwrap_err().kind(), StoreErrorKind::Conflict);
        for neighbour in [before, after] {
            assert_eq!(neighbour.blocking_recv().unwrap().is_ok(), stored > 0);
        }
        drop(writer);
        assert_eq!(count(&Connection::open(&path).unwrap()), stored);
    }
}
