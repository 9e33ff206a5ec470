//! Opening a data folder: one process, known versions, nothing left behind by a crash.

use fanpass_model::{SegmentName, UserId};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, Clock, Ids, Mode, RowReject, Stage, Store, StoreErrorKind};
use rusqlite::Connection;
use tempfile::TempDir;

use super::open;

#[tokio::test]
async fn a_second_opening_is_refused_and_names_the_folder_until_the_first_is_gone() {
    let folder = TempDir::new().unwrap();
    let first = open(&folder);
    let error = Store::open(folder.path(), Clock::system(), Ids::random()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Locked);
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    drop(first);
    open(&folder);
}

#[tokio::test]
async fn a_folder_that_a_newer_service_wrote_is_refused_untouched() {
    let folder = TempDir::new().unwrap();
    drop(open(&folder));
    let connection = Connection::open(folder.path().join("service.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);

    let error = Store::open(folder.path(), Clock::system(), Ids::random()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::TooNew);
    assert!(error.to_string().contains("version 99"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_as_damaged() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("segments.db"), vec![7; 10_000]).unwrap();
    let error = Store::open(folder.path(), Clock::system(), Ids::random()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains("segments.db"), "{error}");
}

/// A list that is not in the index of those that versions name would be taken for one that nobody needs, and deleted.
#[tokio::test]
async fn a_file_whose_index_lacks_rows_is_refused_untouched() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let rows = (0..100).map(|number| Ok::<_, RowReject>(format!("fan-{number}")));
    let name = SegmentName::new("season").unwrap();
    imports.publish(name, Mode::Replace, rows, Caller::default()).await.unwrap();
    drop((imports, store));
    let path = folder.path().join("segments.db");
    let connection = Connection::open(&path).unwrap();
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, usize>(0)).unwrap();
    let root = number("SELECT rootpage FROM sqlite_schema WHERE name = 'versions_by_base'");
    let size = number("PRAGMA page_size");
    drop(connection);
    let mut bytes = std::fs::read(&path).unwrap();
    // How many rows the page has (<https://sqlite.org/fileformat2.html>, 1.6).
    bytes[(root - 1) * size + 3..][..2].fill(0);
    std::fs::write(&path, &bytes).unwrap();

    let error = Store::open(folder.path(), Clock::system(), Ids::random()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains("segments.db is damaged: in table `versions`"), "{error}");
    assert!(std::fs::read(&path).unwrap() == bytes);
}

#[tokio::test]
async fn lists_that_nobody_names_are_deleted() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder);
    let options = ImportOptions { versions_kept: 0, ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    let name = SegmentName::new("season").unwrap();
    for ids in [["a", "b"], ["c", "d"]] {
        let rows = ids.into_iter().map(Ok::<_, RowReject>);
        imports.publish(name.clone(), Mode::Replace, rows, Caller::default()).await.unwrap();
    }
    store.swept().await.unwrap();
    let blocks = || -> Vec<Vec<u8>> {
        let connection = Connection::open(folder.path().join("segments.db")).unwrap();
        let mut statement = connection.prepare("SELECT first_id FROM blocks").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(blocks(), [b"c"]);

    drop((imports, store));
    let connection = Connection::open(folder.path().join("segments.db")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO lists (list, import) VALUES (77, 1); INSERT INTO blocks VALUES (77, x'7a', 1, x'00')",
        )
        .unwrap();
    drop(connection);
    open(&folder).swept().await.unwrap();
    assert_eq!(blocks(), [b"c"]);
}

#[cfg(unix)]
#[tokio::test]
async fn no_file_is_open_to_others_even_in_a_folder_that_is() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let store = open(&folder);
    store.append_audit(fanpass_server::store::AuditEntry::default()).await.unwrap();
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let upload = imports.receive().await.unwrap();
    let spooled = folder.path().join("spool").join(upload.id().as_str());
    assert_eq!(std::fs::metadata(spooled).unwrap().permissions().mode() & 0o777, 0o600);
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} has mode {mode:o}", entry.path());
        seen.push(entry.file_name().into_string().unwrap());
    }
    for name in ["segments.db", "service.db", "service.db-wal", "lock"] {
        assert!(seen.iter().any(|seen| seen == name), "{name} is not among {seen:?}");
    }
}

#[tokio::test]
async fn a_folder_of_the_first_schema_is_brought_up_to_date() {
    let folder = TempDir::new().unwrap();
    let connection = Connection::open(folder.path().join("segments.db")).unwrap();
    connection.execute_batch(include_str!("../../../src/store/schema/segments_1.sql")).unwrap();
    let ids = {
        let mut builder = fanpass_sorted::BlockBuilder::default();
        for id in ["a", "b"] {
            assert!(builder.push(id.as_bytes()).is_none());
        }
        builder.finish().unwrap().ids
    };
    connection
        .execute_batch(
            "PRAGMA user_version = 1; INSERT INTO imports (id, segment, state, total, imported, created_at, updated_at) \
             VALUES ('one', 'cup', 'completed', 2, 2, 5, 5), ('two', 'cup', 'failed', 1, 0, 6, 6); \
             INSERT INTO import_errors VALUES (2, 0, 1, 'empty_id', 'empty', NULL); \
             INSERT INTO versions VALUES (7, 1); INSERT INTO segments VALUES ('cup', 7, 1, 2, 5);",
        )
        .unwrap();
    connection.execute("INSERT INTO blocks VALUES (7, x'61', 2, ?1)", [ids]).unwrap();
    drop(connection);

    let store = open(&folder);
    let name = SegmentName::new("cup").unwrap();
    let members = store.members(&name, None, 10).await.unwrap();
    assert_eq!(members.iter().map(UserId::as_str).collect::<Vec<_>>(), ["a", "b"]);
    let [version] = &store.versions(&name).await.unwrap()[..] else { panic!("one version") };
    assert_eq!((version.version, version.members, version.served), (1, 2, true));
    let jobs = store.import_jobs(None, None, 10).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.stage).collect::<Vec<_>>(), [Stage::Failed, Stage::Published]);
    assert_eq!(store.import_rejects(&jobs[0].id, 0, 10).await.unwrap().len(), 1);
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let rows = ["c"].into_iter().map(Ok::<_, RowReject>);
    imports.publish(name.clone(), Mode::Append, rows, Caller::default()).await.unwrap();
    assert_eq!(store.segment(&name).await.unwrap().unwrap().members, 3);
}

#[tokio::test]
async fn users_and_tokens_of_the_first_version_are_taken_over() {
    let folder = TempDir::new().unwrap();
    let segments = Connection::open(folder.path().join("segments.db")).unwrap();
    segments.execute_batch(include_str!("../../../src/store/schema/segments_1.sql")).unwrap();
    segments.pragma_update(None, "user_version", 1).unwrap();
    drop(segments);
    let connection = Connection::open(folder.path().join("service.db")).unwrap();
    connection.execute_batch(include_str!("../../../src/store/schema/service_1.sql")).unwrap();
    connection
        .execute_batch(
            r#"INSERT INTO users VALUES ('1', '{"custom.tier":"gold"}', 5), ('2', '{}', 6);
               INSERT INTO tokens VALUES ('a', 'nightly', '["read"]', 1, 2, NULL);
               PRAGMA user_version = 1"#,
        )
        .unwrap();
    drop(connection);

    let store = open(&folder);
    assert_eq!(store.users(None, 10).await.unwrap().total, 2);
    let token = store.token("a").await.unwrap().unwrap();
    assert_eq!((token.kid, token.last_used_at), (None, None));
    let user = fanpass_model::UserId::new("1").unwrap();
    assert_eq!(store.user_changes(&user, None, 10).await.unwrap().changes, []);
    let tier = (fanpass_model::attribute_key!("custom.tier"), "silver".into());
    let changes = fanpass_model::UserProperties::from_iter([tier]);
    store.upsert_user(&user, &changes, fanpass_server::store::AuditEntry::default()).await.unwrap();
    let changes = store.user_changes(&user, None, 10).await.unwrap().changes;
    assert_eq!(changes[0].attributes[0].before, "gold".into());
}
