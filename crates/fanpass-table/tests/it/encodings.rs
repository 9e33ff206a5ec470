//! Encodings of text: marks, what is recognised without one, and what is stated.

use fanpass_table::{Encoding, ErrorKind, Format, Header, Options, Table, code};

use crate::{
    packed::gzip,
    support::{drain, ids, kind, read, sample, summary},
};

#[test]
fn encodings_are_detected() {
    let text = "fan_id;name\nå1;Zoë\nb2;Åse\n";
    let utf16 = |mark: bool, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    let samples = [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Encoding::Utf8),
        (utf16(true, u16::to_le_bytes), Encoding::Utf16Le),
        (utf16(true, u16::to_be_bytes), Encoding::Utf16Be),
        (utf16(false, u16::to_le_bytes), Encoding::Utf16Le),
        (utf16(false, u16::to_be_bytes), Encoding::Utf16Be),
        (encoding_rs::WINDOWS_1252.encode(text).0.into_owned(), Encoding::Windows1252),
    ];
    for (bytes, encoding) in samples {
        let file = sample("holders.csv", &bytes);
        let ids = Table::open(&file.path, &Options::default()).unwrap().ids(None).unwrap();
        assert_eq!(ids.table().format(), Format::Csv);
        assert_eq!(ids.table().delimiter(), Some(b';'));
        assert_eq!(ids.table().encoding(), Some(encoding));
        assert_eq!(drain(ids).unwrap().0, ["å1", "b2"], "{encoding:?}");
    }
}

#[test]
fn mixed_encodings_are_refused_row_by_row() {
    let utf8_first = b"fan_id\n\xC3\xA51\nb\xE52\nc3\n";
    let (good, bad) = read("a.csv", utf8_first, None, &Options::default()).unwrap();
    assert_eq!(
        (good, summary(&bad)),
        (vec!["å1".into(), "c3".into()], vec![("a.csv:3".into(), code::UNDECODABLE)])
    );

    let windows_first = b"fan_id\n\xE51\nb\xC3\xA52\nc3\n";
    let (good, bad) = read("a.csv", windows_first, None, &Options::default()).unwrap();
    assert_eq!(
        (good, summary(&bad)),
        (vec!["å1".into(), "c3".into()], vec![("a.csv:3".into(), code::UNDECODABLE)])
    );
}

#[test]
fn stated_utf16_needs_no_mark_in_any_script() {
    let bytes: Vec<u8> = "\u{4E00}\u{4E8C}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(kind("a.csv", &bytes), ErrorKind::UnsupportedFormat, "binary, as far as can be told");
    let mut options = Options::default();
    options.encoding = Some(Encoding::Utf16Le);
    options.header = Header::Absent;
    assert_eq!(read("a.csv", &bytes, None, &options).unwrap().0, ["\u{4E00}\u{4E8C}"]);
}

#[test]
fn utf16_is_recognised_by_its_line_ends_in_any_script() {
    for end in ["\n", "\r\n", "\r"] {
        for name in ["Иванова Анна", "田中\u{3000}一", "गौरव", "𠮷野家"] {
            let text = ["имя;fan_id".to_owned(), format!("{name};00042"), format!("{name};1")].join(end);
            for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let file: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
                assert_eq!(ids("holders.csv", file), ["00042", "1"], "{name} {end:?}");
            }
        }
    }
    let longer = format!("fan_id;имя\n1;x\n{}", "𠮷".repeat(3000));
    for file in [longer.clone(), longer.replace(";x", ";xy")] {
        let file: Vec<u8> = file.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(
            read("h.csv", file, Some("fan_id"), &Options::default()).unwrap().0,
            ["1"],
            "cut in a character"
        );
    }
}

#[test]
fn zero_bytes_make_no_other_file_utf16() {
    for file in [
        &b"fan_id,n\n\0\n1,Zo\xEB\n2,x\n"[..],
        b"fan_id\n\0a\nb\n",
        b"\n\0\0\0\n\0\0\0",
        b"\n\0a\0\0\xD8a\0\n\0",
    ] {
        assert_eq!(kind("h.csv", file), ErrorKind::UnsupportedFormat, "{file:?}");
    }
}

#[test]
fn a_stated_encoding_is_believed() {
    let mut options = Options::default();
    options.encoding = Some(Encoding::Windows1252);
    let (good, bad) = read("a.csv", b"fan_id\nb\xC3\xA5\nc\x81\n", None, &options).unwrap();
    assert_eq!((good, summary(&bad)), (vec!["bÃ¥".into()], vec![("a.csv:3".into(), code::UNDECODABLE)]));
    options.encoding = Some(Encoding::Utf8);
    let (good, bad) = read("a.csv", b"fan_id\n\xE5\nok\n", None, &options).unwrap();
    assert_eq!((good, summary(&bad)), (vec!["ok".into()], vec![("a.csv:2".into(), code::UNDECODABLE)]));
}

#[test]
fn a_stated_encoding_that_the_mark_belies_is_refused() {
    let little: Vec<u8> = "\u{FEFF}fan_id\n1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let stated = |bytes: &[u8], encoding| {
        let mut options = Options::default();
        options.encoding = Some(encoding);
        read("a.csv", bytes, None, &options).map(|(ids, _)| ids).map_err(|error| error.to_string())
    };
    assert_eq!(stated(&little, Encoding::Utf16Le).unwrap(), ["1"]);
    let belied = stated(&little, Encoding::Utf16Be).unwrap_err();
    assert_eq!(
        belied,
        "a.csv: begins with the mark of utf-16le, not utf-16be as stated; state no other encoding"
    );
    assert!(stated(b"\xEF\xBB\xBFfan_id\n1\n", Encoding::Windows1252).is_err());
}

#[test]
fn a_mark_at_the_start_of_any_line_is_part_of_no_cell() {
    for (header, end) in [("fan_id;tier", "\r\n"), ("\"fan_id\";\"tier\"", "\n"), ("fan_id;tier", "\r")] {
        let part = |id: &str| format!("\u{FEFF}{header}{end}{id};\"gold; or not\"{end}");
        // Files that hold nothing but their mark leave no row.
        let parts = [part("north"), "\u{FEFF}".to_owned(), part("south"), "\u{FEFF}".to_owned()];
        let utf16 = parts.concat().encode_utf16().flat_map(u16::to_le_bytes).collect();
        let members = parts.iter().flat_map(|part| gzip(part.as_bytes())).collect();
        for file in [parts.concat().into_bytes(), utf16, members] {
            let (good, bad) = read("all.csv", file, None, &Options::default()).unwrap();
            assert_eq!(good, ["north", "south"]);
            assert_eq!(summary(&bad), [("all.csv:3".into(), code::REPEATED_HEADER)]);
            assert_eq!(bad[0].fields, ["fan_id", "tier"]);
        }
    }
    let mut options = Options::default();
    options.header = Header::Absent;
    let (good, _) = read("all.csv", "\u{FEFF}1;a\n2;b\n\u{FEFF}3;c\n", Some("#1"), &options).unwrap();
    assert_eq!(good, ["1", "2", "3"], "without a header too");
}

#[test]
fn a_mark_inside_a_line_or_a_quoted_cell_is_text() {
    let file = "fan_id;note\na\u{FEFF}1;\"x\n\u{FEFF}y\"\n2;\u{FEFF}z\n";
    let file = sample("all.csv", file);
    let mut table = Table::open(&file.path, &Options::default()).unwrap();
    let mut cells = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        cells.extend(row.unwrap().fields().map(str::to_owned));
    }
    assert_eq!(cells, ["a\u{FEFF}1", "x\n\u{FEFF}y", "2", "\u{FEFF}z"]);
}
