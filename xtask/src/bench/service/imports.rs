//! A file of ids, from its upload to its published list.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use tempfile::TempDir;

use super::Served;
use super::postgres::Postgres;
use crate::bench::process::{Place, find, measure};
use crate::bench::{Options, median};

/// Seconds of each way to take the file in, and the peak memory of ours.
#[derive(Default)]
struct Rounds {
    copy: Vec<f64>,
    sort: Vec<f64>,
    postgres: Vec<f64>,
    import: Vec<f64>,
    of_copy: Vec<f64>,
    memory: Vec<f64>,
}

pub(super) fn run(tool: &Path, options: &Options, out: &mut impl Write) -> Result<()> {
    let postgres = Postgres::start()?;
    writeln!(
        out,
        "| ids in the file | copied with fsync, s | `LC_ALL=C sort -u`, s | PostgreSQL `COPY`, s | imported, s | of the copy | at most \
         | µs/id | peak MiB | at most |"
    )?;
    writeln!(out, "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    for ids in &options.ids {
        let folder = TempDir::new()?;
        let file = folder.path().join("ids.csv");
        export(*ids, &file)?;
        let mut rounds = Rounds::default();
        for _ in 0..options.rounds {
            rounds.measure(tool, &file, &folder, postgres.as_ref())?;
        }
        let each: Vec<_> = rounds.import.iter().map(|seconds| seconds * 1e6 / f64::from(*ids)).collect();
        writeln!(
            out,
            "| {ids} | {} | {} | {} | {} | {} | 4 | {} | {} | 256 |",
            median(rounds.copy, 2),
            median(rounds.sort, 2),
            median(rounds.postgres, 2),
            median(rounds.import, 2),
            median(rounds.of_copy, 1),
            median(each, 3),
            median(rounds.memory, 0)
        )?;
    }
    writeln!(out)?;
    Ok(())
}

impl Rounds {
    fn measure(
        &mut self,
        tool: &Path,
        file: &Path,
        folder: &TempDir,
        postgres: Option<&Postgres>,
    ) -> Result<()> {
        let copy = folder.path().join("copy.csv");
        let began = Instant::now();
        fs::copy(file, &copy)?;
        File::open(&copy)?.sync_all()?;
        let copied = began.elapsed().as_secs_f64();
        self.copy.push(copied);

        if let (Some(sort), Some(env)) = (find("sort"), find("env")) {
            let (sort, from, to) = (sort.display().to_string(), text(file), text(&copy));
            let sorted = measure(&env, &["LC_ALL=C", &sort, "-u", "-o", &to, &from], Place::Anywhere)?;
            self.sort.push(sorted.seconds);
        }
        fs::remove_file(&copy)?;
        if let Some(postgres) = postgres {
            self.postgres.push(postgres.copy_ids(file)?);
        }

        let fresh = TempDir::new_in(folder.path())?;
        let service = Served::start(tool, &fresh)?;
        let imported = service.run(&["segments", "import", "fans", "--wait", "--file", &text(file)])?;
        self.import.push(imported.seconds);
        self.of_copy.push(imported.seconds / copied);
        self.memory.extend(service.memory("VmHWM"));
        Ok(())
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Ids of 28 characters, each once, in an order that has nothing to do with their own.
fn export(ids: u32, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "user_id")?;
    for number in 0..ids {
        // An odd factor makes a permutation of all 32-bit numbers, and two of them fill an id with digits.
        let (first, second) = (number.wrapping_mul(2_654_435_761), number.wrapping_mul(0x85EB_CA6B));
        writeln!(file, "{first:08x}{second:08x}-{number:011}")?;
    }
    file.flush()?;
    Ok(())
}
