//! The n-th write, sync or rename fails, or is the last thing the process does, for each n until none is left.
//!
//! Where `strace` is not installed, or may not trace, the test says so loudly and passes.

use std::fs;

use super::strace::{CALLS, can_trace, faulty, traced};
use crate::harness::Club;

/// Those that make and remove folders.
const FOLDER_CALLS: [&str; 5] = ["mkdir", "renameat2", "unlink", "unlinkat", "rmdir"];
const FAULTS: [&str; 3] = ["error=EIO", "error=ENOSPC", "signal=KILL"];

pub const PUSH: [&str; 7] = ["segments", "push", "fans", "--local", "--wait", "--file", "ids.csv"];

/// Every how manieth call is hit: a sample here, `FANPASS_TEST_SYSCALLS=1` for each of them.
fn stride() -> usize {
    std::env::var("FANPASS_TEST_SYSCALLS").map_or(11, |stride| stride.parse().unwrap())
}

#[test]
fn whatever_call_fails_an_acknowledged_write_is_there_and_another_is_whole_or_not_at_all() {
    if !can_trace("no call was made to fail") {
        return;
    }
    for fault in FAULTS {
        let (mut state, mut number) = (State::new(), 1);
        while state.survives(fault, number) {
            number += stride();
        }
        println!("{fault}: {} runs, up to call {number}", state.written);
    }
}

#[test]
fn a_first_start_that_dies_at_any_call_is_begun_again() {
    if !can_trace("no first start was killed") {
        return;
    }
    let list = ["segments", "list", "--local"];
    let mut number = 1;
    loop {
        let club = Club::alone();
        let first = traced(&club, &list, CALLS, "signal=KILL", number);
        let again = club.run(&list);
        assert!(again.ends_with("exit 0\n"), "killed in call {number}: {again}");
        if !first.hit {
            break;
        }
        number += stride();
    }
    println!("up to call {number}");
}

#[test]
fn a_key_is_retired_and_recorded_or_neither_whenever_the_process_dies() {
    if !can_trace("no retirement was killed") {
        return;
    }
    let mut number = 1;
    loop {
        let club = Club::alone();
        club.run(&["keys", "rotate", "--local"]);
        let retire = ["keys", "retire", "first", "--local"];
        let retired = traced(&club, &retire, "rename,unlink,fsync,fdatasync", "signal=KILL", number);
        let keys = club.json(&["keys", "list", "--local"]);
        let is_there = keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == "first");
        let records = club.json(&["audit", "--operation", "retireKey", "--local"]);
        let is_recorded = !records["records"].as_array().unwrap().is_empty();
        assert_ne!(is_there, is_recorded, "killed in call {number}: {records}");
        assert!(is_recorded || !retired.done, "killed in call {number}");
        if !retired.hit {
            break;
        }
        number += 1;
    }
    println!("up to call {number}");
}

#[test]
fn a_list_that_was_refused_is_not_answered_as_stored_where_its_end_finds_no_room() {
    if !can_trace("no list was refused on a full disk") {
        return;
    }
    let club = Club::alone();
    club.run(&["segments", "list", "--local"]);
    let remove = ["segments", "remove", "nobody", "00042", "--local"];
    for number in 1.. {
        let refused = faulty(&club, &remove, "pwrite64", "error=ENOSPC", &format!("{number}+"), &[]);
        assert!(!refused.done, "no room from write {number} on: {}", refused.said);
        if !refused.hit {
            break;
        }
    }
}

#[test]
fn what_a_restore_that_dies_at_any_call_leaves_is_removed_by_the_next() {
    if !can_trace("no restore was killed") {
        return;
    }
    let club = Club::alone();
    club.file("ids.csv", "user_id\n00042\n");
    for arguments in [&PUSH[..], &["snapshot", "fans.zip", "--data", ".fanpass"]] {
        let printed = club.run(arguments);
        assert!(printed.ends_with("exit 0\n"), "{printed}");
    }
    let restore = ["restore", "fans.zip", "--data", ".fanpass", "--replace"];
    let is_ours = |name: &str| name.starts_with(".fanpass-");
    let left = || {
        let entries = fs::read_dir(club.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
        entries.filter(|name| is_ours(name.to_str().unwrap())).count()
    };
    let mut leftovers = 0;
    for call in FOLDER_CALLS {
        let mut number = 1;
        while traced(&club, &restore, call, "signal=KILL", number).hit {
            leftovers += left();
            let again = club.run(&restore);
            assert!(again.ends_with("exit 0\n"), "killed in {call} {number}: {again}");
            assert_eq!(left(), 0, "killed in {call} {number}");
            number += stride().div_ceil(4);
        }
    }
    assert!(leftovers > 0, "nothing was left to be removed");
    println!("{leftovers} folders left and removed");
}

/// A folder in which each write names its number.
pub struct State {
    pub club: Club,
    pub written: usize,
}

impl State {
    pub fn new() -> Self {
        let state = Self { club: Club::alone(), written: 0 };
        state.file();
        state.succeeds(&PUSH);
        state.succeeds(&state.update());
        state
    }

    pub fn file(&self) {
        self.club.file("ids.csv", format!("user_id\n{}\n", self.ids().join("\n")));
    }

    /// As many ids as say their number, of which none is in another list.
    pub fn ids(&self) -> Vec<String> {
        (0..3).map(|id| format!("fan-{}-{id}", self.written)).collect()
    }

    pub fn update(&self) -> [String; 6] {
        let set = format!("user_properties.sth={}", self.sth());
        ["users", "update", "fan", "--local", "--set", &set].map(str::to_owned)
    }

    pub fn sth(&self) -> bool {
        self.written.is_multiple_of(2)
    }

    pub fn stored_ids(&self) -> Vec<String> {
        let output = self.club.command(&["segments", "members", "fans", "--local"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    pub fn stored_sth(&self) -> bool {
        let user = self.club.json(&["users", "get", "fan", "--local"]);
        user["userProperties"]["user_properties.sth"].as_str().unwrap() == "true"
    }

    pub fn succeeds(&self, arguments: &[impl AsRef<str>]) {
        let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        let printed = self.club.run(&arguments);
        assert!(printed.ends_with("exit 0\n"), "{printed}");
    }

    /// Writes anew with a fault in the n-th call. Whether there was one; panics if something was lost.
    fn survives(&mut self, fault: &str, number: usize) -> bool {
        let (old_ids, old_sth) = (self.ids(), self.sth());
        self.written += 1;
        self.file();
        let case = format!("{fault} in call {number}");

        let pushed = traced(&self.club, &PUSH, CALLS, fault, number);
        let ids = self.stored_ids();
        assert!(ids == self.ids() || (ids == old_ids && !pushed.done), "{case}: {ids:?}");

        let update = self.update();
        let updated = traced(&self.club, &update.each_ref().map(String::as_str), CALLS, fault, number);
        let sth = self.stored_sth();
        assert!(sth == self.sth() || (sth == old_sth && !updated.done), "{case}: {sth}");

        // What is left behind stands in nobody's way.
        self.succeeds(&PUSH);
        self.succeeds(&update);
        pushed.hit || updated.hit
    }
}
