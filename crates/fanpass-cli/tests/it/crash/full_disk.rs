//! A disk that is full where it shows late: when a file is put in its place, and when what was written is synced.

use super::strace::{can_trace, faulty, traced};
use super::syscalls::{PUSH, State};
use crate::harness::Club;

#[test]
fn a_key_that_finds_no_room_is_told_as_a_full_disk() {
    if !can_trace("no disk was full") {
        return;
    }
    let club = Club::alone();
    let rotate = ["keys", "rotate", "--local"];
    club.run(&rotate);
    // The new key is the only file that is put in its place.
    let rotated = traced(&club, &rotate, "rename,renameat,renameat2", "error=ENOSPC", 1);
    assert!(rotated.hit && rotated.said.contains("507 Insufficient Storage"), "{}", rotated.said);
    let keys = club.json(&["keys", "list", "--local"]);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2, "{keys}");
}

#[test]
fn a_disk_that_is_full_when_what_was_written_is_synced_is_told_as_such_and_nothing_is_changed() {
    if !can_trace("no disk was full") {
        return;
    }
    let mut state = State::new();
    let (old_ids, old_sth) = (state.ids(), state.sth());
    state.written += 1;
    state.file();
    let update = state.update();
    for arguments in [&PUSH[..], &update.each_ref().map(String::as_str)] {
        let full = faulty(&state.club, arguments, "fsync,fdatasync", "error=ENOSPC", "1+", &[]);
        assert!(full.hit && full.said.contains("507 Insufficient Storage"), "{arguments:?}: {}", full.said);
    }
    assert_eq!((state.stored_ids(), state.stored_sth()), (old_ids, old_sth));
    state.succeeds(&PUSH);
    state.succeeds(&update);
}

#[test]
fn a_change_whose_record_finds_no_room_in_the_database_is_recorded_though_the_service_stops() {
    if !can_trace("no disk was full") {
        return;
    }
    let records = records_of_a_deletion("1+", &["service.db-wal"]);
    assert_eq!(records["records"][0]["status"], 200, "{records}");
}

#[test]
fn a_change_whose_record_finds_no_room_anywhere_at_first_is_recorded_once() {
    if !can_trace("no disk was full") {
        return;
    }
    // The journal of the third service that runs there.
    let records = records_of_a_deletion("1..1", &["service.db-wal", "audit-3.journal"]);
    assert_eq!(records["records"].as_array().unwrap().len(), 1, "{records}");
}

/// The audit of a segment that is deleted while syncs of these files find no room.
fn records_of_a_deletion(when: &str, files: &[&str]) -> serde_json::Value {
    let State { club, .. } = State::new();
    let delete = ["segments", "delete", "fans", "--yes", "--local"];
    let deleted = faulty(&club, &delete, "fsync,fdatasync", "error=ENOSPC", when, files);
    assert!(deleted.hit && deleted.done, "{}", deleted.said);
    club.json(&["audit", "--operation", "deleteSegment", "--local"])
}
