//! Data folders that older versions wrote, opened by the present one: nothing is lost.
//!
//! `tests/fixtures/schema` holds a dump of each database for each version that was released, as that release wrote it.
//! Versions in between are made from the dump before them and the scripts that lead on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fanpass_server::store::check;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::checks::keep_private;
use crate::harness::{Harness, status_of};

const DATABASES: [&str; 2] = ["segments", "service"];

/// SQL files of a database by their version, in a folder of this crate.
fn scripts(folder: &str, database: &str) -> BTreeMap<usize, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let versions = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    versions
        .filter_map(|path| Some((version_of(&path, database)?, fs::read_to_string(&path).unwrap())))
        .collect()
}

fn version_of(path: &Path, database: &str) -> Option<usize> {
    path.file_stem()?.to_str()?.strip_prefix(database)?.strip_prefix('_')?.parse().ok()
}

/// Makes a database as `version` had it, out of the newest dump that is not newer.
fn make(folder: &Path, database: &str, version: usize) {
    let dumps = scripts("tests/fixtures/schema", database);
    let (from, dump) = dumps.range(..=version).next_back().expect("a dump of the first version");
    let path = folder.join(format!("{database}.db"));
    fs::write(&path, "").unwrap();
    keep_private(&path);
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(dump).unwrap();
    for (_, script) in
        scripts("src/store/schema", database).range(..=version).filter(|(leads_to, _)| *leads_to > from)
    {
        connection.execute_batch(script).unwrap();
    }
    connection.pragma_update(None, "user_version", version).unwrap();
}

fn schema(folder: &Path, database: &str) -> Vec<(String, Option<String>)> {
    let connection = Connection::open(folder.join(format!("{database}.db"))).unwrap();
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// The id of the data folder, as a database has it.
fn id(folder: &Path, database: &str) -> String {
    let connection = Connection::open(folder.join(format!("{database}.db"))).unwrap();
    connection.query_row("SELECT id FROM folder", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn data_of_every_older_version_survives() {
    let fresh = Harness::start().await;
    let newest = DATABASES.map(|database| *scripts("src/store/schema", database).last_key_value().unwrap().0);
    for version in 1..=newest.into_iter().max().unwrap() {
        let folder = TempDir::new().unwrap();
        for (database, newest) in DATABASES.into_iter().zip(newest) {
            make(folder.path(), database, version.min(newest));
        }
        let harness = Harness::with(|config| config.data = folder.path().to_owned()).await;
        for database in DATABASES {
            let now = schema(folder.path(), database);
            assert_eq!(now, schema(fresh.folder.path(), database), "{database}.db from version {version}");
        }
        survives(&harness, folder.path()).await;
        let check = check(folder.path()).unwrap();
        assert_eq!(check.findings, [], "from version {version}");
        assert_eq!(id(folder.path(), "segments"), id(folder.path(), "service"), "from version {version}");
    }
}

/// What the dumps hold, as callers see it.
async fn survives(harness: &Harness, folder: &Path) {
    let segments = harness.get("/service/v1/segments").await.json();
    let counts: Vec<_> = segments["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|segment| (segment["segmentName"].as_str().unwrap(), segment["memberCount"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [("away", 2), ("holders", 4)]);
    let members = harness.get("/service/v1/segment/members?segmentName=holders").await.json();
    assert_eq!(members["userIds"], json!(["00042", "1e5", "TRUE", "zoë@example.org"]));

    let user = harness.get("/service/v1/user?userId=00042").await.json();
    assert_eq!(user["userProperties"], json!({"custom.tier": "gold", "user_properties.sth": "true"}));
    assert_eq!(user["segments"], json!(["holders"]));
    let attributes = harness.get("/service/v1/attributes").await.json();
    let tier =
        attributes["attributes"].as_array().unwrap().iter().find(|known| known["key"] == "custom.tier");
    assert_eq!(tier.unwrap()["type"], "string");

    let done = harness.call(status_of("01a2103e-ec5e-72e6-8cb6-53ebba560e60")).await.json();
    assert_eq!((&done["status"], &done["total_rows"]), (&json!("completed"), &json!(5)), "{done}");
    assert_eq!(
        (&done["imported_rows"], &done["duplicate_rows"], &done["rejected_rows"]),
        (&json!(2), &json!(1), &json!(2))
    );
    assert_eq!((&done["errors"][0]["code"], &done["errors"][1]["row"]), (&json!("too_long"), &json!(6)));
    let failed = harness.call(status_of("01a2103e-ec9d-7716-94d2-4530703d8b04")).await.json();
    assert_eq!(failed["status"], "failed", "{failed}");
    assert!(failed["message"].as_str().unwrap().contains("no row holds a usable user id"), "{failed}");

    let tokens = harness.get("/service/v1/tokens").await.json();
    let of = |subject: &str| {
        let tokens = tokens["tokens"].as_array().unwrap();
        tokens.iter().find(|token| token["subject"] == subject).unwrap().clone()
    };
    assert_eq!(of("nightly-export")["scopes"], json!(["segments:write", "users:write", "read"]));
    assert_eq!(of("old-job")["revokedAt"], "2026-11-25T01:08:09.832155Z");
    let service = Connection::open(folder.join("service.db")).unwrap();
    let kept: i64 = service
        .query_row("SELECT count(*) FROM audit WHERE sequence <= 16 AND request_id <> 'x'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(kept, 16, "audit records");
}
