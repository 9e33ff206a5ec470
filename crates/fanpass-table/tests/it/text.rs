//! Delimited text: delimiters, quotes, line ends, ragged rows.

use fanpass_table::{ErrorKind, Options, Table, code};

use crate::support::{ids, kind, read, sample, summary};

#[test]
fn ids_are_text_from_the_first_byte_to_the_last() {
    let file = "fan_id\n00042\n123456789012345678\n1e5\nTRUE\n7.0\nŽižkov\n";
    assert_eq!(ids("holders.csv", file), ["00042", "123456789012345678", "1e5", "TRUE", "7.0", "Žižkov"]);
}

#[test]
fn every_line_end_is_understood() {
    for end in ["\n", "\r\n", "\r"] {
        let file = ["fan_id,name", "1,\"A\"", "2,B", "3,C"].join(end);
        assert_eq!(ids("holders.csv", &file), ["1", "2", "3"], "{end:?}");
        assert_eq!(ids("holders.csv", file + end), ["1", "2", "3"], "{end:?} at the end");
    }
}

#[test]
fn the_delimiter_is_found_outside_quotes() {
    for delimiter in [",", ";", "\t", "|"] {
        let file = format!("\"name, first; or | last\"{delimiter}fan_id\n\"a,b;c|d\"{delimiter}1\n");
        assert_eq!(ids("holders.txt", file), ["1"], "{delimiter:?}");
    }
}

#[test]
fn a_byte_in_quoted_headers_is_no_delimiter_however_many_lines_hold_it() {
    let file = "\"fan_id\",\"a;b\"\n\"1\",\"x;y\nx;y\nx;y\n\"\n\"2\",\"x;y\nx;y\nx;y\n\"\n";
    assert_eq!(ids("holders.csv", file), ["1", "2"]);
}

#[test]
fn a_byte_that_only_data_holds_is_no_delimiter() {
    for byte in [",", ";", "\t", "|"] {
        let list = [format!("1{byte}2"), format!("{byte}3"), format!("a{byte}b{byte}c"), "4".to_owned()];
        assert_eq!(
            ids("holders.csv", format!("fan_id\n{}\n", list.join("\n"))),
            list.map(|id| id.trim().to_owned())
        );
        assert_eq!(
            ids("holders.csv", format!("00001\n{byte}3{byte}\n")),
            ["00001", format!("{byte}3{byte}").trim()]
        );
    }
    assert_eq!(ids("holders.csv", "fan_id\n1,\n\"2,3\"\r\n\"4\n5\"\n"), ["1,", "2,3", "4\n5"]);
    assert_eq!(ids("holders.csv", "\"fan_id\"\r\"1\"\r2,"), ["1", "2,"]);
    assert_eq!(ids("holders.csv", "fan_id,\n1,\n2,\n"), ["1", "2"], "the header holds it");
    let mut stated = Options::default();
    stated.delimiter = Some(b',');
    assert_eq!(read("holders.csv", "fan_id\n1,\n2\n", None, &stated).unwrap().0, ["1", "2"]);
}

#[test]
fn a_spreadsheet_separator_line_states_the_delimiter() {
    assert_eq!(ids("holders.csv", "sep=;\nfan_id;a,b\n1;x\n"), ["1"]);
    assert_eq!(ids("holders.csv", "sep=\t\r\nfan_id\ta,b\r\n1\tx\r\n"), ["1"]);
}

#[test]
fn rows_whose_cells_may_have_moved_are_rejected() {
    let file = "fan_id,name\n1,A\n2\n3,C,\n4,D,x\n\n  ,\n,E\n5,F\n";
    let (good, bad) = read("h.csv", file, None, &Options::default()).unwrap();
    assert_eq!(good, ["1", "3", "5"]);
    assert_eq!(
        summary(&bad),
        [
            ("h.csv:3".into(), code::RAGGED_ROW),
            ("h.csv:5".into(), code::RAGGED_ROW),
            ("h.csv:8".into(), code::EMPTY_ID)
        ]
    );
    assert_eq!(bad[1].fields, ["4", "D", "x"]);
    assert_eq!((bad[2].row, bad[2].column.as_deref()), (8, Some("fan_id")));
}

#[test]
fn blank_rows_and_trimmed_ids_are_counted() {
    let file = sample("h.csv", "\nfan_id,name\n 1 ,A\n,\n\n\u{A0}2,B\n3,C\n\n\n");
    let mut ids = Table::open(&file.path, &Options::default()).unwrap().ids(None).unwrap();
    let mut seen = Vec::new();
    while let Some(entry) = ids.next_id().unwrap() {
        let row = entry.unwrap();
        seen.push((row.id.to_owned(), row.row().number(), row.location()));
    }
    assert_eq!(
        seen,
        [
            ("1".into(), 3, "h.csv:3".into()),
            ("2".into(), 6, "h.csv:6".into()),
            ("3".into(), 7, "h.csv:7".to_owned())
        ]
    );
    let counts = ids.counts();
    assert_eq!((counts.ids, counts.trimmed, counts.blank), (3, 2, 2));
}

#[test]
fn rows_and_lines_are_counted_apart() {
    let file = sample("h.csv", "fan_id,note\n1,\"two\nlines\"\n2,x\n");
    let mut table = Table::open(&file.path, &Options::default()).unwrap();
    let first = table.next_row().unwrap().unwrap().unwrap();
    assert_eq!((first.number(), first.line(), first.cell(1)), (2, Some(2), Ok("two\nlines")));
    let second = table.next_row().unwrap().unwrap().unwrap();
    assert_eq!((second.number(), second.line(), second.location().as_str()), (3, Some(4), "h.csv:4"));
    assert!(table.next_row().unwrap().is_none());
    assert!(table.next_row().unwrap().is_none(), "the end stays the end");
}

#[test]
fn a_bad_quote_on_one_line_is_a_reject() {
    let file = "fan_id,name\n\"1\"x,A\n2, \"B\"\n\"3\",\"say \"\"hi\"\"\"\n4,5\" nails\n";
    let (good, bad) = read("h.csv", file, None, &Options::default()).unwrap();
    assert_eq!(good, ["3", "4"]);
    assert_eq!(summary(&bad), [("h.csv:2".into(), code::BAD_QUOTE), ("h.csv:3".into(), code::BAD_QUOTE)]);
}

#[test]
fn a_quote_that_swallows_rows_is_an_error() {
    assert_eq!(kind("h.csv", "fan_id,name\n1,A\n2,\"B\n3,C\n"), ErrorKind::UnclosedQuote);
    assert_eq!(kind("h.csv", "fan_id,name\n1,A\n2,\"B\n3,\"C\"\n"), ErrorKind::UnclosedQuote);
    let endless = format!("fan_id,name\n2,\"B\n{}", "3,C\n".repeat(1 << 20));
    assert_eq!(kind("h.csv", endless), ErrorKind::UnclosedQuote);
}

#[test]
fn long_cells_are_rejected_and_endless_rows_refused() {
    let mut options = Options::default();
    options.limits.cell_bytes = 10;
    let (good, bad) = read("h.csv", "fan_id,n\n1,0123456789\n01234567890,x\n2,x", None, &options).unwrap();
    assert_eq!(good, ["1", "2"]);
    assert_eq!(summary(&bad), [("h.csv:3".into(), code::CELL_TOO_LONG)]);
    assert_eq!(kind("h.csv", "x".repeat(3 << 20)), ErrorKind::LimitExceeded);
    options.limits.text_bytes = 5;
    assert_eq!(read("h.csv", "id\n1\n2\n", None, &options).unwrap_err().kind(), ErrorKind::LimitExceeded);
    options = Options::default();
    options.limits.columns = 2;
    assert_eq!(
        read("h.csv", "id,a,b\n1,2,3\n", None, &options).unwrap_err().kind(),
        ErrorKind::LimitExceeded
    );
}
