//! Calls over HTTP: durable updates and look-ups beside the service's own handler that does nothing.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::Served;
use super::postgres::Postgres;
use crate::bench::process::{Place, find, measure};
use crate::bench::{Options, median};

/// Members of the segment that is looked into.
const MEMBERS: u32 = 1_000_000;

/// What is called: its name, its script for wrk, the share of the no-op rate that it has to reach, and its highest p99.
const CALLS: [(&str, &str, &str, &str); 5] = [
    ("`GET /healthz`, the no-op", r#"return wrk.format("GET", "/healthz")"#, "", ""),
    (
        "nothing but a token and a record: no attributes",
        r#"return wrk.format("GET", "/service/v1/attributes")"#,
        "",
        "",
    ),
    (
        "update_user, durable",
        r#"local body = string.format('{"userId":"fan-%d","userProperties":{"user_properties.sth":true}}', fan)
           return wrk.format("POST", "/api/v1/update_user", nil, body)"#,
        "0.5",
        "25",
    ),
    (
        "is this user in the segment",
        r#"return wrk.format("GET", "/service/v1/segment/member?segmentName=fans&userId=fan-" .. fan)"#,
        "0.8",
        "",
    ),
    (
        "what is known of this user",
        r#"return wrk.format("GET", "/service/v1/user?userId=fan-" .. fan)"#,
        "",
        "",
    ),
];

#[derive(Default)]
struct Rounds {
    rates: Vec<f64>,
    of_nothing: Vec<f64>,
    slowest: Vec<f64>,
}

pub(super) fn run(tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let Some(wrk) = find("wrk") else {
        writeln!(out, "wrk is not installed, so no calls were measured (Debian: `apt-get install wrk`).\n")?;
        return Ok(());
    };
    let postgres = Postgres::start()?;
    let folder = TempDir::new()?;
    let service = Served::start(tool, &folder)?;
    fill(&service, &folder)?;
    let mut calls = CALLS.map(|_| Rounds::default());
    let mut inserts = Vec::new();
    for _ in 0..options.rounds {
        let mut nothing = None;
        for ((_, request, ..), rounds) in CALLS.iter().zip(&mut calls) {
            let (rate, slowest) = load(&wrk, &service, request, options)?;
            rounds.rates.push(rate);
            rounds.of_nothing.push(rate / *nothing.get_or_insert(rate));
            rounds.slowest.push(slowest);
        }
        if let Some(postgres) = &postgres {
            inserts.push(postgres.updates(options.connections, options.seconds)?);
        }
    }
    writeln!(
        out,
        "| {} connections | calls/s | of the no-op | at least | p99 ms | at most |",
        options.connections
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: |")?;
    for ((name, _, least, most), rounds) in CALLS.iter().zip(calls) {
        let (rate, ratio) = (median(rounds.rates, 0), median(rounds.of_nothing, 2));
        writeln!(out, "| {name} | {rate} | {ratio} | {least} | {} | {most} |", median(rounds.slowest, 1))?;
    }
    if postgres.is_some() {
        writeln!(out, "| PostgreSQL `INSERT … ON CONFLICT`, pgbench | {} | | | | |", median(inserts, 0))?;
    }
    writeln!(out)?;
    Ok(())
}

/// A segment of a million fans.
fn fill(service: &Served, folder: &TempDir) -> Result<()> {
    let file = folder.path().join("fans.csv");
    let ids: Vec<String> = (1..=MEMBERS).map(|fan| format!("fan-{fan}")).collect();
    fs::write(&file, format!("user_id\n{}\n", ids.join("\n")))?;
    service.run(&["segments", "import", "fans", "--wait", "--file", &file.display().to_string()])?;
    Ok(())
}

/// Calls a second, and the latency in milliseconds that one in a hundred exceeds.
fn load(wrk: &Path, service: &Served, request: &str, options: &Options) -> Result<(f64, f64)> {
    let folder = TempDir::new()?;
    let script = folder.path().join("call.lua");
    let token = &service.token;
    fs::write(
        &script,
        format!(
            "wrk.headers[\"Authorization\"] = \"Bearer {token}\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n\
             function request()\nlocal fan = math.random(1, {MEMBERS})\n{request}\nend\n"
        ),
    )?;
    let script = script.display().to_string();
    let (connections, seconds) = (options.connections.to_string(), options.seconds.to_string());
    let arguments = ["-t1", "--latency", "-c", &connections, "-d", &seconds, "-s", &script, &service.origin];
    let printed = measure(wrk, &arguments, Place::Anywhere)?.output;
    let line = |start: &str| printed.lines().find_map(|line| line.trim().strip_prefix(start));
    anyhow::ensure!(line("Non-2xx or 3xx responses:").is_none(), "calls were refused:\n{printed}");
    let rate = line("Requests/sec:").context("wrk printed no rate")?.trim().parse()?;
    let slowest = milliseconds(line("99%").context("wrk printed no latency")?.trim())?;
    Ok((rate, slowest))
}

/// A time as wrk writes it.
fn milliseconds(text: &str) -> Result<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1000.0)];
    let (number, unit) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .with_context(|| format!("`{text}` is no time"))?;
    Ok(number.parse::<f64>()? * unit)
}
