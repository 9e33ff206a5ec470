//! `kill -9` of a service under writes, again and again: what it acknowledged is there when it starts again.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use fanpass_server::store::{Clock, Ids, Store};
use serde_json::{Value, json};

use super::served::{Door, Served};
use crate::harness::Club;

const WRITERS: usize = 4;
/// Ids of each list. A list names its round and writer in each of them, so that a mixture would show.
const IDS: usize = 400;

/// How many times the service is killed: a few here, `FANPASS_TEST_KILLS=200` for the figure in the documentation.
fn kills() -> usize {
    std::env::var("FANPASS_TEST_KILLS").map_or(5, |kills| kills.parse().unwrap())
}

/// What one target, a user or a segment, may hold now: what was acknowledged last, or anything sent after it.
#[derive(Default)]
struct Expected {
    acknowledged: Option<usize>,
    sent: Option<usize>,
}

impl Expected {
    fn allows(&self, found: Option<usize>) -> bool {
        found >= self.acknowledged && found <= self.sent
    }
}

#[derive(Default)]
struct Known {
    targets: BTreeMap<String, Expected>,
    /// Imports accepted since the last start, by their ids.
    imports: Vec<String>,
    /// Request ids of what was acknowledged: each has left its audit record.
    calls: BTreeSet<String>,
}

/// Writes until the service is gone: a user's attribute, an inline list and a file by turns, each with a higher number.
fn write(door: &Door, writer: usize, first: usize, known: &Mutex<Known>, acknowledged: &AtomicUsize) {
    for number in first.. {
        let call = format!("w{writer}-{number}");
        let kind = number % 3;
        let target = format!("{}-{writer}", ["user", "inline", "file"][kind]);
        known.lock().unwrap().targets.entry(target.clone()).or_default().sent = Some(number);
        let Ok((status, answer)) = send(door, kind, &target, &call, number) else { return };
        assert!([200, 202].contains(&status), "{call}: {status} {answer}");
        let mut known = known.lock().unwrap();
        known.calls.insert(call);
        known.targets.get_mut(&target).unwrap().acknowledged = Some(number);
        if kind == 2 {
            known.imports.push(answer["firebase_imported_segment_id"].as_str().unwrap().to_owned());
        }
        drop(known);
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

/// Looks a user up until the service is gone: of a call that changes nothing the record is left.
fn read(door: &Door, first: usize, known: &Mutex<Known>) {
    for number in first.. {
        let call = format!("r-{number}");
        let path = "/service/v1/user?userId=user-0";
        let Ok((status, answer)) = door.call("GET", path, "application/json", &call, "") else { return };
        assert!([200, 404].contains(&status), "{call}: {status} {answer}");
        known.lock().unwrap().calls.insert(call);
    }
}

fn send(door: &Door, kind: usize, target: &str, call: &str, number: usize) -> io::Result<(u16, Value)> {
    let ids: Vec<String> = (0..IDS).map(|id| format!("{number:08}-{id:04}")).collect();
    match kind {
        0 => {
            let update = json!({"userId": target, "userProperties": {"custom.number": number}});
            door.post("/api/v1/update_user", call, &update)
        }
        1 => door.post("/api/v1/segments", call, &json!({"segmentName": target, "userIds": ids})),
        _ => door.upload(target, call, &format!("user_id\n{}\n", ids.join("\n"))),
    }
}

/// The number that a target holds; all ids of a list have to be of one number.
fn found(door: &Door, target: &str) -> Option<usize> {
    if target.starts_with("user") {
        let (status, user) = door.get(&format!("/service/v1/user?userId={target}"));
        assert!([200, 404].contains(&status), "{user}");
        return user["userProperties"]["custom.number"].as_u64().map(|number| number.try_into().unwrap());
    }
    let (status, members) = door.get(&format!("/service/v1/segment/members?segmentName={target}&limit=1000"));
    if status == 404 {
        return None;
    }
    let ids = members["userIds"].as_array().unwrap_or_else(|| panic!("{target}: {status} {members}"));
    let number = |id: &Value| id.as_str().unwrap()[..8].parse::<usize>().unwrap();
    assert_eq!(ids.len(), IDS, "{target} is not whole");
    assert!(ids.iter().all(|id| number(id) == number(&ids[0])), "{target} is a mixture: {ids:?}");
    Some(number(&ids[0]))
}

#[test]
fn what_the_service_acknowledged_outlives_any_kill() {
    let club = Club::alone();
    let known = Mutex::new(Known::default());
    let mut slowest = Duration::ZERO;
    let mut service = Served::start(&club.path("."));
    let key = json!({"key": "custom.number", "type": "number"});
    assert_eq!(service.door.post("/service/v1/attributes", "register", &key).unwrap().0, 200);
    for round in 0..kills() {
        let acknowledged = AtomicUsize::new(0);
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (door, known, acknowledged) = (&service.door.clone(), &known, &acknowledged);
                let door = door.clone();
                scope.spawn(move || write(&door, writer, round * 100_000, known, acknowledged));
            }
            let (door, known) = (service.door.clone(), &known);
            scope.spawn(move || read(&door, round * 100_000, known));
            // Each round dies elsewhere: at once, among few writes, among many.
            while acknowledged.load(Ordering::Relaxed) < round * 37 % 101 {
                thread::yield_now();
            }
            service.kill();
        });
        service = Served::start(&club.path("."));
        slowest = slowest.max(service.start);
        let mut known = known.lock().unwrap();
        for import in std::mem::take(&mut known.imports) {
            assert_eq!(service.door.ended(&import)["status"], "completed", "round {round}");
        }
        for (target, expected) in &known.targets {
            let found = found(&service.door, target);
            let Expected { acknowledged, sent } = expected;
            assert!(
                expected.allows(found),
                "{target} holds {found:?} in round {round}; {acknowledged:?} was acknowledged and {sent:?} sent"
            );
        }
    }
    service.kill();
    let known = known.into_inner().unwrap();
    let recorded = recorded(&club);
    let lost: Vec<_> = known.calls.difference(&recorded).collect();
    assert!(lost.is_empty(), "no audit record of {lost:?}");
    println!("{} kills, {} calls acknowledged, slowest start {slowest:?}", kills(), known.calls.len());
}

/// The request ids of all audit records.
fn recorded(club: &Club) -> BTreeSet<String> {
    let store = Store::open(&club.path(".fanpass"), Clock::system(), Ids::random()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut recorded, mut before) = (BTreeSet::new(), None);
    loop {
        let page = runtime.block_on(store.audit(before, 10_000)).unwrap();
        let Some(last) = page.last() else { return recorded };
        before = Some(last.sequence);
        recorded.extend(page.into_iter().map(|record| record.entry.request_id));
    }
}
