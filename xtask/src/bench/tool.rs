//! The tool itself: a file pushed beside wrk, with and without a ledger, and the plan of what did not change.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::{NamedTempFile, TempDir};

use super::process::{Measured, Place, Sink, find, measure};
use super::push::wrk_rate;
use super::{Options, median};

/// The sink has one processor, the client the other.
const SINK: Place = Place::Processor(0);
const CLIENT: Place = Place::Processor(1);

/// Columns of the file that become attributes.
const MAPS: [&str; 4] = [
    "sth=user_properties.sth:boolean",
    "tier=custom.loyalty_tier",
    "points=custom.points:integer",
    "city=custom.city",
];

pub(super) fn run(tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let Some(nginx) = find("nginx") else {
        writeln!(
            out,
            "nginx is not installed, so the tool was not measured (Debian: `apt-get install nginx-light`).\n"
        )?;
        return Ok(());
    };
    let sink = Sink::nginx(&nginx, SINK).context("cannot start the sink")?;
    let club = Club::new(tool, sink.origin(), options.connections)?;
    pushes(&club, options, out)?;
    unchanged(&club, options, out)
}

/// A folder with a file, and the tool's command line.
struct Club<'a> {
    tool: &'a Path,
    origin: &'a str,
    connections: String,
    folder: TempDir,
    /// Its owner alone can read it, as the tool demands.
    token: NamedTempFile,
}

impl<'a> Club<'a> {
    fn new(tool: &'a Path, origin: &'a str, connections: usize) -> Result<Self> {
        let mut token = NamedTempFile::new()?;
        token.write_all(b"token")?;
        let connections = connections.to_string();
        Ok(Self { tool, origin, connections, folder: TempDir::new()?, token })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of so many fans, in an order that has nothing to do with any ledger's.
    fn export(&self, rows: u32) -> Result<PathBuf> {
        let path = self.path("fans.csv");
        let mut file = BufWriter::new(File::create(&path)?);
        writeln!(file, "userId,sth,tier,points,city")?;
        for row in 0..rows {
            let sth = row.is_multiple_of(3);
            writeln!(file, "fan-{row:08},{sth},gold,{},Porto Alegre", row % 1_000)?;
        }
        file.flush()?;
        Ok(path)
    }

    fn push(&self, file: &Path, more: &[&str], place: Place) -> Result<Measured> {
        let token = self.token.path().display().to_string();
        let file = file.display().to_string();
        let mut arguments = vec!["users", "push", "--json", "--file", &file, "--domain", self.origin];
        arguments.extend(["--token-file", &token, "--concurrency", &self.connections]);
        for map in MAPS {
            arguments.extend(["--map", map]);
        }
        arguments.extend(more);
        measure(self.tool, &arguments, place)
    }
}

fn pushes(club: &Club<'_>, options: &Options, out: &mut impl Write) -> Result<()> {
    let file = club.export(options.rows)?;
    let ledger = club.path("fans.ledger");
    let name = ledger.display().to_string();
    let rows = f64::from(options.rows);
    let peers: [(&str, &[&str], &str); 2] =
        [("users push", &[], "0.85"), ("users push, with a ledger", &["--ledger", &name], "0.7")];
    let mut rounds: [[Vec<f64>; 4]; 2] = Default::default();
    for _ in 0..options.rounds {
        let best = find("wrk").map(|wrk| wrk_rate(&wrk, club.origin, options)).transpose()?;
        for ((_, more, _), [rates, ratios, cpu, memory]) in peers.iter().zip(&mut rounds) {
            if ledger.exists() {
                fs::remove_file(&ledger)?;
            }
            let run = club.push(&file, more, CLIENT)?;
            let rate = rows / run.seconds;
            rates.push(rate);
            if let (Some((best, microseconds)), Some(used)) = (best, run.cpu) {
                ratios.push(rate / best);
                cpu.push(used * 1e6 / rows / microseconds);
            }
            memory.extend(run.memory);
        }
    }
    writeln!(
        out,
        "| {} rows, {} connections | rows/s | of wrk | at least | CPU of wrk's | peak MiB | at most |",
        options.rows, club.connections
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    for ((what, _, least), [rates, ratios, cpu, memory]) in peers.iter().zip(rounds) {
        let (rate, ratio) = (median(rates, 0), median(ratios, 2));
        writeln!(
            out,
            "| {what} | {rate} | {ratio} | {least} | {} | {} | 64 |",
            median(cpu, 2),
            median(memory, 1)
        )?;
    }
    writeln!(out)?;
    Ok(())
}

fn unchanged(club: &Club<'_>, options: &Options, out: &mut impl Write) -> Result<()> {
    let file = club.export(options.known)?;
    let ledger = club.path("known.ledger").display().to_string();
    let first = club.push(&file, &["--ledger", &ledger], Place::Anywhere)?;
    let plan = club.push(&file, &["--ledger", &ledger, "--dry-run"], Place::Anywhere)?;
    let again = club.push(&file, &["--ledger", &ledger], Place::Anywhere)?;
    writeln!(out, "| {} rows, with a ledger | seconds | peak MiB | at most |", options.known)?;
    writeln!(out, "| --- | ---: | ---: | ---: |")?;
    let rows = [("pushed", first), ("compared, all unchanged", plan), ("pushed again, all unchanged", again)];
    for (what, run) in rows {
        writeln!(
            out,
            "| {what} | {:.1} | {} | 64 |",
            run.seconds,
            median(run.memory.into_iter().collect(), 1)
        )?;
    }
    writeln!(out)?;
    Ok(())
}
