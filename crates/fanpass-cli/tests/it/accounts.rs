//! What a push may claim of its rows, against a FanPass that tells no more than the vendor documents or we assume.

use crate::foreign;
use crate::harness::{Club, example};

const PUSH: [&str; 6] = ["segments", "push", "holders", "--file", "holders.csv", "--wait"];

/// A club with the twelve holders, two of which are repeats, and an import that ends as `status` says.
fn club(status: &str) -> Club {
    let club = foreign::club_with(status);
    club.file("holders.csv", example("holders.csv"));
    club
}

#[test]
fn other_rows_than_were_sent_are_no_success() {
    let club = club(r#"{"status":"completed","total_rows":5,"imported_rows":5,"rejected_rows":0}"#);
    insta::assert_snapshot!(club.run(&PUSH));
    assert_eq!(club.json(&PUSH)["addsUp"], false);
}

#[test]
fn repeats_are_counted_here_where_the_service_does_not_tell() {
    let club = club(r#"{"status":"completed","total_rows":12,"imported_rows":10,"rejected_rows":0}"#);
    insta::assert_snapshot!(club.run(&PUSH));
}

#[test]
fn a_service_may_count_repeats_as_imported() {
    let club = club(r#"{"status":"completed","imported_rows":12,"rejected_rows":0}"#);
    let report = club.json(&PUSH);
    assert_eq!((&report["imported"], &report["duplicate"]), (&12.into(), &0.into()));
    assert_eq!(report["addsUp"], true);
}

#[test]
fn a_row_that_went_missing_is_no_repeat() {
    let club = club(r#"{"status":"completed","imported_rows":9,"rejected_rows":0}"#);
    assert!(club.run(&PUSH).ends_with("exit 9\n"));
    let fewer = self::club(r#"{"status":"completed","imported_rows":9,"rejected_rows":1}"#);
    assert!(fewer.run(&PUSH).ends_with("exit 3\n"), "a repeat of a rejected id is rejected too");
}

#[test]
fn too_little_told_is_not_a_success_either() {
    let club = club(r#"{"status":"completed","total_rows":12}"#);
    insta::assert_snapshot!(club.run(&PUSH));
    assert!(club.json(&PUSH)["addsUp"].is_null());
    insta::assert_snapshot!("status_with_little", club.run(&["segments", "status", "imp-1"]));
}

#[test]
fn an_import_that_failed_is_not_summed_up() {
    let club = club(
        r#"{"status":"failed","total_rows":12,"imported_rows":0,"rejected_rows":3,"message":"no room"}"#,
    );
    insta::assert_snapshot!(club.run(&PUSH));
    insta::assert_snapshot!("failed_status", club.run(&["segments", "status", "imp-1"]));
}

#[test]
fn status_prints_whatever_is_told() {
    let club = club(r#"{"status":"completed","total_rows":12,"imported_rows":12,"rejected_rows":0}"#);
    insta::assert_snapshot!(club.run(&["segments", "status", "imp-1"]));
    let import = ["segments", "import", "holders", "--file", "holders.csv", "--wait"];
    assert!(club.run(&import).contains("imported  12"));
}

#[test]
fn what_a_service_says_does_not_reach_the_terminal_raw() {
    let club = club(
        r#"{"status":"completed","imported_rows":9,"rejected_rows":1,"message":"all \u001b[2Jfine",
            "errors":[{"row":3,"code":"bad\u001b]0;x\u0007","message":"one\nread 99 \u202etxt"}]}"#,
    );
    let printed = club.run(&PUSH);
    assert!(!printed.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{printed:?}");
    insta::assert_snapshot!("escaped", printed);
    let status = club.run(&["segments", "status", "imp-1"]);
    assert!(!status.contains('\u{1b}'), "{status:?}");
}

#[test]
fn inline_claims_nothing_before_it_is_known() {
    let club = club(r#"{"status":"completed"}"#);
    let push = ["segments", "push", "holders", "--file", "holders.csv", "--as", "inline"];
    assert!(!club.run(&push).contains("is now the ids"));
}

#[test]
fn an_apply_whose_import_tells_too_little_is_not_taken_for_verified() {
    let ids: Vec<_> = (0..1_500).map(|id| format!("fan-{id}")).collect();
    let apply = |status: &str| {
        let club = foreign::club_with(status);
        club.file("holders.csv", format!("fan_id\n{}\n", ids.join("\n")));
        club.file(
            "season.toml",
            "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\nmode = \"replace\"\nguards = { shrink = 100 }\n",
        );
        (club.run(&["apply", "season.toml"]), club)
    };
    let (printed, club) = apply(r#"{"status":"completed","total_rows":1500}"#);
    insta::assert_snapshot!("apply_with_little", printed);
    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 0\n"), "nothing is sent again");
    assert!(apply(r#"{"status":"completed","imported_rows":1500}"#).0.ends_with("exit 0\n"));
    for other in ["\"imported_rows\":1499", "\"imported_rows\":1499,\"rejected_rows\":1", "\"total_rows\":5"]
    {
        let (printed, _) = apply(&format!("{{\"status\":\"completed\",{other}}}"));
        assert!(printed.ends_with("exit 9\n"), "{other}: {printed}");
    }
}
