//! Forwarding to GA4: how fast the outbox empties, beside what its sink can take.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tempfile::TempDir;

use super::process::{Place, Sink, find};
use super::push::wrk_rate;
use super::service::{Served, write_private};
use super::{Options, median};

/// Requests under way at the same time: as few as by default, and many.
const CONCURRENCIES: [u32; 3] = [1, 8, 64];
/// How often it is asked how much waits.
const ASKED_EVERY: Duration = Duration::from_millis(100);

/// What `fanpass ga4 status --json` says.
#[derive(Deserialize)]
struct Status {
    waiting: u64,
    dead: u64,
}

pub(super) fn run(tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let (Some(nginx), Some(wrk)) = (find("nginx"), find("wrk")) else {
        writeln!(
            out,
            "nginx or wrk is not installed, so forwarding was not measured (Debian: `nginx-light`, `wrk`).\n"
        )?;
        return Ok(());
    };
    let sink = Sink::nginx(&nginx, Place::Anywhere)?;
    let mut limits = Vec::new();
    let mut rates = CONCURRENCIES.map(|_| Vec::new());
    for _ in 0..options.rounds {
        limits.push(wrk_rate(&wrk, sink.origin(), options)?.0);
        for (concurrency, rates) in CONCURRENCIES.iter().zip(&mut rates) {
            rates.push(empty(tool, sink.origin(), *concurrency, options)?);
        }
    }
    writeln!(out, "| {} users with a change each | requests/s |", options.users)?;
    writeln!(out, "| --- | ---: |")?;
    writeln!(
        out,
        "| what the sink takes: wrk, {} connections | {} |",
        options.connections,
        median(limits, 0)
    )?;
    for (concurrency, rates) in CONCURRENCIES.iter().zip(rates) {
        writeln!(out, "| the outbox, `ga4.concurrency` {concurrency} | {} |", median(rates, 0))?;
    }
    writeln!(out)?;
    Ok(())
}

/// Fills an outbox while the sink cannot be reached, then empties it: changes a second.
fn empty(tool: &Path, origin: &str, concurrency: u32, options: &Options) -> Result<f64> {
    let folder = TempDir::new()?;
    let file = folder.path().join("fans.csv");
    let mut rows = BufWriter::new(File::create(&file)?);
    writeln!(rows, "userId,sth")?;
    for fan in 0..options.users {
        writeln!(rows, "fan-{fan},{}", fan.is_multiple_of(3))?;
    }
    rows.flush()?;
    let secret = folder.path().join("secret");
    write_private(&secret, "bench")?;
    let settings = |endpoint: &str| {
        [
            "ga4.measurement_id=G-BENCH".to_owned(),
            format!("ga4.secret_file={}", secret.display()),
            format!("ga4.endpoint={endpoint}"),
            format!("ga4.concurrency={concurrency}"),
        ]
    };
    // Nothing listens there.
    let service = Served::start_with(tool, &folder, &settings("http://127.0.0.1:9"))?;
    let file = file.display().to_string();
    service.run(&["users", "push", "--file", &file, "--map", "sth=user_properties.sth:boolean"])?;
    drop(service);
    let service = Served::start_with(tool, &folder, &settings(origin))?;
    let began = Instant::now();
    let first = status(&service)?.waiting;
    ensure!(first > 0, "nothing waits: raise --users");
    // The last few were tried in vain before, and wait for their time.
    let few = first / 10;
    let (mut waiting, mut elapsed) = (first, began.elapsed());
    while waiting > few {
        thread::sleep(ASKED_EVERY);
        let status = status(&service)?;
        ensure!(status.dead == 0, "{} dead letters", status.dead);
        (waiting, elapsed) = (status.waiting, began.elapsed());
    }
    let sent = u32::try_from(first - waiting).context("more than can be counted")?;
    Ok(f64::from(sent) / elapsed.as_secs_f64())
}

fn status(service: &Served) -> Result<Status> {
    Ok(serde_json::from_str(&service.run(&["ga4", "status", "--json"])?.output)?)
}
