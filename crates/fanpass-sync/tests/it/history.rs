//! The runs of a ledger, looked at while a process uses it.

use std::{fs, path::Path, time::SystemTime};

use fanpass_sync::{ErrorKind, History, RunEnd, RunStart, Standing};

use crate::folder::{Folder, open, update};

#[test]
fn runs_are_looked_at_while_a_process_uses_the_ledger() {
    let folder = Folder::new();
    let start = |label: &str| RunStart {
        label: label.into(),
        source: "f.csv".into(),
        digest: "1".into(),
        writes: ["custom.a".to_owned(), "segment:fans".to_owned()].into(),
        retries: Some("7".into()),
    };
    let now = SystemTime::UNIX_EPOCH;
    let standings = |path: &Path| {
        let history = History::open(path).unwrap();
        let runs = history.list(10).unwrap();
        let standings = runs.iter().map(|run| (run.id.to_string(), history.standing(run).unwrap()));
        standings.collect::<Vec<_>>()
    };
    let mut killed = open(&folder.ledger());
    let first = killed.begin_run(&start("fans"), now).unwrap();
    assert_eq!(standings(&folder.ledger()), [("1".to_owned(), Standing::UnderWay)]);

    let left = folder.killed();
    assert_eq!(standings(&left.ledger()), [("1".to_owned(), Standing::Interrupted)]);
    assert_eq!(History::open(&left.ledger()).unwrap().find(first).unwrap().unwrap().start, start("fans"));
    let mut next = open(&left.ledger());
    next.begin_run(&start("others"), now).unwrap();
    assert_eq!(standings(&left.ledger())[1].1, Standing::Interrupted, "the process is about others");
    let third = next.begin_run(&start("fans"), now).unwrap();
    assert_eq!(standings(&left.ledger())[2].1, Standing::TakenOver(third));
    next.end_run(third, &RunEnd::default(), now).unwrap();
    let seen: Vec<_> = standings(&left.ledger()).into_iter().map(|(_, standing)| standing).collect();
    assert_eq!(seen, [Standing::Ended, Standing::UnderWay, Standing::TakenOver(third)]);
}

#[test]
fn looking_makes_nothing_and_keeps_nobody_out() {
    let folder = Folder::new();
    assert_eq!(History::open(&folder.ledger()).unwrap_err().kind(), ErrorKind::Ledger);
    assert_eq!(fs::read_dir(folder.ledger().parent().unwrap()).unwrap().count(), 0);
    drop(open(&folder.ledger()));
    let looking = History::open(&folder.ledger()).unwrap();
    assert_eq!(looking.list(1).unwrap().len(), 0);
    let mut ledger = open(&folder.ledger());
    ledger.acknowledge(&[update("1", &[("custom.a", "x".into())])]).unwrap();
    ledger.settle().unwrap();
}
