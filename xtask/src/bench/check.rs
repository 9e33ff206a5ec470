//! `fanpass check` beside a bare loop of the csv crate over raw records, by the CPU time of whole processes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use tempfile::TempDir;

const ROWS: u32 = 1_000_000;
/// Runs of each by turns, of which the best counts: what the machine can do when nothing disturbs it.
const RUNS: usize = 15;

const NAMES: [&str; 8] = ["fan_id", "tier", "points", "city", "name", "since", "mail", "country"];

/// Files by their columns, and whether their cells are quoted.
const FILES: [(usize, bool); 4] = [(8, false), (4, false), (1, false), (4, true)];

/// Measures the example `rates` of the table and the tool, both built already.
pub(super) fn run(rates: &Path, tool: &Path, out: &mut impl Write) -> Result<()> {
    let folder = TempDir::new()?;
    let path = folder.path().join("fans.csv");
    let file = path.to_str().context("the temporary folder's name is no text")?;
    writeln!(out, "| {ROWS} rows, CPU seconds | csv crate | check | ratio | at least |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
    for (columns, quoted) in FILES {
        write_file(&path, columns, quoted)?;
        let (mut csv, mut check) = (Duration::MAX, Duration::MAX);
        for _ in 0..RUNS {
            csv = csv.min(cpu(rates, &["csv", file])?);
            check = check.min(cpu(tool, &["check", file])?);
        }
        let (csv, check) = (csv.as_secs_f64(), check.as_secs_f64());
        let plural = if columns == 1 { "column" } else { "columns" };
        let style = if quoted { ", quoted" } else { "" };
        let megabytes = path.metadata()?.len() / 1_000_000;
        let ratio = csv / check;
        writeln!(
            out,
            "| {columns} {plural}{style}, {megabytes} MB | {csv:.3} | {check:.3} | {ratio:.2} | 0.5 |"
        )?;
    }
    writeln!(out)?;
    Ok(())
}

fn write_file(path: &Path, columns: usize, quoted: bool) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let (quote, between) = if quoted { ("\"", "\",\"") } else { ("", ",") };
    let mut line = |cells: &[&str]| writeln!(file, "{quote}{}{quote}", cells[..columns].join(between));
    line(&NAMES)?;
    for row in 0..ROWS {
        let (id, points, mail) =
            (format!("fan-{row:09}"), format!("{:02}", row % 100), format!("ada.{row:07}@club.org"));
        line(&[&id, "gold", &points, "Porto Alegre", "Ada Lovelace", "2026-08-01", &mail, "Brazil"])?;
    }
    Ok(file.flush()?)
}

/// CPU time of a process, from its start to its end.
fn cpu(program: &Path, arguments: &[&str]) -> Result<Duration> {
    let before = used()?;
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(status.success(), "{} {arguments:?} failed", program.display());
    Ok(used()?.saturating_sub(before))
}

/// CPU time of all processes that were started here and have ended.
fn used() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = (usage.user_time() + usage.system_time()).num_microseconds();
    Ok(Duration::from_micros(micros.try_into()?))
}
