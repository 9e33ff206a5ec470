//! Measures the storage: ids from an iterator or a file to a published list, and durable user updates a second.
//!
//! `measure write COUNT FILE` | `measure list COUNT` | `measure upload FILE` | `measure users CALLERS COUNT`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use fanpass_model::{AttributeKey, AttributeValue, SegmentName, UserId, UserProperties};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{AuditEntry, Caller, Clock, Ids, ImportJob, Mode, RowReject, Store};
use tokio::io::AsyncReadExt;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match *arguments {
        ["write", count, file] => write(count.parse()?, file.as_ref()),
        ["list", count] => runtime.block_on(list(count.parse()?)),
        ["upload", file] => runtime.block_on(upload(file.as_ref())),
        ["users", callers, count] => runtime.block_on(users(callers.parse()?, count.parse()?)),
        _ => Err("usage: measure write COUNT FILE | list COUNT | upload FILE | users CALLERS COUNT".into()),
    }
}

/// Ids of 28 letters and digits in random order, the same in each run.
fn ids(count: u64) -> impl Iterator<Item = String> + Send + 'static {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    (0..count).map(|number| {
        let mut state = number;
        let mut id = String::with_capacity(28);
        while id.len() < 28 {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ number.rotate_left(17);
            for _ in 0..7 {
                id.push(char::from(DIGITS[usize::try_from(word % 62).unwrap_or_default()]));
                word /= 62;
            }
        }
        id
    })
}

fn write(count: u64, path: &Path) -> Outcome<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "user_id")?;
    for id in ids(count) {
        writeln!(file, "{id}")?;
    }
    file.into_inner()?.sync_all()?;
    Ok(())
}

async fn list(count: u64) -> Outcome<()> {
    let folder = tempfile::tempdir_in(".")?;
    let (store, imports) = open(folder.path())?;
    let segment = SegmentName::new("measured")?;
    let begun = Instant::now();
    let rows = ids(count).map(Ok::<_, RowReject>);
    let job = imports.publish(segment.clone(), Mode::Replace, rows, Caller::default()).await?;
    report(&job, begun.elapsed(), folder.path())?;
    look_up(&store, &segment, count).await
}

async fn upload(path: &Path) -> Outcome<()> {
    let folder = tempfile::tempdir_in(".")?;
    let (store, imports) = open(folder.path())?;
    let begun = Instant::now();
    let mut upload = imports.receive().await?;
    let mut file = tokio::fs::File::open(path).await?;
    let mut piece = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut piece).await?;
        if length == 0 {
            break;
        }
        upload.write(&piece[..length]).await?;
    }
    let job =
        imports.submit(upload, SegmentName::new("measured")?, Mode::Replace, None, Caller::default()).await?;
    println!("received and durable in {:.2} s", begun.elapsed().as_secs_f64());
    imports.finish().await;
    let job = store.import_job(&job.id).await?.ok_or("the import is gone")?;
    report(&job, begun.elapsed(), folder.path())
}

async fn look_up(store: &Store, segment: &SegmentName, count: u64) -> Outcome<()> {
    let step = usize::try_from(count / 10_000)?.max(1);
    let wanted: Vec<UserId> = ids(count).step_by(step).map(UserId::new).collect::<Result<_, _>>()?;
    let begun = Instant::now();
    for id in &wanted {
        if !store.contains(segment, id).await? {
            return Err(format!("{id} is missing").into());
        }
    }
    println!("{} look-ups, {:.1} us each", wanted.len(), per(begun.elapsed(), wanted.len())? * 1e6);
    Ok(())
}

async fn users(callers: u32, count: u32) -> Outcome<()> {
    let folder = tempfile::tempdir_in(".")?;
    let (store, _imports) = open(folder.path())?;
    for round in ["new users", "known users"] {
        let begun = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..callers {
            let store = store.clone();
            tasks.spawn(async move {
                for number in (caller..count).step_by(usize::try_from(callers).unwrap_or(1)) {
                    update(&store, number).await.map_err(|error| error.to_string())?;
                }
                Ok::<_, String>(())
            });
        }
        while let Some(task) = tasks.join_next().await {
            task??;
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!("{round}: {:.0} updates a second with {callers} callers", f64::from(count) / seconds);
    }
    println!("peak memory {}", peak_memory()?);
    Ok(())
}

async fn update(store: &Store, number: u32) -> Outcome<()> {
    let user = UserId::new(format!("fan-{}", number.wrapping_mul(2_654_435_761)))?;
    let mut changes = UserProperties::new();
    for attribute in 0..8 {
        let key = AttributeKey::new(format!("custom.attribute_{attribute}"))?;
        changes.insert(key, AttributeValue::from(format!("value {number} of {attribute}")));
    }
    let audit = AuditEntry {
        request_id: format!("{number:032}"),
        subject: Some("measure".to_owned()),
        jti: Some("0197f3a0-5c00-7000-8000-000000000001".to_owned()),
        operation: "updateUser".to_owned(),
        status: 200,
        target: Some(format!("{number:064}")),
        ..AuditEntry::default()
    };
    Ok(store.upsert_user(&user, &changes, audit).await?)
}

fn open(folder: &Path) -> Outcome<(Store, Imports)> {
    let store = Store::open(folder, Clock::system(), Ids::random())?;
    let imports = Imports::start(store.clone(), ImportOptions::default())?;
    Ok((store, imports))
}

fn report(job: &ImportJob, elapsed: Duration, folder: &Path) -> Outcome<()> {
    println!("{:?} {:?}: {} imported, {} duplicate", job.stage, job.message, job.imported, job.duplicate);
    println!("published in {:.2} s, peak memory {}", elapsed.as_secs_f64(), peak_memory()?);
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    println!("{} MB in the data folder", bytes / 1_000_000);
    Ok(())
}

fn per(elapsed: Duration, count: usize) -> Outcome<f64> {
    Ok(elapsed.as_secs_f64() / f64::from(u32::try_from(count)?))
}

/// The most memory this process held, as Linux tells it.
fn peak_memory() -> Outcome<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.unwrap_or("unknown").trim().to_owned())
}
