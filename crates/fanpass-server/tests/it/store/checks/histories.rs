//! Histories of users, and their columns: what one says of another user, or leaves out, is found.

use std::fs;
use std::path::Path;

use fanpass_server::store::{Clock, Ids, Store, restore, snapshot};
use serde_json::json;
use tempfile::TempDir;

use super::{found, sql};
use crate::harness::{Call, Harness, post, update};

const USERS: u32 = 9;

/// A service with some users, each with several changes, of whom the columns know; `u8` is erased again.
async fn service() -> Harness {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    harness.register("custom.points", "number").await;
    for round in 0..3 {
        for user in 0..USERS {
            let properties = json!({"custom.tier": format!("t{round}"), "custom.points": round * user});
            let request = json!({"userId": format!("u{user}"), "userProperties": properties});
            assert_eq!(harness.call(update(&request.to_string())).await.status, 200);
        }
    }
    assert_eq!(preview(&harness).await, 9);
    assert_eq!(harness.call(Call::new("DELETE", "/service/v1/user?userId=u7")).await.status, 200);
    assert_eq!(preview(&harness).await, 8);
    harness
}

/// How many users the columns find.
async fn preview(harness: &Harness) -> u64 {
    let request = json!({"expression": r#"custom.tier == "t2""#});
    let answer = harness.call(post("/service/v1/audiences/preview").json(&request.to_string())).await;
    answer.json()["userIds"].as_array().unwrap().len().try_into().unwrap()
}

#[tokio::test]
async fn a_history_that_is_not_the_users_own_and_whole_is_named() {
    const TWICE: &str = "1 of them are in more than one history, or twice in one";
    const LOST: &str = "1 of them are in no user's history";
    const STRANGE: &str = "1 of them are in the history of another user";
    const MISSING: &str = "1 of them are missing from the histories that name them";
    let of = |user: &str| format!("(SELECT last_change FROM users WHERE id = '{user}')");
    for (damage, wanted) in [
        (
            format!("UPDATE users SET last_change = {} WHERE id = 'u5'", of("u6")),
            &[LOST, TWICE, STRANGE][..],
        ),
        (
            "CREATE TEMP TABLE other AS SELECT iif(id = 'u5', 'u6', 'u5') AS id, last_change FROM users \
             WHERE id IN ('u5', 'u6'); \
             UPDATE users SET last_change = other.last_change FROM other WHERE other.id = users.id"
                .to_owned(),
            &["2 of them are in the history of another user"],
        ),
        ("UPDATE users SET last_change = NULL WHERE id = 'u5'".to_owned(), &[LOST]),
        ("DELETE FROM user_changes WHERE previous IS NULL AND user = 5".to_owned(), &[MISSING]),
        (format!("DELETE FROM user_changes WHERE sequence = {}", of("u4")), &[LOST, MISSING]),
        (format!("UPDATE user_changes SET previous = NULL WHERE sequence = {}", of("u4")), &[LOST]),
        (format!("UPDATE user_changes SET user = 3 WHERE sequence = {}", of("u4")), &[
            "2 of them are in the history of another user",
        ]),
        ("UPDATE user_changes SET previous = 1000 WHERE sequence = (SELECT max(sequence) FROM user_changes)".to_owned(), &[
            "1 of them cannot have been written as they stand",
            LOST,
            MISSING,
        ]),
    ] {
        let folder = service().await.into_folder().await;
        sql(folder.path(), "service.db", &damage);
        let wanted: Vec<_> = wanted.iter().map(|what| format!("service.db, changes of users: {what}")).collect();
        assert_eq!(found(folder.path()), wanted, "{damage}");
    }
}

#[tokio::test]
async fn what_is_forgotten_or_erased_is_missed_nowhere_and_users_are_who_they_were_after_a_restore() {
    let harness = service().await;
    let kept = TempDir::new().unwrap();
    let (file, restored) = (kept.path().join("snapshot.zip"), kept.path().join("data"));
    snapshot(harness.folder.path(), &file).unwrap();
    restore(&file, &restored, false).unwrap();
    assert_eq!(found(&restored), Vec::<String>::new());

    let clock = harness.clock.clone();
    let until = clock.now();
    clock.advance(1_000_000);
    harness.call(update(r#"{"userId":"u1","userProperties":{"custom.tier":"t2","custom.points":7}}"#)).await;
    let folder = harness.into_folder().await;
    let store = Store::open(folder.path(), Clock::manual(clock.now()), Ids::random()).unwrap();
    while !store.forget_changes(until).await.unwrap() {}
    drop(store);
    assert_eq!(found(folder.path()), Vec::<String>::new());
    // The one change that is kept.
    sql(folder.path(), "service.db", "UPDATE users SET last_change = NULL WHERE id = 'u1'");
    assert_eq!(found(folder.path()), ["service.db, changes of users: 1 of them are in no user's history"]);
}

/// Damages the copy, has that found, and does what is advised.
async fn is_mended(folder: TempDir, database: &str, damage: &str, wanted: &str) {
    sql(folder.path(), database, damage);
    let found_then = found(folder.path());
    assert!(found_then.iter().any(|line| line == wanted), "{damage}: {found_then:#?}");
    fs::remove_file(folder.path().join("columns.db")).unwrap();
    let data = folder.path().to_owned();
    let harness = Harness::with(|config| config.data = data).await;
    assert_eq!(preview(&harness).await, 8);
    harness.into_folder().await;
    assert_eq!(found(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn columns_that_say_something_else_than_the_users_are_named_and_made_anew_once_deleted() {
    for (database, damage, wanted) in [
        (
            "columns.db",
            "DELETE FROM columns",
            "columns.db, block 1: attribute 0: a column is not what was written",
        ),
        (
            "columns.db",
            "UPDATE keys SET key = 'custom.zz' WHERE key = 'custom.tier'",
            "columns.db: it cannot be read further: the key of an attribute is not what was written",
        ),
        (
            "service.db",
            r#"UPDATE users SET attributes = replace(attributes, '"t2"', '"t3"') WHERE id = 'u8';
               UPDATE users SET attributes = replace(attributes, '"t3"', '"t2"') WHERE id = 'u9'"#,
            "columns.db, attribute `custom.tier`: its values are not those of service.db",
        ),
    ] {
        let folder = service().await.into_folder().await;
        if database == "service.db" {
            sql(folder.path(), database, damage);
            let found = found(folder.path());
            assert_eq!(found, [wanted]);
        } else {
            is_mended(folder, database, damage, wanted).await;
        }
    }
}

/// As a killed service leaves it: the copy is some changes behind.
#[tokio::test]
async fn columns_that_are_some_changes_behind_are_held_against_what_they_know() {
    let harness = service().await;
    let older = harness.into_folder().await;
    let folder = TempDir::new().unwrap();
    copy(older.path(), folder.path(), |_| true);
    let data = folder.path().to_owned();
    let harness = Harness::with(|config| config.data = data).await;
    for request in [
        r#"{"userId":"u1","userProperties":{"custom.tier":"t9"}}"#,
        r#"{"userId":"new","userProperties":{"custom.tier":"t9"}}"#,
    ] {
        assert_eq!(harness.call(update(request)).await.status, 200);
    }
    assert_eq!(harness.call(Call::new("DELETE", "/service/v1/user?userId=u2")).await.status, 200);
    assert_eq!(harness.call(Call::new("DELETE", "/service/v1/user?userId=u3")).await.status, 200);
    harness.into_folder().await;
    copy(older.path(), folder.path(), |name| name == "columns.db");
    sql(folder.path(), "service.db", "INSERT INTO touched (id) VALUES ('u2'), ('u3')");
    assert_eq!(found(folder.path()), Vec::<String>::new());
    let damage = r#"UPDATE users SET attributes = replace(attributes, '"t2"', '"t5"') WHERE id = 'u5'"#;
    sql(folder.path(), "service.db", damage);
    let wanted = "columns.db, attribute `custom.tier`: its values are not those of service.db";
    assert_eq!(found(folder.path()), [wanted]);
}

fn copy(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_file() && name != "lock" && wanted(&name) {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}
