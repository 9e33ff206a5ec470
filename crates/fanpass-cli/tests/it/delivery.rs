//! Whether ids go in one JSON body or as a file, and what happens where the service finds either too large.

use crate::foreign;
use crate::harness::Club;

const COMPLETED: &str = r#"{"status":"completed","imported_rows":2,"rejected_rows":0}"#;
const PUSH: [&str; 5] = ["segments", "push", "holders", "--file", "holders.csv"];
const INLINE: &str = "application/json";
const FILE: &str = "multipart/form-data";

fn club_that_refuses(refused: &'static [&'static str]) -> Club {
    let club = foreign::club_that_refuses(refused, COMPLETED);
    club.file("holders.csv", "fan_id\n00042\nfan-7\n");
    club.file("season.toml", "[[segment]]\nname = \"holders\"\nfile = \"holders.csv\"\nmode = \"replace\"\nguards = { shrink = 100 }\n");
    club
}

#[test]
fn a_short_list_goes_inline_and_a_long_one_as_a_file_unless_the_way_is_named() {
    let club = Club::with_service();
    let receipt = |ids: usize, send_as: &str| {
        let rows: Vec<_> = (0..ids).map(|id| format!("fan-{id}")).collect();
        club.file("holders.csv", format!("fan_id\n{}\n", rows.join("\n")));
        // An inline list is stored when it is answered, a file is imported afterwards.
        club.json(&[&PUSH[..], &["--as", send_as]].concat())["status"].clone()
    };
    assert_eq!((receipt(1_000, "auto"), receipt(1_001, "auto")), ("completed".into(), "pending".into()));
    assert_eq!((receipt(1_001, "inline"), receipt(2, "upload")), ("completed".into(), "pending".into()));
}

#[test]
fn a_list_that_is_too_large_for_one_body_goes_up_as_a_file() {
    let club = club_that_refuses(&[INLINE]);
    insta::assert_snapshot!("push", club.run(&[&PUSH[..], &["--wait"]].concat()));
    insta::assert_snapshot!("apply", club.run(&["apply", "season.toml"]));
}

#[test]
fn a_way_that_was_named_is_not_left() {
    let club = club_that_refuses(&[INLINE]);
    insta::assert_snapshot!("inline_alone", club.run(&[&PUSH[..], &["--as", "inline"]].concat()));
}

#[test]
fn a_file_that_is_too_large_names_the_limit_and_the_ways_out() {
    let club = club_that_refuses(&[INLINE, FILE]);
    insta::assert_snapshot!("too_large", club.run(&PUSH));
    let applied = club.run(&["apply", "season.toml"]);
    assert!(applied.contains("the limit on uploads raised") && applied.ends_with("exit 6\n"), "{applied}");
}

#[test]
fn rates_come_from_the_command_line_or_the_file_and_are_kept_for_rejects() {
    let club = Club::with_service();
    club.file("fans.csv", "fan_id,sth\n00042,yes\nfan-7,perhaps\n");
    let map = "user_properties.sth:boolean";
    let rates = ["--rate", "500", "--ids-rate", "400"];
    let push = ["users", "push", "--file", "fans.csv", "--map", &format!("sth={map}")];
    assert!(club.run(&[&push[..], &rates].concat()).ends_with("exit 3\n"));
    let recipe = |file: &str| std::fs::read_to_string(club.path(file)).unwrap();
    let kept = |recipe: &str| recipe.contains("rate = 500\n") && recipe.contains("ids-rate = 400\n");
    assert!(kept(&recipe("rejects.csv.toml")), "{}", recipe("rejects.csv.toml"));
    let feed = format!("[[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"sth={map}\"]\n");
    club.file("season.toml", format!("guards = {{ rejects = 50 }}\nrate = 1\nids-rate = 400\n{feed}"));
    assert!(club.run(&["apply", "season.toml", "--rate", "500"]).ends_with("exit 3\n"));
    assert!(kept(&recipe("rejects/crm.csv.toml")), "{}", recipe("rejects/crm.csv.toml"));
    club.file("season.toml", format!("ids-rate = 0\n{feed}"));
    assert!(club.run(&["apply", "season.toml"]).ends_with("exit 2\n"));
}
