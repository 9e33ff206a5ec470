//! A process killed while it writes: what it acknowledged is there, what it did not is whole or absent.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fanpass_model::{AttributeValue, SegmentName, UserId, UserProperties, attribute_key};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{AuditEntry, Caller, Clock, Ids, Mode, Once, RowReject, Stage, Store, Trace};
use rusqlite::Connection;
use tempfile::TempDir;

const FOLDER: &str = "FANPASS_TEST_CRASH_FOLDER";
const ROUND: &str = "FANPASS_TEST_CRASH_ROUND";
const LIST: u64 = 20_000;

fn name() -> SegmentName {
    SegmentName::new("season").unwrap()
}

/// The segment to which each round adds its number.
fn rounds() -> SegmentName {
    SegmentName::new("rounds").unwrap()
}

/// The list of one round: all of its ids begin with the round.
fn list(round: u64) -> impl Iterator<Item = Result<String, RowReject>> + Send + 'static {
    (0..LIST).map(move |number| Ok(format!("{round:06}-{:06}", number * 7_919 % LIST)))
}

/// An update under an idempotency key of its own.
fn once(key: &str) -> Once {
    let (subject, operation) = ("crash".to_owned(), "updateUser".to_owned());
    Once { subject, key: key.to_owned(), operation, fingerprint: [0; 32] }
}

/// Tells the parent, line by line, what is durable.
fn tell(what: &str, which: impl Display) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "\nDURABLE {what} {which}").unwrap();
    output.flush().unwrap();
}

/// The process that is killed: started by the test below, and does nothing when run otherwise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = Store::open(Path::new(&folder), Clock::system(), Ids::random()).unwrap();
    let options = ImportOptions { chunk_bytes: 1 << 20, ..ImportOptions::default() };
    let imports = Imports::start(store.clone(), options).unwrap();
    let first: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    let updates = tokio::spawn({
        let store = store.clone();
        async move {
            for round in first.. {
                let value = AttributeValue::from(round.to_string());
                let changes = UserProperties::from_iter([(attribute_key!("custom.round"), value)]);
                let user = UserId::new(format!("fan-{}", round % 100)).unwrap();
                let audit = AuditEntry { request_id: round.to_string(), ..AuditEntry::default() };
                let trace = Trace { audit, answer: Some((once(&round.to_string()), round.to_string())) };
                store.upsert_user(&user, &changes, trace).await.unwrap();
                tell("update", round);
            }
        }
    });
    let counts = tokio::spawn({
        let store = store.clone();
        async move {
            for round in first.. {
                store.attribute_use(&attribute_key!("custom.round"), 10).await.unwrap();
                tell("count", round);
            }
        }
    });
    for round in first.. {
        let mut upload = imports.receive().await.unwrap();
        for row in list(round) {
            upload.write(format!("{}\n", row.unwrap()).as_bytes()).await.unwrap();
        }
        let job = imports.submit(upload, name(), Mode::Replace, None, Caller::default()).await.unwrap();
        tell("job", job.id);
        imports.publish(name(), Mode::Replace, list(round), Caller::default()).await.unwrap();
        tell("list", round);
        let added = [round.to_string()].into_iter().map(Ok::<_, RowReject>);
        imports.publish(rounds(), Mode::Append, added, Caller::default()).await.unwrap();
        tell("append", round);
    }
    updates.await.unwrap();
    counts.await.unwrap();
}

fn start(folder: &Path, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::crash::writes_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets the child run from `round` on until it has told `count` times of `what`, kills it, and gives back all it told.
fn kill_after(folder: &Path, round: u64, what: &str, count: usize) -> BTreeMap<String, Vec<String>> {
    let mut child = start(folder, round);
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let output = BufReader::new(child.stdout.take().unwrap());
    for line in output.lines() {
        let line = line.unwrap();
        let Some((kind, which)) = line.strip_prefix("DURABLE ").and_then(|told| told.split_once(' ')) else {
            continue;
        };
        let all = told.entry(kind.to_owned()).or_default();
        all.push(which.to_owned());
        if kind == what && all.len() == count {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    told
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_acknowledged() {
    let folder = TempDir::new().unwrap();
    let moments = [
        ("update", 1),
        ("job", 1),
        ("count", 3),
        ("update", 300),
        ("list", 1),
        ("job", 2),
        ("append", 2),
        ("count", 40),
    ];
    for (round, (what, count)) in (0..).step_by(1_000).zip(moments) {
        let told = kill_after(folder.path(), round, what, count);
        check(folder.path(), &told).await;
    }
}

async fn check(folder: &Path, told: &BTreeMap<String, Vec<String>>) {
    let told = |what: &str| told.get(what).cloned().unwrap_or_default();
    let store = Store::open(folder, Clock::system(), Ids::random()).unwrap();

    let audited: Vec<String> = store
        .audit(None, u32::MAX)
        .await
        .unwrap()
        .into_iter()
        .map(|record| record.entry.request_id)
        .collect();
    for round in told("update") {
        assert!(audited.contains(&round), "update {round} has no audit row");
        let kept = store.kept_answer("crash", &round).await.unwrap();
        assert_eq!(
            kept.map(|kept| kept.answer),
            Some(round.clone()),
            "update {round} would have its effect twice"
        );
    }
    if let Some(last) = told("update").last() {
        let number: u64 = last.parse().unwrap();
        let user = UserId::new(format!("fan-{}", number % 100)).unwrap();
        let stored = store.user(&user).await.unwrap().unwrap();
        let Some(AttributeValue::Text(round)) = stored.attributes.get("custom.round") else {
            panic!("update {last} is lost: {stored:?}")
        };
        assert!(round.parse::<u64>().unwrap() >= number, "update {last} is lost: {stored:?}");
    }
    exact_columns(&store).await;
    whole_list(&store, told("list").last()).await;
    for round in told("append") {
        let user = UserId::new(round.clone()).unwrap();
        assert!(store.contains(&rounds(), &user).unwrap(), "round {round} is lost");
    }

    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    imports.finish().await;
    for id in told("job") {
        let job = store.import_job(&id.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((job.stage, job.imported), (Stage::Published, LIST), "{:?}", job.message);
    }
    whole_list(&store, told("list").last()).await;
    store.swept().await.unwrap();
    drop((imports, store));
    let connection = Connection::open(folder.join("segments.db")).unwrap();
    let count = |sql: &str| -> i64 { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM lists"), count("SELECT count(DISTINCT base) FROM versions"));
    assert_eq!(count("SELECT count(*) FROM blocks WHERE list NOT IN (SELECT base FROM versions)"), 0);
    assert_eq!(
        count("SELECT count(*) FROM imports WHERE stage IN ('received', 'validating', 'applying')"),
        0
    );
    assert_eq!(std::fs::read_dir(folder.join("spool")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(folder.join("temporary")).unwrap().count(), 0);
}

/// The columns of users say what the users themselves say.
async fn exact_columns(store: &Store) {
    let mut carried: BTreeMap<String, u64> = BTreeMap::new();
    for (user, _) in store.users(None, 1_000).await.unwrap().users {
        let stored = store.user(&user).await.unwrap().unwrap();
        if let Some(AttributeValue::Text(round)) = stored.attributes.get("custom.round") {
            *carried.entry(round.clone()).or_default() += 1;
        }
    }
    let found = store.attribute_use(&attribute_key!("custom.round"), 1_000).await.unwrap();
    assert_eq!(found.users, carried.values().sum::<u64>());
    let text = |value| if let AttributeValue::Text(text) = value { text } else { panic!("{value:?}") };
    let found: BTreeMap<_, _> = found.values.into_iter().map(|(value, users)| (text(value), users)).collect();
    assert_eq!(found, carried);
}

/// The list is one round's, complete, and not older than what was acknowledged.
async fn whole_list(store: &Store, acknowledged: Option<&String>) {
    let Some(segment) = store.segment(&name()).await.unwrap() else {
        assert_eq!(acknowledged, None);
        return;
    };
    assert_eq!(segment.members, LIST);
    let members = store.members(&name(), None, u32::MAX).await.unwrap();
    assert_eq!(u64::try_from(members.len()).unwrap(), LIST);
    let round = members[0].as_str().split_once('-').unwrap().0.to_owned();
    assert!(members.iter().all(|member| member.as_str().starts_with(&round)));
    if let Some(acknowledged) = acknowledged {
        assert!(round.parse::<u64>().unwrap() >= acknowledged.parse().unwrap());
    }
}
