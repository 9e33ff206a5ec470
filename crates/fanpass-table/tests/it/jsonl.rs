//! JSON lines: values exactly as written, keys as columns, and what is refused.

use fanpass_table::{Encoding, ErrorKind, Format, Header, Options, Table, code};

use crate::support::{ids, kind, read, sample, summary};

#[test]
fn values_are_text_exactly_as_written() {
    let file = r#"{"fan_id":"00042"}
{"fan_id":123456789012345678901234567890}
{"fan_id": 1e5 }
{"fan_id":7.0}
{"fan_id":-0}
{"fan_id":true}
{"fan_id":"\u017di\u017ekov \ud83c\udfdf \"a\/b\""}

{"fan_id":"TRUE"}"#;
    let expected =
        ["00042", "123456789012345678901234567890", "1e5", "7.0", "-0", "true", "Žižkov 🏟 \"a/b\"", "TRUE"];
    assert_eq!(ids("fans.jsonl", file), expected);
    let marked = ["\u{FEFF}", file.replace('\n', "\r\n").as_str()].concat();
    assert_eq!(ids("fans.csv", &marked), expected, "a byte order mark, CRLF and the name change nothing");
    let twice = [marked.as_str(), "\r\n\u{FEFF}", &marked].concat();
    assert_eq!(
        ids("fans.jsonl", twice),
        expected.repeat(2),
        "nor does one in front of each of several files"
    );
}

#[test]
fn columns_are_the_keys_in_order_of_first_appearance() {
    let file =
        sample("fans.jsonl", "{\"a\":1,\"fan_id\":\"x\"}\n\n{\"c\":null,\"fan_id\":\"y\",\"\":2}\n{}\n");
    let mut table = Table::open(&file.path, &Options::default()).unwrap();
    assert_eq!((table.format(), table.encoding(), table.delimiter()), (Format::Jsonl, None, None));
    assert_eq!(table.columns(), ["a", "fan_id", "c", "D"]);
    let first = table.next_row().unwrap().unwrap().unwrap();
    assert_eq!((first.number(), first.line(), first.location().as_str()), (1, Some(1), "fans.jsonl:1"));
    assert_eq!(first.fields().collect::<Vec<_>>(), ["1", "x", "", ""]);
    let second = table.next_row().unwrap().unwrap().unwrap();
    assert_eq!((second.location().as_str(), second.cell(3)), ("fans.jsonl:3", Ok("2")));
    assert!(table.next_row().unwrap().is_none(), "an object without a value is a blank row");
}

#[test]
fn a_line_that_cannot_be_trusted_is_rejected_alone() {
    let lines = [
        r#"{"fan_id":"1","name":"A","tags":["x"]}"#,
        r#"{"fan_id":"2""#,
        r#"{"fan_id":"3"} x"#,
        r#"{"fan_id":"4","fan_id":"5"}"#,
        r#"{"fan_id":"\ud800"}"#,
        r#"["7"]"#,
        r#"{"fan_id":["8"]}"#,
        r#"{"name":"B"}"#,
        r#"{"fan_id":"","name":null}"#,
        r#"{"fan_id":null,"name":"C"}"#,
        r#"{"fan_id":01}"#,
        r#"{"fan_id":"12"}"#,
    ];
    let (good, bad) = read("f.jsonl", lines.join("\n"), None, &Options::default()).unwrap();
    assert_eq!(good, ["1", "12"]);
    let expected = [
        ("f.jsonl:2", code::BAD_JSON),
        ("f.jsonl:3", code::BAD_JSON),
        ("f.jsonl:4", code::DUPLICATE_KEY),
        ("f.jsonl:5", code::BAD_JSON),
        ("f.jsonl:6", code::BAD_JSON),
        ("f.jsonl:7", code::NESTED_VALUE),
        ("f.jsonl:8", code::EMPTY_ID),
        ("f.jsonl:10", code::EMPTY_ID),
        ("f.jsonl:11", code::BAD_JSON),
    ];
    assert_eq!(summary(&bad), expected.map(|(place, code)| (place.to_owned(), code)));
    assert_eq!(bad[0].fields, [lines[1]], "the line itself, to be mended");
    assert_eq!(bad[5].fields, [r#"["8"]"#, "", ""]);
}

#[test]
fn a_line_that_is_not_utf_8_is_rejected() {
    let file = b"{\"fan_id\":\"1\"}\n{\"fan_id\":\"\xE5\"}\n{\"fan_id\":\"3\"}\n";
    let (good, bad) = read("f.jsonl", file, None, &Options::default()).unwrap();
    assert_eq!(
        (good, summary(&bad)),
        (vec!["1".into(), "3".into()], vec![("f.jsonl:2".into(), code::UNDECODABLE)])
    );
}

#[test]
fn a_key_that_appears_late_loses_nothing_silently() {
    let mut file = format!("{{\"fan_id\":\"{}\"}}\n", "x".repeat(1000)).repeat(2000);
    file.push_str("{\"fan_id\":\"1\",\"late\":null}\n{\"fan_id\":\"2\",\"late\":\"y\"}\n");
    let (good, bad) = read("f.jsonl", &file, None, &Options::default()).unwrap();
    assert_eq!((good.len(), good.last().unwrap().as_str()), (2001, "1"));
    assert_eq!(summary(&bad), [("f.jsonl:2002".to_owned(), code::UNKNOWN_KEY)]);
}

#[test]
fn other_json_is_refused_with_what_to_do() {
    for (content, hint) in [
        ("[{\"fan_id\": 1}]", "jq -c"),
        ("{\n  \"fan_id\": 1\n}", "jq -c"),
        ("{\"fans\": [\n  {\"fan_id\": 1}]}\n", "jq -c"),
    ] {
        let error = read("f.json", content, None, &Options::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
        assert!(error.to_string().contains(hint), "{error}");
    }
    let utf16: Vec<u8> = "\u{FEFF}{\"fan_id\": 1}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(kind("f.jsonl", utf16), ErrorKind::UnsupportedFormat);
    assert_eq!(kind("f.jsonl", "{}\n{}\n"), ErrorKind::Empty);
    assert_eq!(ids("f.csv", "fan_id\n{1}\n"), ["{1}"], "braces alone make no JSON");
}

#[test]
fn what_is_stated_must_hold() {
    let file = "{\"fan_id\":\"1\"}\n";
    let stated = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        read("f.jsonl", file, None, &options).map(|(ids, _)| ids).map_err(|error| error.kind())
    };
    assert_eq!(stated(|options| options.header = Header::Absent), Err(ErrorKind::AmbiguousHeader));
    assert_eq!(stated(|options| options.header = Header::Present), Ok(vec!["1".into()]));
    assert_eq!(stated(|options| options.sheet = Some("A".into())), Err(ErrorKind::UnsupportedFormat));
    assert_eq!(
        stated(|options| options.encoding = Some(Encoding::Windows1252)),
        Err(ErrorKind::UnsupportedFormat)
    );
    assert_eq!(stated(|options| options.delimiter = Some(b';')), Err(ErrorKind::UnsupportedFormat));
    assert_eq!(stated(|options| options.format = Some(Format::Csv)), Err(ErrorKind::UnsupportedFormat));
}

#[test]
fn bounds_hold() {
    let limited = |content: &str, change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        read("f.jsonl", content, Some("id"), &options).map_err(|error| error.kind())
    };
    let two = "{\"id\":\"1\",\"b\":2}\n{\"id\":\"1234567890\"}\n";
    assert_eq!(limited(two, |options| options.limits.columns = 1), Err(ErrorKind::LimitExceeded));
    assert_eq!(limited(two, |options| options.limits.record_bytes = 17), Err(ErrorKind::LimitExceeded));
    assert_eq!(limited(two, |options| options.limits.text_bytes = 20), Err(ErrorKind::LimitExceeded));
    let (good, bad) = limited(two, |options| options.limits.cell_bytes = 9).unwrap();
    assert_eq!((good, summary(&bad)), (vec!["1".into()], vec![("f.jsonl:2".into(), code::CELL_TOO_LONG)]));
    let deep = format!("{{\"id\":\"1\"}}\n{{\"id\":{}\n", "[".repeat(900_000));
    assert_eq!(summary(&limited(&deep, |_| ()).unwrap().1), [("f.jsonl:2".to_owned(), code::BAD_JSON)]);
}
