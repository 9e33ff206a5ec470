//! Several feeds of one segment: each builds upon the one before, the segment goes up once, and it stays what they say.

use serde_json::Value;

use crate::apply::members;
use crate::harness::Club;

/// A club whose feeds of segment `fans` are of these names and modes; each reads the file of its name.
pub fn club(feeds: &[(&str, &str)]) -> Club {
    let club = Club::with_service();
    let feeds = feeds.iter().map(|(feed, mode)| {
        format!("[[segment]]\nname = \"fans\"\nfeed = \"{feed}\"\nfile = \"{feed}.csv\"\nmode = \"{mode}\"\n")
    });
    let guards = "guards = { shrink = 100, growth = 10000 }\n".to_owned();
    let season = std::iter::once(guards).chain(feeds).collect::<String>();
    club.file("fans.toml", season);
    club
}

pub fn list(club: &Club, feed: &str, ids: &[&str]) {
    club.file(&format!("{feed}.csv"), format!("fan_id\n{}\n", ids.join("\n")));
}

/// Applies the feeds: what each came to, as `added, sent, unchanged, removed`.
pub fn apply(club: &Club) -> Vec<[u64; 4]> {
    let applied = club.json(&["apply", "fans.toml", "--allow", "empty"]);
    let feeds = applied["feeds"].as_array().unwrap_or_else(|| panic!("{applied}"));
    let figures = |feed: &Value| {
        assert_eq!((&feed["addsUp"], &feed["complete"]), (&true.into(), &true.into()), "{feed}");
        ["added", "sent", "unchanged", "removed"].map(|name| feed[name].as_u64().unwrap())
    };
    feeds.iter().map(figures).collect()
}

/// The import that made the segment what it is.
fn import(club: &Club) -> Value {
    club.json(&["segments", "show", "fans"])["importId"].clone()
}

/// Applies the same files four times more, and nothing is sent.
pub fn settled(club: &Club) {
    let (before, stands) = (import(club), members(club, "fans"));
    for run in 2..=5 {
        assert!(apply(club).iter().all(|[added, sent, _, removed]| added + sent + removed == 0), "run {run}");
    }
    assert_eq!((import(club), members(club, "fans")), (before, stands));
}

#[test]
fn two_feeds_that_add_leave_the_members_of_both() {
    let club = club(&[("north", "add"), ("south", "add")]);
    list(&club, "north", &["h1", "h2", "h3"]);
    list(&club, "south", &["n1", "n2", "n3"]);
    insta::assert_snapshot!("plan", club.run(&["plan", "fans.toml"]));
    assert_eq!(apply(&club), [[3, 3, 0, 0], [3, 3, 0, 0]]);
    assert_eq!(members(&club, "fans"), ["h1", "h2", "h3", "n1", "n2", "n3"]);
    assert_eq!(
        club.json(&["segments", "versions", "fans"])["versions"].as_array().unwrap().len(),
        1,
        "it went up once"
    );
    settled(&club);
    list(&club, "south", &["n1", "n2", "n3", "n4"]);
    assert_eq!(apply(&club), [[0, 0, 3, 0], [1, 1, 3, 0]]);
    assert_eq!(members(&club, "fans").len(), 7);
}

#[test]
fn of_two_feeds_that_mirror_the_last_one_to_drop_a_member_takes_it_out() {
    for feeds in [["north", "south"], ["south", "north"]] {
        let club = club(&feeds.map(|feed| (feed, "mirror-owned")));
        list(&club, "north", &["both", "north"]);
        list(&club, "south", &["both", "south"]);
        apply(&club);
        assert_eq!(members(&club, "fans"), ["both", "north", "south"]);
        settled(&club);
        list(&club, "north", &["north"]);
        apply(&club);
        assert_eq!(members(&club, "fans"), ["both", "north", "south"], "{feeds:?}: south still lists it");
        settled(&club);
        list(&club, "south", &["south"]);
        apply(&club);
        assert_eq!(members(&club, "fans"), ["north", "south"], "{feeds:?}");
        settled(&club);
    }
}

#[test]
fn who_was_dropped_while_a_feed_that_adds_listed_him_goes_with_that_one() {
    let club = club(&[("north", "mirror-owned"), ("south", "add")]);
    list(&club, "north", &["h1", "h2"]);
    list(&club, "south", &["n1"]);
    apply(&club);
    list(&club, "north", &["h2"]);
    list(&club, "south", &["n1", "h1"]);
    apply(&club);
    assert_eq!(members(&club, "fans"), ["h1", "h2", "n1"]);
    settled(&club);
    list(&club, "south", &["n2"]);
    assert_eq!(apply(&club), [[0, 0, 1, 1], [1, 1, 0, 0]]);
    assert_eq!(members(&club, "fans"), ["h2", "n1", "n2"]);
    settled(&club);
}

#[test]
fn whom_a_feed_removes_is_counted_as_the_plan_counts_it() {
    let club = club(&[("banned", "remove")]);
    club.json(&["segments", "add", "fans", "h1", "h2", "h3"]);
    list(&club, "banned", &["h1", "h2"]);
    assert_eq!(club.json(&["plan", "fans.toml"])["feeds"][0]["removed"], 2);
    assert_eq!(apply(&club), [[0, 2, 0, 2]]);
    assert!(club.run(&["runs", "show", "1", "--ledger", "fans.toml"]).contains("taken out: 2"));
}

#[test]
fn a_later_feed_that_removes_has_the_last_word() {
    let club = club(&[("holders", "add"), ("banned", "remove")]);
    list(&club, "holders", &["h1", "h2"]);
    list(&club, "banned", &["h1"]);
    assert_eq!(apply(&club), [[1, 1, 1, 0], [0, 0, 1, 0]]);
    assert_eq!(members(&club, "fans"), ["h2"]);
    settled(&club);
    list(&club, "banned", &["h2"]);
    assert_eq!(apply(&club), [[1, 1, 1, 0], [0, 1, 0, 1]], "the one comes in, the other goes out");
    assert_eq!(members(&club, "fans"), ["h1"]);
    settled(&club);
}

#[test]
fn a_segment_that_cannot_be_sent_is_not_sent_for_any_of_its_feeds() {
    let club = club(&[("north", "mirror-owned"), ("south", "add")]);
    list(&club, "north", &["h1", "h2"]);
    list(&club, "south", &["n1"]);
    club.json(&["tokens", "issue", "reader", "--scope", "read", "--out", "reader.token"]);
    let refused = club.run(&["apply", "fans.toml", "--token-file", "reader.token"]);
    assert_eq!(refused.matches("was acknowledged: ").count(), 2, "{refused}");
    assert!(refused.ends_with("exit 4\n"), "{refused}");
    let unsent = club.json(&["apply", "fans.toml", "--token-file", "reader.token"]);
    let figures: Vec<_> = unsent["feeds"].as_array().unwrap().iter().map(|feed| &feed["unsent"]).collect();
    assert_eq!(figures, [2, 1]);
    assert_eq!(apply(&club), [[2, 2, 0, 0], [1, 1, 0, 0]]);
    settled(&club);
}

#[test]
fn a_feed_that_is_not_allowed_behind_one_that_was_sent_ends_as_what_broke_off() {
    let club = club(&[("north", "add")]);
    list(&club, "north", &["h1"]);
    let season = std::fs::read_to_string(club.path("fans.toml")).unwrap();
    let crm =
        "[[attributes]]\nname = \"crm\"\nfile = \"crm.csv\"\nmap = [\"sth=user_properties.sth:boolean\"]\n";
    club.file("fans.toml", season + crm);
    club.file("crm.csv", "fan_id,sth\nh1,yes\n");
    let scopes = ["--scope", "segments:write", "--scope", "read"];
    club.json(&[&["tokens", "issue", "segments", "--out", "segments.token"][..], &scopes].concat());
    let printed = club.run(&["apply", "fans.toml", "--token-file", "segments.token"]);
    assert!(printed.contains("`users:write`") && printed.ends_with("exit 13\n"), "{printed}");
    assert_eq!(members(&club, "fans"), ["h1"]);
}

#[test]
fn a_guard_that_forbids_one_feed_keeps_the_segment_as_it_was() {
    let club = club(&[("north", "mirror-owned"), ("south", "add")]);
    list(&club, "north", &["h1", "h2"]);
    list(&club, "south", &["n1"]);
    apply(&club);
    list(&club, "north", &[]);
    list(&club, "south", &["n1", "n2"]);
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 10\n"));
    assert_eq!(members(&club, "fans"), ["h1", "h2", "n1"]);
    assert_eq!(apply(&club), [[0, 0, 0, 2], [1, 1, 1, 0]]);
    settled(&club);
}

#[test]
fn feeds_that_may_each_take_out_some_may_not_take_out_the_sum_of_it() {
    let feeds = ["north", "south", "east"].map(|feed| (feed, "mirror-owned"));
    let club = club(&feeds);
    let ids = |feed: &str, most: usize| (0..most).map(|fan| format!("{feed}-{fan:02}")).collect::<Vec<_>>();
    let list = |feed: &str, most: usize| {
        list(&club, feed, &ids(feed, most).iter().map(String::as_str).collect::<Vec<_>>());
    };
    let guard = |south: &str| {
        let feeds = feeds.map(|(feed, mode)| {
            let guards = if feed == "south" { south } else { "" };
            format!("[[segment]]\nname = \"fans\"\nfeed = \"{feed}\"\nfile = \"{feed}.csv\"\nmode = \"{mode}\"\n{guards}\n")
        });
        club.file("fans.toml", feeds.concat());
    };
    guard("");
    for (feed, most) in [("north", 40), ("south", 40), ("east", 20)] {
        list(feed, most);
    }
    apply(&club);
    list("north", 25);
    list("south", 25);
    insta::assert_snapshot!("shrink_together", club.run(&["plan", "fans.toml"]));
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 10\n"));
    assert_eq!(members(&club, "fans").len(), 100);
    guard("guards = { shrink = 25 }");
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 10\n"), "30 of 100 with 25 at most");
    guard("guards = { shrink = 30 }");
    assert!(club.run(&["apply", "fans.toml"]).ends_with("exit 0\n"), "30 of 100 with 30 at most");
    assert_eq!(members(&club, "fans").len(), 70);
    list("north", 25 + 36);
    list("south", 25 + 36);
    let grown = club.run(&["apply", "fans.toml"]);
    let together =
        "the feeds \"north\" and \"south\" together: 72 would come in beside 70, and 100 % of them may";
    assert!(grown.contains(together), "{grown}");
    assert!(grown.ends_with("exit 10\n"), "{grown}");
    assert!(club.run(&["apply", "fans.toml", "--allow", "growth"]).ends_with("exit 0\n"));
    assert_eq!(members(&club, "fans").len(), 142);
}
