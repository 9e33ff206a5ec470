//! Audiences of many users: counted by the service, and by the same as SQL on PostgreSQL and `DuckDB`.

mod call;
pub(super) mod data;
mod duckdb;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::service::postgres::Postgres;
use super::service::served::Served;
use super::{Options, median};
use data::Data;
use duckdb::DuckDb;

/// What is counted, nobody first, which tells what a call costs: as an audience, and as a condition of SQL on `users`, with `members` the ids of the segment.
const AUDIENCES: [(&str, &str); 6] = [
    ("false", "false"),
    (r#"custom.loyalty_tier in ["gold", "platinum"]"#, "tier IN ('gold', 'platinum')"),
    ("custom.spend >= 500 && custom.newsletter == true", "spend >= 500 AND newsletter"),
    (
        r#"segment("fans") && custom.loyalty_tier in ["gold", "platinum"]"#,
        "tier IN ('gold', 'platinum') AND id IN (SELECT id FROM members)",
    ),
    (
        r#"segment("fans") && custom.spend >= 900 && !(custom.city == "city-7")"#,
        "spend >= 900 AND city IS DISTINCT FROM 'city-7' AND id IN (SELECT id FROM members)",
    ),
    (
        r#"custom.loyalty_tier == "platinum" && !segment("fans")"#,
        "tier = 'platinum' AND NOT EXISTS (SELECT 1 FROM members WHERE members.id = users.id)",
    ),
];

/// Between two looks whether the columns are built.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Rounds {
    users: u64,
    ours: Vec<f64>,
    postgres: Vec<f64>,
    duckdb: Vec<f64>,
    of_better: Vec<f64>,
}

pub(super) fn run(tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let folder = TempDir::new()?;
    let data = Data::write(options.targeted, folder.path())?;
    let service = fill(tool, &data, folder.path())?;
    built(&service, &folder, options, out)?;
    let postgres = Postgres::start()?;
    if let Some(postgres) = &postgres {
        data.load(postgres)?;
    }
    let duckdb = DuckDb::start(&data, folder.path())?;
    if duckdb.is_none() {
        writeln!(out, "No `python3` here has the package `duckdb`, so DuckDB was not measured.\n")?;
    }
    let mut audiences = AUDIENCES.map(|_| Rounds::default());
    for _ in 0..options.rounds {
        for ((expression, sql), rounds) in AUDIENCES.iter().zip(&mut audiences) {
            rounds.measure(&service, expression, sql, postgres.as_ref(), duckdb.as_ref())?;
        }
    }
    writeln!(out, "| count | users | ours, ms | PostgreSQL, ms | DuckDB, ms | of the better | at most |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    for ((expression, _), rounds) in AUDIENCES.iter().zip(audiences) {
        let [ours, postgres, duckdb] =
            [rounds.ours, rounds.postgres, rounds.duckdb].map(|times| median(times, 1));
        let ratio = median(rounds.of_better, 2);
        writeln!(
            out,
            "| `{}` | {} | {ours} | {postgres} | {duckdb} | {ratio} | 1 |",
            expression.replace('|', "\\|"),
            rounds.users
        )?;
    }
    writeln!(out)?;
    Ok(())
}

impl Rounds {
    fn measure(
        &mut self,
        service: &Served,
        expression: &str,
        sql: &str,
        postgres: Option<&Postgres>,
        duckdb: Option<&DuckDb>,
    ) -> Result<()> {
        let began = Instant::now();
        self.users = call::count(service, expression)?.context("the columns are not built")?;
        let ours = milliseconds(began);
        self.ours.push(ours);
        let mut others = Vec::new();
        let statement = format!("SELECT count(*) FROM users WHERE {sql}");
        if let Some(postgres) = postgres {
            let (users, time) = postgres_count(postgres, &statement)?;
            ensure!(users == self.users, "{expression}: PostgreSQL finds {users} and not {}", self.users);
            self.postgres.push(time);
            others.push(time);
        }
        if let Some(duckdb) = duckdb {
            let (users, time) = duckdb.count(&statement)?;
            ensure!(users == self.users, "{expression}: DuckDB finds {users} and not {}", self.users);
            self.duckdb.push(time);
            others.push(time);
        }
        self.of_better.extend(others.into_iter().reduce(f64::min).map(|better| ours / better));
        Ok(())
    }
}

/// A service with the segment, and with users that stand in its folder as it would have written them.
pub(super) fn fill(tool: &Path, data: &Data, folder: &Path) -> Result<Served> {
    let service = Served::start(tool, folder)?;
    for (key, kind) in data::ATTRIBUTES {
        service.run(&["attributes", "register", key, "--type", kind])?;
    }
    let members = data.members.display().to_string();
    service.run(&["segments", "import", "fans", "--wait", "--file", &members])?;
    drop(service);
    data.insert(&folder.join("data/service.db"))?;
    // Nothing tells the columns of users who came past the service.
    for file in ["columns.db", "columns.db-wal", "columns.db-shm"] {
        let _ = fs::remove_file(folder.join("data").join(file));
    }
    Served::start(tool, folder)
}

/// Waits for the columns, and tells what they cost.
fn built(service: &Served, folder: &TempDir, options: &Options, out: &mut impl Write) -> Result<()> {
    let began = Instant::now();
    await_columns(service)?;
    let seconds = began.elapsed().as_secs_f64();
    // The log may hold what the file does not yet.
    let file = |name: &str| fs::metadata(folder.path().join("data").join(name)).map_or(0, |file| file.len());
    let bytes = file("columns.db").max(file("columns.db-wal"));
    let peak = service.memory("VmHWM");
    writeln!(out, "| columns of {} users with 8 attributes | |", options.targeted)?;
    writeln!(out, "| --- | ---: |")?;
    writeln!(out, "| built, s | {seconds:.1} |")?;
    writeln!(out, "| MB on disk | {} |", bytes / 1_000_000)?;
    writeln!(
        out,
        "| peak memory of the service until then, MiB | {} |",
        median(peak.into_iter().collect(), 0)
    )?;
    writeln!(out)?;
    Ok(())
}

pub(super) fn await_columns(service: &Served) -> Result<()> {
    while call::count(service, "true")?.is_none() {
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// The count, and the milliseconds that psql says it took.
fn postgres_count(postgres: &Postgres, statement: &str) -> Result<(u64, f64)> {
    let printed = postgres.timed(statement)?;
    let number = |line: &str| line.trim().parse::<u64>().ok();
    let users = printed.lines().find_map(number).context("psql printed no count")?;
    let time = printed.lines().find_map(|line| line.strip_prefix("Time: ")?.split(' ').next()?.parse().ok());
    Ok((users, time.context("psql printed no time")?))
}

pub(super) fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}
