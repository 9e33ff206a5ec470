//! A ledger whose file and log were parted, that is reached by several names, or was cut short.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use fanpass_sync::{Busy, ErrorKind, History, Ledger};

use crate::folder::{Folder, Update, open, update};

fn tier(tier: &str) -> [Update; 1] {
    [update("1", &[("custom.tier", tier.into())])]
}

/// A ledger that knows gold, as a process left it that was killed while it sent silver.
fn killed() -> Folder {
    let folder = Folder::new();
    open(&folder.ledger()).acknowledge(&tier("gold")).unwrap();
    let mut ledger = open(&folder.ledger());
    ledger.take_changes(&tier("silver")).unwrap();
    folder.killed()
}

fn log(folder: &Folder) -> PathBuf {
    folder.ledger().with_extension("db-wal")
}

fn refused(folder: &Folder) -> String {
    let error = Ledger::open(&folder.ledger(), Busy::Refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ledger);
    let told = error.to_string();
    assert!(told.starts_with(&format!("{}: ", folder.ledger().display())), "{told}");
    told
}

fn is_known(folder: &Folder, value: &str) -> bool {
    open(&folder.ledger()).changed_part(&tier(value)).unwrap()[0].is_empty()
}

#[test]
fn a_ledger_without_the_log_of_its_killed_run_is_refused_until_it_is_put_back() {
    let folder = killed();
    let aside = log(&folder).with_extension("aside");
    fs::rename(log(&folder), &aside).unwrap();
    for _ in 0..2 {
        let told = refused(&folder);
        assert!(told.contains(log(&folder).to_str().unwrap()), "{told}");
        History::open(&folder.ledger()).unwrap_err();
    }
    fs::write(log(&folder), "").unwrap();
    refused(&folder);
    fs::rename(aside, log(&folder)).unwrap();
    assert!(!is_known(&folder, "gold"), "the service may have silver");
    assert!(!log(&folder).exists());
    fs::rename(folder.ledger(), folder.ledger().with_extension("moved")).unwrap();
    open(&folder.ledger().with_extension("moved"));
}

#[test]
fn who_only_looks_leaves_the_log_where_it_is() {
    let folder = killed();
    for _ in 0..2 {
        drop(History::open(&folder.ledger()).unwrap());
        assert!(fs::metadata(log(&folder)).unwrap().len() > 0);
    }
    assert!(!is_known(&folder, "gold"));
}

#[test]
fn a_process_that_is_killed_as_soon_as_it_has_the_ledger_leaves_a_whole_one() {
    let folder = Folder::new();
    let new = open(&folder.ledger());
    drop(open(&folder.killed().ledger()));
    drop(new);
    open(&folder.ledger()).acknowledge(&tier("gold")).unwrap();
    let _held = open(&folder.ledger());
    assert!(is_known(&folder.killed(), "gold"));
}

#[test]
fn the_log_of_another_ledger_is_never_taken_for_ones_own() {
    let (folder, strange) = (Folder::new(), killed());
    open(&folder.ledger()).acknowledge(&tier("gold")).unwrap();
    fs::copy(log(&strange), log(&folder)).unwrap();
    assert!(is_known(&folder, "gold"));

    fs::copy(log(&strange), log(&folder)).unwrap();
    fs::remove_file(folder.ledger()).unwrap();
    assert!(refused(&folder).contains("moved away"));
    assert!(!folder.ledger().exists());
    fs::remove_file(log(&folder)).unwrap();
    assert!(!is_known(&folder, "gold"));
}

#[test]
fn a_ledger_that_is_renamed_while_it_is_used_knows_all_of_it_and_can_be_named_back() {
    let folder = Folder::new();
    let mut ledger = open(&folder.ledger());
    ledger.acknowledge(&tier("gold")).unwrap();
    let moved = folder.ledger().with_extension("moved");
    fs::rename(folder.ledger(), &moved).unwrap();
    ledger.acknowledge(&tier("silver")).unwrap();
    drop(ledger);
    assert!(log(&folder).exists(), "it lies where the ledger was");
    let mut ledger = open(&moved);
    assert!(ledger.changed_part(&tier("silver")).unwrap()[0].is_empty());
    ledger.acknowledge(&tier("bronze")).unwrap();
    drop(ledger);
    fs::rename(&moved, folder.ledger()).unwrap();
    assert!(is_known(&folder, "bronze"));
}

#[test]
fn every_path_to_a_ledger_leads_to_the_same_lock() {
    let (folder, other) = (Folder::new(), Folder::new());
    let home = folder.ledger();
    let held = open(&home);
    let of_file = other.ledger();
    symlink(&home, &of_file).unwrap();
    let of_folder = of_file.with_extension("folder");
    symlink(home.parent().unwrap(), &of_folder).unwrap();
    let paths = [&of_file, &of_folder.join("ledger.db")];
    for path in paths {
        let error = Ledger::open(path, Busy::Refuse).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LedgerBusy);
        assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
    }
    drop(held);
    for path in paths {
        let held = open(path);
        assert_eq!(Ledger::open(&home, Busy::Refuse).unwrap_err().kind(), ErrorKind::LedgerBusy);
        drop(held);
    }
    fs::hard_link(&home, home.with_extension("twin")).unwrap();
    assert!(refused(&folder).contains("hard links"));
    fs::remove_file(&home).unwrap();
    assert_eq!(Ledger::open(&of_file, Busy::Refuse).unwrap_err().kind(), ErrorKind::Io, "it leads nowhere");
}

#[test]
fn a_ledger_that_was_cut_short_is_no_new_one() {
    let folder = Folder::new();
    fs::write(folder.ledger(), "").unwrap();
    assert!(refused(&folder).contains("it is empty"));
    assert_eq!(fs::metadata(folder.ledger()).unwrap().len(), 0);
}
