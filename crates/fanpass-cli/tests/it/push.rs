//! `segments push`: every row of the file ends in one bucket, and what is stored is what the file shows.

use rust_xlsxwriter::Workbook;

use crate::harness::{Club, example, transcript};

const PUSH: [&str; 5] = ["segments", "push", "season-ticket-holders", "--file", "holders.csv"];

#[test]
fn the_readme_example_accounts_for_every_row() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders.csv"));
    insta::assert_snapshot!(club.run(&[&PUSH[..], &["--wait"]].concat()));
    insta::assert_snapshot!(
        "the_ids_are_as_the_file_shows_them",
        club.run(&["segments", "members", "season-ticket-holders"])
    );
}

#[test]
fn a_file_is_named_by_its_position_or_by_an_option() {
    let club = Club::with_service();
    club.file("fans.csv", "fan_id,holder\n00042,yes\n");
    let commands: [&[&str]; 3] = [
        &["segments", "push", "fans"],
        &["segments", "import", "fans"],
        &["users", "push", "--id", "fan_id", "--map", "holder=user_properties.sth:boolean"],
    ];
    for command in commands {
        for named in [&["fans.csv"][..], &["--file", "fans.csv"]] {
            let printed = club.run(&[command, named].concat());
            assert!(printed.ends_with("exit 0\n"), "{printed}");
        }
        for named in [&[][..], &["fans.csv", "--file", "fans.csv"]] {
            let printed = club.run(&[command, named].concat());
            assert!(printed.contains("--file <FILE>") && printed.ends_with("exit 2\n"), "{printed}");
        }
    }
}

#[test]
fn rejected_rows_are_named_and_the_rest_is_pushed() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    insta::assert_snapshot!(club.run(&[&PUSH[..], &["--wait"]].concat()));
}

#[test]
fn a_reject_file_does_not_become_the_segment() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    club.json(&[&PUSH[..], &["--wait"]].concat());
    insta::assert_snapshot!("rejects", std::fs::read_to_string(club.path("rejects.csv")).unwrap());
    insta::assert_snapshot!(club.run(&[
        "segments",
        "push",
        "season-ticket-holders",
        "--file",
        "rejects.csv"
    ]));
    assert_eq!(club.json(&["segments", "show", "season-ticket-holders"])["memberCount"], 2);
}

#[test]
fn json_has_the_same_figures() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    insta::assert_json_snapshot!(club.json(&[&PUSH[..], &["--wait"]].concat()));
}

#[test]
fn without_waiting_the_next_command_is_the_status() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders.csv"));
    insta::assert_snapshot!(club.run(&PUSH));
}

#[test]
fn inline_gives_the_same_segment() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders.csv"));
    let upload = club.json(&[&PUSH[..], &["--wait", "--as", "upload"]].concat());
    let inline = club.json(&[&PUSH[..], &["--wait", "--as", "inline"]].concat());
    for figure in ["read", "sent", "imported", "duplicate", "rejected", "addsUp", "status"] {
        assert_eq!(upload[figure], inline[figure], "{figure}");
    }
}

#[test]
fn both_http_stacks_push_the_same() {
    let club = Club::with_service();
    club.file("holders.csv", example("holders.csv"));
    let reqwest = club.json(&[&PUSH[..], &["--wait", "--transport", "reqwest"]].concat());
    let hyper = club.json(&[&PUSH[..], &["--wait", "--transport", "hyper"]].concat());
    assert_eq!(reqwest["imported"], 10);
    assert_eq!(reqwest["imported"], hyper["imported"]);
}

#[test]
fn a_dry_run_needs_no_service() {
    let club = Club::alone();
    club.file("holders.csv", example("holders-with-mistakes.csv"));
    insta::assert_snapshot!(club.run(&[&PUSH[..], &["--dry-run"]].concat()));
}

#[test]
fn a_dry_run_counts_as_a_check_does() {
    let club = Club::alone();
    club.file("holders.csv", "fan_id\n00042\nfan-7\n00042\n");
    let [dry, checked] = [&[&PUSH[..], &["--dry-run"]].concat()[..], &["check", "holders.csv"]]
        .map(|command| club.json(command));
    for figure in ["read", "usable", "duplicate", "rejected", "addsUp"] {
        assert_eq!(dry[figure], checked[figure], "{figure}");
    }
}

#[test]
fn an_ambiguous_column_is_an_error_that_lists_them() {
    let club = Club::with_service();
    club.file("holders.csv", "number,member,name\n1,00042,Ada\n2,fan-7,Rhys\n");
    insta::assert_snapshot!(club.run(&PUSH));
    let named = club.json(&[&PUSH[..], &["--wait", "--id", "member"]].concat());
    assert_eq!(named["imported"], 2);
    let counted = club.json(&[&PUSH[..], &["--wait", "--id", "#1", "--header", "present"]].concat());
    assert_eq!(counted["imported"], 2);
    assert_eq!(
        club.run(&["segments", "members", "season-ticket-holders"]),
        "$ fanpass segments members season-ticket-holders\n1\n2\nexit 0\n"
    );
}

#[test]
fn a_file_without_a_usable_id_sends_nothing() {
    let club = Club::with_service();
    club.file("holders.csv", "fan_id,name\n,Ada\n,Ben\n");
    insta::assert_snapshot!(club.run(&[&PUSH[..], &["--wait"]].concat()));
    assert!(club.run(&["segments", "list"]).contains("no segments yet"));
    club.file("empty.csv", "fan_id,name\n");
    for file in ["holders.csv", "empty.csv"] {
        let printed = club.run(&["segments", "push", "fans", file, "--dry-run"]);
        assert!(printed.ends_with("exit 6\n"), "as the push itself: {printed}");
    }
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let club = Club::with_service();
    let arguments = ["segments", "push", "fans", "--file", "-", "--header", "absent", "--wait"];
    let mut command = club.command(&arguments);
    command.write_stdin("00042\nfan-7\n00042\n");
    insta::assert_snapshot!(transcript(&arguments, command));
}

#[test]
fn a_spreadsheet_keeps_its_text_and_refuses_what_it_destroyed() {
    let club = Club::with_service();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Holders").unwrap();
    sheet.write(0, 0, "name").unwrap().write(0, 1, "fan_id").unwrap();
    sheet.write(1, 0, "Ada").unwrap().write(1, 1, "00042").unwrap();
    sheet.write(2, 0, "Ben").unwrap().write(2, 1, 123_456_789_012_345_680_f64).unwrap();
    sheet.write(3, 0, "Carla").unwrap().write(3, 1, 4711).unwrap();
    workbook.save(club.path("holders.xlsx")).unwrap();
    let push = ["segments", "push", "season-ticket-holders", "--file", "holders.xlsx", "--wait"];
    insta::assert_snapshot!(club.run(&push));
}
