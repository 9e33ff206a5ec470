//! What `check` tells of workbooks, archives, pipes and standard input.

use std::io::{Cursor, Write as _};

use rust_xlsxwriter::Workbook;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::harness::{Club, example, transcript};

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_is_told_by_sheet_and_cell() {
    let club = Club::alone();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("North stand").unwrap();
    sheet.write(0, 0, "name").unwrap().write(0, 1, "fan_id").unwrap();
    sheet.write(1, 0, "Ada").unwrap().write(1, 1, "00042").unwrap();
    sheet.write(2, 0, "Ben").unwrap().write(2, 1, 123_456_789_012_345_680_f64).unwrap();
    workbook.save(club.path("holders.xlsx")).unwrap();
    insta::assert_snapshot!(club.run(&["check", "holders.xlsx", "--sheet", "North stand"]));
}

#[test]
fn an_archive_tells_of_its_first_file() {
    let club = Club::alone();
    club.file(
        "fans.zip",
        archive(&[("a.csv", "fan_id;name\n1;Zoë\n".as_bytes()), ("b.csv", b"fan_id\n2\n1\n")]),
    );
    insta::assert_snapshot!(club.run(&["check", "fans.zip"]));
}

#[test]
fn what_is_passed_over_or_guessed_is_told_by_check_and_pushes() {
    let club = Club::alone();
    club.file(
        "fans.zip",
        archive(&[("a.csv", b"fan_id;name\n1;Zo\xEB\n"), (".b.csv", b"fan_id;name\n2;Ben\n")]),
    );
    insta::assert_snapshot!(club.run(&["check", "fans.zip"]));
    let notices = club.json(&["check", "fans.zip"])["notices"].clone();
    assert_eq!(notices.as_array().unwrap().len(), 2, "{notices}");
    let file = ["--file", "fans.zip", "--dry-run"];
    assert_eq!(club.json(&[&["segments", "push", "fans"], &file[..]].concat())["notices"], notices);
    let map = ["--map", "name=custom.name"];
    assert_eq!(club.json(&[&["users", "push"], &file[..], &map].concat())["notices"], notices);
}

#[test]
fn a_file_that_is_not_read_to_its_end_leads_nowhere() {
    let club = Club::alone();
    club.file("fans.zip", archive(&[("a.csv", b"fan_id\n1\n"), ("b.pdf", b"%PDF-1.7")]));
    insta::assert_snapshot!(club.run(&["check", "fans.zip"]));
}

/// A pipe that has a name, into which a file is written once.
#[cfg(unix)]
#[test]
fn a_pipe_is_read_as_a_file_is() {
    let club = Club::alone();
    club.file("holders.csv", example("holders.csv"));
    let script = format!(
        "mkfifo pipe && cat holders.csv > pipe & until test -p pipe; do :; done; exec {} check pipe --json",
        env!("CARGO_BIN_EXE_fanpass")
    );
    let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(club.path(".")).output();
    let output = output.unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["usable"], club.json(&["check", "holders.csv"])["usable"]);
    assert_eq!(report["file"], "pipe");
}

#[test]
fn standard_input_is_checked_too() {
    let club = Club::alone();
    let arguments = ["check", "-", "--header", "absent", "--encoding", "windows-1252"];
    let mut command = club.command(&arguments);
    command.write_stdin("00042\nfan-7\n\n00042\n");
    insta::assert_snapshot!(transcript(&arguments, command));
}

#[cfg(target_os = "linux")]
#[test]
fn a_source_that_cannot_be_read_is_refused_by_every_command() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.tier", "--type", "string"]);
    // It can be opened, and nothing is where it begins.
    let file = "/proc/self/mem";
    club.file("season.toml", format!("[[segment]]\nname = \"cup\"\nfile = \"{file}\"\n"));
    for command in [
        &["check", file][..],
        &["apply", "season.toml"],
        &["segments", "push", "cup", file],
        &["users", "push", file, "--map", "tier=custom.tier", "--ledger", "fans.ledger"],
    ] {
        let printed = club.run(command);
        assert!(printed.contains("cannot be read") && printed.ends_with("exit 6\n"), "{printed}");
    }
}
