//! The configuration file: what it may say, and what is noticed before anything is read.

use std::path::Path;

use fanpass_sync::{ErrorKind, Feeds, Guard, GuardedFacts, Guards};
use fanpass_table::Header;

fn feeds(text: &str) -> Feeds {
    toml::from_str(text).unwrap()
}

#[test]
fn a_file_says_all_that_the_command_line_can() {
    let feeds = feeds(
        r##"
        target = { domain = "fanreach.example" }
        ledger = "state/club.ledger"
        guards = { shrink = 5 }

        [[segment]]
        name = "holders"
        feed = "ticketing"
        file = "holders.csv"
        read = { delimiter = ";", encoding = "windows-1252", header = false }
        id = "#1"
        mode = "replace"

        [[attributes]]
        name = "crm"
        file = "/exports/fans.csv"
        map = ["tier=custom.tier", { column = "sth", key = "user_properties.sth", type = "boolean", blank = "unset" }]
        set = ["custom.points:integer=5"]
        nulls = ["NULL"]
        mode = "mirror-owned"
        guards = { shrink = 50 }
        "##,
    );
    feeds.check().unwrap();
    assert_eq!(feeds.labels().collect::<Vec<_>>(), ["ticketing", "crm"]);
    let options = feeds.segments[0].read.options().unwrap();
    assert_eq!((options.delimiter, options.header), (Some(b';'), Header::Absent));
    assert_eq!(feeds.attributes[0].mapping().keys().count(), 3);
    assert_eq!(feeds.attributes[0].guards.or(feeds.guards).shrink, Some(50));
    let whole = feeds.clone().within(Path::new("/club"));
    assert_eq!(whole.segments[0].file, Path::new("/club/holders.csv"));
    assert_eq!(whole.attributes[0].file, Path::new("/exports/fans.csv"));
    assert_eq!(whole.ledger.as_deref(), Some(Path::new("/club/state/club.ledger")));
    let again: Feeds = toml::from_str(&toml::to_string(&feeds).unwrap()).unwrap();
    assert_eq!(again, feeds, "what is written is read as the same");
}

#[test]
fn a_misspelt_member_is_no_silent_default() {
    let error = toml::from_str::<Feeds>("[[segment]]\nname = \"a\"\nfile = \"a.csv\"\nmdoe = \"replace\"\n")
        .unwrap_err();
    assert!(error.to_string().contains("unknown field `mdoe`"), "{error}");
}

#[test]
fn a_guard_of_more_than_all_is_no_guard() {
    for (guard, stands) in
        [("shrink = 101", false), ("rejects = 200", false), ("shrink = 100, growth = 300", true)]
    {
        let read = toml::from_str::<Feeds>(&format!("guards = {{ {guard} }}\n"));
        assert_eq!(read.is_ok(), stands, "{guard}: {read:?}");
    }
}

#[test]
fn what_contradicts_itself_is_told() {
    let fails = |text: &str| {
        let error = feeds(text).check().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Syntax | ErrorKind::NoAttributes), "{error}");
        error.to_string()
    };
    let segment = "[[segment]]\nname = \"a\"\nfile = \"a.csv\"\n";
    let told = [
        fails(""),
        fails(&format!("{segment}{segment}")),
        fails(&format!("{segment}mode = \"replace\"\nfeed = \"b\"\n{segment}mode = \"mirror-owned\"\n")),
        fails(&format!("target = {{ local = true, domain = \"x\" }}\n{segment}")),
        fails("[[attributes]]\nname = \"crm\"\nfile = \"a.csv\"\n"),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn who_mirrors_writes_its_attributes_alone() {
    let feed = |name: &str, mode: &str, key: &str| {
        format!(
            "[[attributes]]\nname = \"{name}\"\nfile = \"{name}.csv\"\nmode = \"{mode}\"\nset = [\"{key}=x\"]\n"
        )
    };
    let check = |one: &str, other: &str, key: &str| {
        feeds(&(feed("north", one, "custom.tier") + &feed("south", other, key))).check()
    };
    check("set", "set", "custom.tier").unwrap();
    check("mirror-owned", "mirror-owned", "custom.other").unwrap();
    for modes in [("set", "mirror-owned"), ("mirror-owned", "set"), ("mirror-owned", "mirror-owned")] {
        let error = check(modes.0, modes.1, "custom.tier").unwrap_err().to_string();
        assert!(["custom.tier", "north", "south"].iter().all(|named| error.contains(named)), "{error}");
    }
}

#[test]
fn guards_forbid_what_goes_too_far_and_nothing_else() {
    let facts = |read, rejected, before, added, removed| GuardedFacts {
        read,
        rejected,
        before,
        added,
        removed,
        ..GuardedFacts::default()
    };
    let broken = |guards: Guards, facts: GuardedFacts| {
        guards.check(&facts).into_iter().map(|breach| breach.guard).collect::<Vec<_>>()
    };
    let usual = Guards::default();
    assert_eq!(broken(usual, facts(80, 0, 100, 0, 20)), [], "as far as it may");
    assert_eq!(broken(usual, facts(79, 0, 100, 0, 21)), [Guard::Shrink]);
    assert_eq!(broken(usual, facts(1000, 0, 0, 1000, 0)), [], "a first run fills it");
    assert_eq!(broken(usual, facts(201, 0, 100, 101, 0)), [Guard::Growth]);
    assert_eq!(broken(usual, facts(100, 10, 0, 90, 0)), []);
    assert_eq!(broken(usual, facts(100, 11, 0, 89, 0)), [Guard::Rejects]);
    assert_eq!(broken(usual, facts(0, 0, 100, 0, 100)), [Guard::Empty, Guard::Shrink]);
    let blank = GuardedFacts { read: 3, rejected: 1, empty: 2, ..GuardedFacts::default() };
    assert_eq!(broken(Guards { rejects: Some(100), ..usual }, blank), [Guard::Empty]);
    assert_eq!(broken(usual, GuardedFacts { rejected: 0, ..blank }), [], "one row can be used");
    let wide = Guards { shrink: Some(100), growth: Some(1000), rejects: Some(100), ..usual };
    assert_eq!(broken(wide, facts(100, 100, 100, 0, 100)), [Guard::Empty]);
}

#[test]
fn a_file_is_read_as_the_words_say() {
    let reading =
        |text: &str| toml::from_str::<fanpass_sync::Reading>(text).map_err(|error| error.to_string());
    for name in fanpass_sync::TextEncoding::NAMES {
        let read = reading(&format!("encoding = \"{name}\"")).unwrap();
        assert_eq!(toml::to_string(&read).unwrap(), format!("encoding = \"{name}\"\n"));
        assert_eq!(read.encoding, Some(name.parse().unwrap()));
        assert!(read.options().unwrap().encoding.is_some());
    }
    let error = reading("encoding = \"latin\"").unwrap_err();
    assert!(error.contains("use one of utf-8, utf-16le, utf-16be, windows-1252"), "{error}");
    for (delimiter, usable) in [(";", true), ("\\t", true), ("x", false), ("é", false)] {
        let read = reading(&format!("delimiter = \"{delimiter}\"")).unwrap();
        assert_eq!(read.options().is_ok(), usable, "{delimiter}");
    }
}
