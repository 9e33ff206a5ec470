//! `snapshot`, `restore`, `reset`, `serve --ephemeral`: what becomes of data folders.

#[cfg(unix)]
use std::fs::{self, File, Metadata};
#[cfg(unix)]
use std::path::PathBuf;
#[cfg(unix)]
use std::process::{Child, Command};

use crate::harness::Club;

#[test]
fn a_snapshot_is_restored_and_a_folder_emptied() {
    let club = Club::alone();
    club.file("ids.csv", "user_id\n00042\n");
    club.run(&["segments", "push", "fans", "--file", "ids.csv", "--wait", "--local"]);
    let mut said = String::new();
    for arguments in [
        &["snapshot", "fans.zip"][..],
        &["restore", "fans.zip"],
        &["restore", "fans.zip", "--data", "other"],
        &["segments", "members", "fans", "--local", "--data", "other"],
        &["reset", "--data", "other"],
        &["reset", "--data", "other", "--yes"],
        &["segments", "list", "--local", "--data", "other"],
        &["restore", "fans.zip", "--data", "other", "--replace"],
        &["restore", "ids.csv", "--data", "new"],
        &["snapshot", "none.zip", "--data", "nowhere"],
    ] {
        said.push_str(&club.run(arguments));
    }
    std::fs::remove_file(club.path("other/service.db")).unwrap();
    for arguments in [
        &["segments", "list", "--local", "--data", "other"][..],
        &["fsck", "--data", "other"],
        &["snapshot", "other.zip", "--data", "other"],
        &["reset", "--keep-tokens", "--data", "other", "--yes"],
        &["snapshot", ".fanpass/fans.zip"],
    ] {
        said.push_str(&club.run(arguments));
    }
    club.file("other/notes.txt", "mine");
    said.push_str(&club.run(&["restore", "fans.zip", "--data", "other", "--replace"]));
    // The machine decides when it is, and SQLite how large its files are.
    let mut filters = insta::Settings::clone_current();
    filters.add_filter(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME");
    filters.add_filter(r"\d+ bytes", "N bytes");
    filters.bind(|| insta::assert_snapshot!("folders", said));
}

/// A snapshot in a process of its own, which waits in the middle of it: one of the files that it is to hold is a pipe.
#[cfg(unix)]
fn held_up(club: &Club) -> (Child, File) {
    let pipe = club.path(".fanpass/platform-attributes.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = Command::new(env!("CARGO_BIN_EXE_fanpass"))
        .args(["snapshot", "fans.zip"])
        .current_dir(club.path("."))
        .env_clear()
        .spawn()
        .unwrap();
    // Opened as soon as the other side is.
    (child, File::options().write(true).open(&pipe).unwrap())
}

/// Folders that something is being made in, beside a club's files.
#[cfg(unix)]
fn unfinished(club: &Club) -> Vec<PathBuf> {
    let all = fs::read_dir(club.path(".")).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".fanpass-")).collect()
}

#[cfg(unix)]
#[test]
fn what_a_killed_snapshot_leaves_is_open_to_nobody_and_goes_with_the_next() {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = |found: Metadata| found.permissions().mode() & 0o777;
    let club = Club::alone();
    club.file("ids.csv", "user_id\n00042\n");
    club.run(&["segments", "push", "fans", "--file", "ids.csv", "--wait", "--local"]);
    club.run(&["snapshot", "fans.zip"]);
    let whole = fs::read(club.path("fans.zip")).unwrap();
    let (mut child, _pipe) = held_up(&club);
    let [folder] = &unfinished(&club)[..] else { panic!("one folder") };
    assert_eq!(mode(folder.metadata().unwrap()), 0o700);
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    assert!(names.iter().any(|entry| entry.file_name() == "service.db"), "{names:?}");
    for entry in names {
        assert_eq!(mode(entry.metadata().unwrap()), 0o600, "{entry:?}");
    }

    // What is in use is nobody else's to remove.
    club.run(&["restore", "fans.zip", "--data", "other"]);
    assert!(club.path("other/service.db").is_file());
    assert!(folder.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fs::read(club.path("fans.zip")).unwrap() == whole);
    club.run(&["restore", "fans.zip", "--data", "another"]);
    assert_eq!(unfinished(&club), Vec::<PathBuf>::new());
}
