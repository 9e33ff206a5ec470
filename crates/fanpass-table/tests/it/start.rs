//! Where a table begins: titles above it are neither ids nor a header, and no list of ids is taken for a title and a table.

use fanpass_table::{ErrorKind, Header, Options, Reject, TableError};
use proptest::{collection::vec, prelude::*};

use crate::support::{ids, kind, read, sample, summary, zip};

fn skipping(rows: u32) -> Options {
    let mut options = Options::default();
    options.skip_rows = Some(rows);
    options
}

fn of_default(file: &str) -> Result<(Vec<String>, Vec<Reject>), TableError> {
    read("h.csv", file, None, &Options::default())
}

#[test]
fn titles_above_a_table_are_asked_about() {
    for (file, line) in [
        ("Report: Season fans\nCreated: 2026-11-01\n\nfan_id;a;b\n1;2;3\n", 4),
        ("# export\nfan_id;a;b\n1;2;3\n", 2),
        ("Season Tickets 2026\nacct_id,seat,price\n00123,12,\"1,200.00\"\n00124,13,2\n", 2),
        ("Season 2026\nMade on Jan 1, 2026\nacct_id,seat,price\n1,2,3\n4,5,6\n7,8,9\n", 3),
        ("Export of 2026, 12:00\nfan_id,seat\n00123,12\n", 2),
        ("Export, all of 2026\nfan_id;seat\n00123;12\n", 2),
        ("\"Report: 2026\"\n\"fan_id\",\"x\"\n\"1\",\"2\"\n", 2),
        ("Season Tickets 2026\n\nfan_id\n00123\n", 3),
        ("\u{feff}Season Tickets 2026\r\nfan_id\tx\r\n1\t2\r\n", 2),
        ("00042\n00043\nuser_id\n00044\n", 3),
    ] {
        let error = of_default(file).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AmbiguousStart, "{file:?}: {error}");
        assert!(error.to_string().starts_with(&format!("h.csv:{line}: ")), "{file:?}: {error}");
        for header in [Header::Present, Header::Absent] {
            let mut options = Options::default();
            options.header = header;
            assert!(read("h.csv", file, None, &options).is_err(), "{file:?} {header:?}");
        }
    }
}

#[test]
fn rows_above_the_table_can_be_stated() {
    let file = "Report: Season fans\nCreated \"today\n\nfan_id;a;b\n1;2;3\nx\n";
    let (good, bad) = read("h.csv", file, None, &skipping(3)).unwrap();
    assert_eq!((good, summary(&bad)), (vec!["1".into()], vec![("h.csv:6".into(), "ragged_row")]));
    // Lines longer than all that is looked at, and more of them than fit into memory at once.
    let long = format!("{}\n", "x".repeat(100_000)).repeat(3) + "fan_id;a\n1;2\n";
    assert_eq!(read("h.csv", long, None, &skipping(3)).unwrap().0, ["1"]);
    let utf16: Vec<u8> = file.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read("h.csv", utf16, Some("fan_id"), &skipping(3)).unwrap().0, ["1"]);
    let files = zip([("a.csv", b"A\nfan_id,n\n1,x\n".to_vec()), ("b.csv", b"B\nfan_id,n\n2,x\n".to_vec())]);
    assert_eq!(read("h.zip", files, None, &skipping(1)).unwrap().0, ["1", "2"]);
    let nothing = read("h.csv", file, None, &skipping(9)).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::Empty);
    let named = read("h.jsonl", "{\"id\":1}\n", None, &skipping(1)).unwrap_err();
    assert_eq!(named.kind(), ErrorKind::UnsupportedFormat);
}

#[test]
fn a_table_can_be_said_to_begin_with_the_first_row() {
    let mixed = "00042\n00043\nauth0|1\nauth0|2\n";
    assert_eq!(kind("h.csv", mixed), ErrorKind::AmbiguousStart);
    assert_eq!(read("h.csv", mixed, None, &skipping(0)).unwrap().0, ["00042", "00043", "auth0|1", "auth0|2"]);
    let mut ids = fanpass_table::Table::open(&sample("h.csv", "\n1\n\n2\n").path, &skipping(0))
        .unwrap()
        .ids(None)
        .unwrap();
    while ids.next_id().unwrap().is_some() {}
    assert_eq!(
        (ids.counts().ids, ids.counts().blank),
        (2, 1),
        "blank rows above the table are none between rows"
    );
}

#[test]
fn a_stated_separator_is_no_row() {
    for line in ["sep=;", "\"sep=;\"", "SEP=;\r"] {
        assert_eq!(
            ids("h.csv", format!("{line}\nfan_id;Name,x\n00042;\"Müller, Hans\"\n")),
            ["00042"],
            "{line}"
        );
    }
    assert_eq!(kind("h.csv", "sep=;\nFans of 2026\nfan_id;name\n1;A\n"), ErrorKind::AmbiguousStart);
}

/// No word that is never an id, of the few that chance can hit upon.
pub(crate) fn is_id(text: &str) -> bool {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    !["id", "uid", "sum"].contains(&letters.to_lowercase().as_str())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_list_below_a_recognised_name_is_never_taken_for_a_table(
        list in vec("[^\\s\\x00-\\x1F\"\u{feff}\u{fffd}]{1,20}|auth0[|;,][0-9a-f]{1,8}".prop_filter("an id", |text| is_id(text)), 1..120),
        name in prop::sample::select(&["user_id", "Fan ID", "id"][..]),
    ) {
        let file = format!("{name}\n{}\n", list.join("\n"));
        let (good, bad) = of_default(&file).unwrap();
        prop_assert_eq!((good, bad), (list, vec![]));
    }

    #[test]
    fn a_list_without_delimiters_is_never_taken_for_a_table(
        list in vec("[^\\s\\x00-\\x1F\",;|{\\[\u{feff}\u{fffd}]{1,20}|[a-z]{1,12}-?[0-9]{1,3}|fan-[0-9a-z]{3}".prop_filter("an id", |text| is_id(text)), 1..120),
    ) {
        match of_default(&list.join("\n")) {
            Ok((good, bad)) => prop_assert_eq!((good, bad), (list, vec![])),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::AmbiguousHeader, "{}", error),
        }
    }

    #[test]
    fn no_title_is_an_id(
        // Without a word that is a name of ids.
        titles in vec("[A-HJ-Za-hj-z0-9][A-HJ-Za-hj-z0-9 ,;:|.#-]{0,30}", 1..6),
        // More than titles, which would else be the table.
        rows in vec("[0-9]{1,8}", 6..30),
        delimiter in prop::sample::select(&[",", ";", "\t", "|"][..]),
        by_position in any::<bool>(),
    ) {
        let row = |id: &str, a: &str| format!("{id}{delimiter}{a}{delimiter}{a}\n");
        let table: String = rows.iter().map(|id| row(id, "x")).collect();
        let file = format!("{}\n{}{table}", titles.join("\n"), row("fan_id", "a"));
        let column = by_position.then_some("#1");
        prop_assert!(read("h.csv", &file, column, &Options::default()).is_err());
        let stated = skipping(u32::try_from(titles.len()).unwrap());
        prop_assert_eq!(read("h.csv", &file, column, &stated).unwrap(), (rows, vec![]));
    }
}
