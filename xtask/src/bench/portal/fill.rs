//! What stands behind the Portal: the users of the audiences, a large segment and small ones, and as much of all else.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use rusqlite::Connection;

use crate::bench::targeting::data::Data;
use crate::bench::targeting::{await_columns, fill as fill_users};

/// Segments beside the large one.
const SEGMENTS: u32 = 120;

/// Rows that the service would have written, by numbers from 1 on: how many, and what.
const ROWS: [(u32, &str); 5] = [
    (
        300_000,
        "audit (at, request_id, subject, operation, status, target)
         SELECT 1785553200000000 + i, 'r' || i, 'crm', 'getUser', 200, 'user:' || (i % 100000)",
    ),
    (200, "attributes (key, description, registered_at) SELECT 'custom.a' || i, 'The ' || i || '.', 0"),
    (
        5_000,
        "tokens (jti, subject, scopes, issued_at, expires_at)
         SELECT 't' || i, 'job ' || i, '[\"read\"]', i, 1785553200000000",
    ),
    (10_000, "dead_letters (user, key, at, reason) SELECT 'fan-1', 'user_properties.p' || i, 0, 'refused'"),
    (
        48,
        "audiences (name, expression, created_at, updated_at)
         SELECT 'born ' || i, 'segment(\"fans\") && custom.born >= ' || (1940 + i), 0, 0",
    ),
];

/// The audiences that cost most to page: two that select nobody, and one that nearly does.
const HARD: &str = r#"INSERT INTO audiences (name, expression, created_at, updated_at) VALUES
    ('nobody', 'segment("fans") && custom.spend > 1000', 0, 0),
    ('outside', 'segment("fans") && !segment("fans")', 0, 0),
    ('hard', 'segment("fans") && custom.spend >= 999.9 && !(custom.city == "city-7")', 0, 0);"#;

pub(super) fn fill(tool: &Path, users: u32, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let data = Data::write(users, folder)?;
    let service = fill_users(tool, &data, folder)?;
    // Their rows are short, and one of them is refused.
    let small = folder.join("small.csv");
    let mut rows = File::create(&small)?;
    writeln!(rows, "user_id\n{}", "x".repeat(1_000))?;
    (0..1_000).try_for_each(|row| writeln!(rows, "fan-{row}"))?;
    drop(rows);
    let small = small.display().to_string();
    for number in 0..SEGMENTS {
        service.run(&["segments", "import", &format!("day-{number}"), "--file", &small])?;
    }
    for city in 0..10 {
        let set = format!("custom.city=city-{city}");
        service.run(&["users", "update", "fan-1", "--set", &set])?;
    }
    await_columns(&service)?;
    drop(service);
    insert(&folder.join("data/service.db"))
}

fn insert(database: &Path) -> Result<()> {
    let connection = Connection::open(database)?;
    for (most, rows) in ROWS {
        connection.execute_batch(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) \
             INSERT INTO {rows} FROM n"
        ))?;
    }
    Ok(connection.execute_batch(HARD)?)
}
