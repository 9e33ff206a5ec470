//! A copy that is damaged, or lacks what is forgotten: the check names it, and the service makes another.

use std::fs;
use std::path::Path;

use fanpass_model::{UserId, UserProperties};
use fanpass_testkit::Chance;
use tempfile::TempDir;

use super::{KEYS, Users, audit, copied, erase, expected, key, open, update, wait};
use crate::store::{StoreErrorKind, check};

/// Runs `statement` on a file of the folder, on which no service runs.
fn sql(folder: &Path, file: &str, statement: &str) {
    rusqlite::Connection::open(folder.join(file)).unwrap().execute_batch(statement).unwrap();
}

/// A folder with a copy of 300 updates of users, on which no service runs any more.
fn stopped() -> (TempDir, Users) {
    let folder = TempDir::new().unwrap();
    let (store, mut users) = (open(folder.path()), Users::new());
    update(&store, &mut users, &mut Chance::new(2), 300);
    assert_eq!(copied(&store, 1), expected(&users));
    drop(store);
    (folder, users)
}

#[test]
fn each_damage_is_named_and_the_copy_is_made_anew() {
    for (damage, wanted) in [
        ("UPDATE ids SET ids = zeroblob(length(ids))", "block 1: a list of ids is not what was written"),
        (
            "UPDATE columns SET codes = zeroblob(length(codes))",
            "block 1: attribute 0: a column is not what was written",
        ),
        (
            "UPDATE blocks SET first_id = x'40' WHERE block = 2",
            "the place of a block is not what was written",
        ),
        ("UPDATE blocks SET users = users + 1", "the place of a block is not what was written"),
        ("UPDATE blocks SET block = block + 16", "the place of a block is not what was written"),
        ("DELETE FROM blocks WHERE block = 1", "the number of rows is not what was written"),
        ("DELETE FROM keys", "the number of rows is not what was written"),
        (
            "UPDATE keys SET key = 'custom.zz' WHERE number = 0",
            "the key of an attribute is not what was written",
        ),
        ("DELETE FROM columns WHERE place = 1", "block 1: attribute 0: a column is not what was written"),
        (
            "UPDATE columns SET place = 17 WHERE place = 1",
            "block 1: attribute 0: a column is not what was written",
        ),
        (
            "UPDATE columns SET codes = other.codes, seal = other.seal FROM columns AS other \
             WHERE columns.place = 1 AND other.place = 2",
            "block 1: attribute 0: a column is not what was written",
        ),
        ("INSERT INTO columns VALUES (77, x'', 0)", "blocks: 1 columns belong to none"),
        (
            "UPDATE ids SET place = place + 1 WHERE place = 4096",
            "block 1: a list of ids is not what was written",
        ),
        ("DELETE FROM ids WHERE place = 4096", "block 1: a list of ids is not what was written"),
        ("INSERT INTO ids VALUES (409600, x'', 0)", "blocks: 1 pieces of ids belong to none"),
        ("INSERT INTO overlay VALUES (x'61', x'', 1)", "the number of rows is not what was written"),
        ("UPDATE standing SET taken = 100000", "what it says of itself is not what was written"),
        ("UPDATE standing SET built = 0", "it is not finished"),
    ] {
        let (folder, _) = stopped();
        sql(folder.path(), "columns.db", damage);
        let findings = check(folder.path()).unwrap().findings;
        assert!(!findings.is_empty(), "{damage}");
        let named =
            findings.iter().any(|finding| format!("{}: {}", finding.place, finding.what).contains(wanted));
        assert!(named, "{damage}: {findings:#?}");
        assert!(findings.iter().all(|finding| finding.next.contains("anew")), "{findings:#?}");
    }
}

#[test]
fn a_damaged_file_is_made_anew_when_it_is_met() {
    let (folder, mut users) = stopped();
    for damage in [
        "UPDATE columns SET codes = zeroblob(length(codes))",
        "UPDATE columns SET place = place + 16",
        "UPDATE ids SET ids = zeroblob(length(ids))",
        "UPDATE ids SET place = place + 16",
    ] {
        sql(folder.path(), "columns.db", damage);
        let store = open(folder.path());
        let met = store.0.columns.read("read all", ("", usize::MAX), 2, |view, blocks| {
            for index in blocks {
                let block = view.block(index).unwrap();
                block.ids()?.at(0)?;
                block.column(view.key(&key(KEYS[0])).unwrap())?;
            }
            Ok(())
        });
        assert_eq!(met.unwrap_err().kind(), StoreErrorKind::Busy);
        assert_eq!(copied(&store, 1), expected(&users));
    }
    for overlaid in ["gold", "Gold"] {
        let store = open(folder.path());
        let changes = UserProperties::from_iter([(key(KEYS[0]), overlaid.into())]);
        wait(store.upsert_user(&UserId::new("overlaid").unwrap(), &changes, audit())).unwrap();
        users.insert("overlaid".to_owned(), changes);
        assert_eq!(copied(&store, 1), expected(&users));
        drop(store);
        let damage =
            "UPDATE overlay SET attributes = CAST(replace(CAST(attributes AS TEXT), 'old', 'one') AS BLOB)";
        sql(folder.path(), "columns.db", damage);
        let store = open(folder.path());
        let met = wait(store.attribute_use(&key(KEYS[0]), 5));
        assert_eq!(met.unwrap_err().kind(), StoreErrorKind::Busy);
        assert_eq!(copied(&store, 1), expected(&users));
    }
    for damage in [
        "UPDATE standing SET request_id = CAST(x'ff' AS TEXT)",
        "UPDATE standing SET overlay = overlay + 1",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'taken', 'tbken')",
    ] {
        sql(folder.path(), "columns.db", damage);
        assert_eq!(copied(&open(folder.path()), 1), expected(&users), "{damage}");
    }
    for content in [&b"no database"[..], b""] {
        fs::write(folder.path().join("columns.db"), content).unwrap();
        assert_eq!(copied(&open(folder.path()), 1), expected(&users));
    }
    for version in [99, 1] {
        sql(folder.path(), "columns.db", &format!("PRAGMA user_version = {version}"));
        assert_eq!(copied(&open(folder.path()), 1), expected(&users));
    }
}

#[test]
fn a_page_that_has_lost_its_rows_is_met_before_anybody_counts_by_it() {
    let (folder, users) = stopped();
    let path = folder.path().join("columns.db");
    let whole = fs::read(&path).unwrap();
    let mut hit = 0;
    // Pages of trees, by their first byte (<https://sqlite.org/fileformat2.html>, 1.6), the schema's aside.
    for page in (16_384..whole.len()).step_by(16_384).filter(|page| [2, 5, 10, 13].contains(&whole[*page])) {
        let mut damaged = whole.clone();
        damaged[page + 3..][..2].fill(0);
        hit += usize::from(damaged != whole);
        fs::write(&path, damaged).unwrap();
        assert_eq!(copied(&open(folder.path()), 1), expected(&users), "page at {page}");
    }
    assert!(hit > 5, "{hit}");
}

#[test]
fn changes_that_were_forgotten_make_it_anew() {
    let folder = TempDir::new().unwrap();
    let (store, mut users, mut chance) = (open(folder.path()), Users::new(), Chance::new(3));
    update(&store, &mut users, &mut chance, 300);
    assert_eq!(copied(&store, 1), expected(&users));
    drop(store);
    let old = fs::read(folder.path().join("columns.db")).unwrap();
    let store = open(folder.path());
    update(&store, &mut users, &mut chance, 300);
    let later = store.clock().now() + jiff::SignedDuration::from_hours(1);
    while !wait(store.forget_changes(later)).unwrap() {}
    assert_eq!(copied(&store, 1), expected(&users));
    drop(store);
    fs::write(folder.path().join("columns.db"), old).unwrap();
    assert_eq!(copied(&open(folder.path()), 1), expected(&users));
}

#[test]
fn a_copy_of_another_history_of_the_users_is_named_and_made_anew_although_the_numbers_fit() {
    for (known, since) in [(300, 300), (300, 500), (0, 1)] {
        let folder = TempDir::new().unwrap();
        let service = folder.path().join("service.db");
        let (store, mut users, mut chance) = (open(folder.path()), Users::new(), Chance::new(4));
        update(&store, &mut users, &mut chance, 300);
        drop(store);
        let old = fs::read(&service).unwrap();
        let store = open(folder.path());
        let mut lost = users.clone();
        update(&store, &mut lost, &mut chance, known);
        // No change tells of it.
        let (erased, _) = lost.pop_first().unwrap();
        erase(&store, &erased);
        assert_eq!(copied(&store, 1), expected(&lost));
        drop(store);
        fs::write(&service, old).unwrap();
        let store = open(folder.path());
        update(&store, &mut users, &mut chance, since);
        let findings = check(folder.path()).unwrap().findings;
        assert!(findings[0].what.contains("calls that service.db does not have"), "{findings:#?}");
        assert_eq!(copied(&store, 1), expected(&users), "{known} {since}");
        drop(store);
        assert_eq!(check(folder.path()).unwrap().findings, []);
    }
}
