//! Measures an import from an uploaded file to its published list, beside what any import costs: copying the file.
//!
//! `import_rates COUNT [FOLDER]` writes COUNT ids of 28 letters and digits into FOLDER (the present one otherwise), copies
//! the file with fsync, lets `sort -u` sort it, imports it and looks members up. Each line is a measure: name, seconds,
//! MiB/s, and what the import may take at most of it.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fanpass_model::{SegmentName, UserId};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{Caller, Clock, Ids, Mode, Stage, Store};
use tokio::io::AsyncReadExt as _;

type Outcome<T> = Result<T, Box<dyn Error>>;

const LENGTH: usize = 28;
/// Bytes of the file that are handed on together, as a server takes them from a socket.
const PIECE: usize = 1 << 20;
/// Members that are looked up.
const LOOKUPS: u64 = 10_000;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let count: u64 = arguments.next().ok_or("usage: import_rates COUNT [FOLDER]")?.parse()?;
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(folder)?;
    let file = folder.path().join("ids.csv");
    write(count, &file)?;
    let bytes = fs::metadata(&file)?.len();

    let copied = copy(&file, &folder.path().join("copy.csv"))?;
    report("copy with fsync", copied, bytes, None);
    let sorted = sort(&file, &folder.path().join("sorted.csv"))?;
    if let Some(sorted) = sorted {
        report("LC_ALL=C sort -u", sorted, bytes, None);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(import(&file, count, bytes, copied, sorted))
}

/// The id of a number, in an order of its own, the same in each run.
fn id(number: u64, id: &mut String) {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    id.clear();
    let mut state = number;
    while id.len() < LENGTH {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ number.rotate_left(17);
        for _ in 0..7 {
            let digit = usize::try_from(word % 62).ok().and_then(|digit| DIGITS.get(digit));
            id.extend(digit.copied().map(char::from));
            word /= 62;
        }
    }
}

fn write(count: u64, path: &Path) -> Outcome<()> {
    let mut file = BufWriter::with_capacity(PIECE, File::create(path)?);
    writeln!(file, "user_id")?;
    let mut text = String::new();
    for number in 0..count {
        id(number, &mut text);
        writeln!(file, "{text}")?;
    }
    file.into_inner()?.sync_all()?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Outcome<Duration> {
    let begun = Instant::now();
    let (mut from, mut to_file) = (File::open(from)?, File::create(to)?);
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece)?;
        if length == 0 {
            break;
        }
        to_file.write_all(piece.get(..length).unwrap_or_default())?;
    }
    to_file.sync_all()?;
    let elapsed = begun.elapsed();
    fs::remove_file(to)?;
    Ok(elapsed)
}

/// `None` where there is no such program.
fn sort(from: &Path, to: &Path) -> Outcome<Option<Duration>> {
    let begun = Instant::now();
    let output = File::create(to)?;
    let sort = Command::new("sort")
        .arg("-u")
        .arg(from)
        .env("LC_ALL", "C")
        .stdout(Stdio::from(output.try_clone()?))
        .status();
    match sort {
        Ok(status) if status.success() => {
            output.sync_all()?;
            let elapsed = begun.elapsed();
            fs::remove_file(to)?;
            Ok(Some(elapsed))
        }
        Ok(status) => Err(format!("sort ended with {status}").into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn import(
    path: &Path,
    count: u64,
    bytes: u64,
    copied: Duration,
    sorted: Option<Duration>,
) -> Outcome<()> {
    let folder = path.parent().ok_or("the file stands in no folder")?.join("service");
    let store = Store::open(&folder, Clock::system(), Ids::random())?;
    let imports = Imports::start(store.clone(), ImportOptions::default())?;
    // From here on the peak counts.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let begun = Instant::now();
    let mut upload = imports.receive().await?;
    let mut file = tokio::fs::File::open(path).await?;
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).await?;
        if length == 0 {
            break;
        }
        upload.write(piece.get(..length).unwrap_or_default()).await?;
    }
    let segment = SegmentName::new("measured")?;
    let job = imports.submit(upload, segment.clone(), Mode::Replace, None, Caller::default()).await?;
    report("received", begun.elapsed(), bytes, None);
    imports.finish().await;
    let elapsed = begun.elapsed();
    let job = store.import_job(&job.id).await?.ok_or("the import is gone")?;
    if (job.stage, job.imported) != (Stage::Published, count) {
        return Err(
            format!("it is {}, {} imported: {:?}", job.stage.as_str(), job.imported, job.message).into()
        );
    }
    report("imported", elapsed, bytes, Some((copied, 4.0)));
    if let Some(sorted) = sorted {
        report("imported, of sort", elapsed, bytes, Some((sorted, 1.0)));
    }
    if let Some(peak) = peak() {
        println!("{:<20} {:>8} MiB  at most 256", "peak memory", peak / 1024);
    }
    look_up(&store, &segment, count).await
}

async fn look_up(store: &Store, segment: &SegmentName, count: u64) -> Outcome<()> {
    let step = usize::try_from(count / LOOKUPS)?.max(1);
    let mut text = String::new();
    let begun = Instant::now();
    let mut asked = 0_u32;
    for number in (0..count).step_by(step) {
        id(number, &mut text);
        if !store.contains(segment, &UserId::new(&*text)?).await? {
            return Err(format!("{text} is missing").into());
        }
        asked += 1;
    }
    let each = begun.elapsed().as_secs_f64() / f64::from(asked.max(1)) * 1e6;
    println!("{:<20} {each:>8.1} us", "a look-up");
    Ok(())
}

fn report(name: &str, elapsed: Duration, bytes: u64, of: Option<(Duration, f64)>) {
    let seconds = elapsed.as_secs_f64();
    let mib = f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0;
    let ratio = of.map_or_else(String::new, |(other, most)| {
        format!("  {:.2} times, at most {most}", seconds / other.as_secs_f64())
    });
    println!("{name:<20} {seconds:>8.2} s {:>8.0} MiB/s{ratio}", mib / seconds);
}

/// The most memory that this process has had, in KiB, where the system tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
