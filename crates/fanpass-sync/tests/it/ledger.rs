//! What the ledger remembers, whatever happens to the process.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use fanpass_model::AttributeValue;
use fanpass_sync::{Busy, ErrorKind, Figures, Ledger, RunEnd, RunStart};

use crate::folder::{Folder, open, update};

#[test]
fn only_what_differs_is_sent() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let first = [update("1", &[("custom.a", "x".into()), ("custom.b", 1.into())])];
    assert_eq!(ledger.take_changes(&first).unwrap(), [first[0].1.clone()]);
    ledger.acknowledge(&first).unwrap();
    assert!(ledger.changed_part(&first).unwrap()[0].is_empty());
    let second = [update("1", &[("custom.a", "x".into()), ("custom.b", AttributeValue::Unset)])];
    let expected = [update("1", &[("custom.b", AttributeValue::Unset)]).1];
    assert_eq!(ledger.changed_part(&second).unwrap(), expected);
    assert_eq!(ledger.take_changes(&second).unwrap(), expected);
    ledger.acknowledge(&second).unwrap();
    assert!(ledger.changed_part(&second).unwrap()[0].is_empty());
}

#[test]
fn values_of_other_types_and_users_are_told_apart() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>().into();
    let values: [AttributeValue; 9] = [
        "1".into(),
        1.into(),
        true.into(),
        false.into(),
        "true".into(),
        AttributeValue::Unset,
        list(&["1"]),
        list(&["1", "2"]),
        list(&["1,2"]),
    ];
    for (at, value) in values.iter().enumerate() {
        ledger.acknowledge(&[update("1", &[("custom.a", value.clone())])]).unwrap();
        for (other, candidate) in values.iter().enumerate() {
            let same = ledger.changed_part(&[update("1", &[("custom.a", candidate.clone())])]).unwrap()[0]
                .is_empty();
            assert_eq!(same, at == other, "{value:?} and {candidate:?}");
        }
        assert!(!ledger.changed_part(&[update("2", &[("custom.a", value.clone())])]).unwrap()[0].is_empty());
        assert!(!ledger.changed_part(&[update("1", &[("custom.b", value.clone())])]).unwrap()[0].is_empty());
    }
}

#[test]
fn a_change_that_was_taken_and_not_acknowledged_is_sent_again_even_if_it_is_taken_back() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let [gold, silver] = ["gold", "silver"].map(|tier| [update("1", &[("custom.tier", tier.into())])]);
    ledger.acknowledge(&gold).unwrap();
    ledger.take_changes(&silver).unwrap();
    let killed = folder.killed();
    // The service may hold silver or gold now.
    let ledger = open(&killed.ledger());
    assert!(!ledger.changed_part(&gold).unwrap()[0].is_empty());
    assert!(!ledger.changed_part(&silver).unwrap()[0].is_empty());
}

#[test]
fn nothing_of_a_person_stands_in_the_file() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    ledger
        .acknowledge(&[update("user-00042-secret", &[("custom.a", "a very private value".into())])])
        .unwrap();
    drop(ledger);
    for entry in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for text in ["00042", "private"] {
            assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()));
        }
    }
}

#[test]
fn each_ledger_has_fingerprints_of_its_own() {
    let fingerprints = || {
        let folder = Folder::new();
        let mut ledger = open(&folder.ledger());
        ledger.acknowledge(&[update("1", &[("custom.a", "x".into())])]).unwrap();
        ledger.settle().unwrap();
        drop(ledger);
        let database = rusqlite::Connection::open(folder.ledger()).unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
        database.query_row("SELECT user, acknowledged FROM users", [], row).unwrap()
    };
    let ((one, value), (other, other_value)) = (fingerprints(), fingerprints());
    assert!(one != other && value != other_value);
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    ledger.acknowledge(&[update("1", &[("custom.a", "x".into())])]).unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", entry.path().display());
    }
}

#[test]
fn one_process_holds_it_at_a_time() {
    let folder = Folder::new();
    let path = folder.ledger();
    let held = open(&path);
    assert_eq!(Ledger::open(&path, Busy::Refuse).unwrap_err().kind(), ErrorKind::LedgerBusy);
    let waiting = std::thread::spawn({
        let path = path.clone();
        move || Ledger::open(&path, Busy::Wait).map(drop)
    });
    drop(held);
    waiting.join().unwrap().unwrap();
    drop(open(&path));
}

#[test]
fn what_is_no_ledger_is_named_and_what_to_do_about_it() {
    let folder = Folder::new();
    fs::write(folder.ledger(), "fan_id\n00042\n".repeat(100)).unwrap();
    let error = Ledger::open(&folder.ledger(), Busy::Refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ledger);
    let told = error.to_string();
    assert!(
        told.starts_with(&folder.ledger().display().to_string()) && told.contains("move it away"),
        "{told}"
    );
    assert_eq!(Ledger::open("/nowhere/ledger.db".as_ref(), Busy::Refuse).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn a_ledger_of_another_layout_is_refused_with_what_to_do() {
    let folder = Folder::new();
    drop(open(&folder.ledger()));
    for (layout, mend) in [(1, "name a new one"), (99, "update it")] {
        let database = rusqlite::Connection::open(folder.ledger()).unwrap();
        database.pragma_update(None, "user_version", layout).unwrap();
        drop(database);
        let error = Ledger::open(&folder.ledger(), Busy::Refuse).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LedgerVersion);
        assert!(error.to_string().contains(mend), "{error}");
    }
}

#[test]
fn runs_are_listed_with_their_figures_and_the_interrupted_ones_too() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let figures = Figures {
        read: 11,
        sent: 4,
        unchanged: 3,
        duplicate: 1,
        empty: 1,
        rejected: 1,
        unsent: 1,
        removed: 9,
        cleared: 9,
    };
    assert!(figures.add_up(), "who was removed has no row");
    assert!(!Figures { read: 12, ..figures }.add_up());
    let start = |digest: &str| RunStart {
        label: "fans".into(),
        source: "fans.csv".into(),
        digest: digest.into(),
        ..RunStart::default()
    };
    let end = RunEnd { figures, stopped: Some("it was interrupted".into()), rejects: Some("r.csv".into()) };
    let first = ledger.begin_run(&start("1"), at(100)).unwrap();
    ledger.end_run(first, &end, at(200)).unwrap();
    assert_eq!(ledger.interrupted_run("fans").unwrap(), None, "it has an end");
    let again = ledger.end_run(first, &RunEnd::default(), at(300)).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Ledger);
    let second = ledger.begin_run(&start("2"), at(400)).unwrap();
    let found = open(&folder.killed().ledger());
    let runs = found.list_runs(10).unwrap();
    let told: Vec<_> =
        runs.iter().map(|run| (run.id, run.start.clone(), run.begun, run.ended.clone())).collect();
    assert_eq!(
        told,
        [(second, start("2"), at(400), None), (first, start("1"), at(100), Some((at(200), end)))]
    );
    assert_eq!(found.interrupted_run("fans").unwrap().as_ref(), Some(&runs[0]));
    assert_eq!(found.interrupted_run("others").unwrap(), None);
    assert_eq!(ledger.list_runs(1).unwrap().len(), 1);
}

#[test]
fn a_ledger_is_of_the_first_service_until_another_one_takes_it() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    ledger.check_target("one").unwrap();
    assert_eq!(ledger.target().unwrap(), None, "who only asks does not take it");
    ledger.keep_for("one").unwrap();
    drop(ledger);
    let mut ledger = open(&folder.ledger());
    ledger.check_target("one").unwrap();
    assert_eq!(ledger.check_target("two").unwrap_err().kind(), ErrorKind::LedgerTarget);
    ledger.keep_for("two").unwrap();
    assert_eq!(ledger.target().unwrap().as_deref(), Some("two"));
}
