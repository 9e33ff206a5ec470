//! How fast ids are read, as a ratio to the csv crate's raw record rate on the same file in the same run.
//!
//! `cargo run --release -p fanpass-table --example rates` prints the ratios. With a path it reads the ids of that
//! file and prints the counts: `/usr/bin/time -v` around it shows the memory. With `csv` and a path it counts the raw
//! records of the csv crate.
#![allow(clippy::print_stdout, reason = "printing is what a measuring program does")]

use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

use fanpass_table::{Counts, Options, Table};

const ROWS: u32 = 2_000_000;
const RUNS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [] => compare()?,
        [reader, path] if reader == "csv" => println!("{}", records(Path::new(path))?),
        [path, ..] => println!("{:?}", ids(Path::new(path), None)?),
    }
    Ok(())
}

fn compare() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    for (shape, row) in [
        ("one column", "{}"),
        ("four columns", "{},Ada Lovelace,gold,2026-08-01"),
        ("four quoted columns", "\"{}\",\"Ada Lovelace\",\"gold\",\"2026-08-01\""),
        ("four columns, not ASCII", "{},Zoë Ångström,gold,2026-08-01"),
    ] {
        let path = folder.path().join("fans.csv");
        write(&path, row)?;
        let (mut raw, mut ours) = (Duration::MAX, Duration::MAX);
        // By turns, and the best of each: what the machine can do when nothing else disturbs it.
        for _ in 0..RUNS {
            raw = raw.min(timed(|| records(&path))?);
            ours = ours.min(timed(|| Ok(ids(&path, Some("fan_id"))?.ids))?);
        }
        println!("{shape}: {:.2} of the csv crate's record rate", raw.as_secs_f64() / ours.as_secs_f64());
    }
    Ok(())
}

fn write(path: &Path, row: &str) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    let header = ["fan_id", "name", "tier", "since"];
    writeln!(file, "{}", header[..=row.matches(',').count()].join(","))?;
    for number in 0..ROWS {
        writeln!(file, "{}", row.replace("{}", &format!("fan-{number:09}")))?;
    }
    Ok(file.flush()?)
}

fn timed(run: impl FnOnce() -> Result<u64, Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    if run()? != u64::from(ROWS) {
        return Err("a reader has lost rows".into());
    }
    Ok(start.elapsed())
}

fn records(path: &Path) -> Result<u64, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(256 << 10).from_path(path)?;
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record)? {
        rows += 1;
    }
    Ok(rows)
}

fn ids(path: &Path, column: Option<&str>) -> Result<Counts, Box<dyn Error>> {
    let mut ids = Table::open(path, &Options::default())?.ids(column)?;
    while ids.next_id()?.is_some() {}
    Ok(ids.counts())
}
