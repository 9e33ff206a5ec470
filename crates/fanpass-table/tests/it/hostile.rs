//! Files made to harm: each ends as an error, in bounded memory.

use fanpass_table::{ErrorKind, Options, Table};

use crate::support::{fixture, kind, raw_xlsx, read, sample, zip};

const NO_STRINGS: &str = "<sst/>";

#[test]
fn a_zip_bomb_is_stopped_by_its_real_size() {
    let bomb = zip([("bomb.csv", [b"id\n".to_vec(), vec![b'0'; 64 << 20]].concat())]);
    assert!(bomb.len() < 100_000);
    assert_eq!(kind("bomb.zip", &bomb), ErrorKind::LimitExceeded);
    let mut options = Options::default();
    options.limits.inflation_ratio = u64::MAX;
    options.limits.inflated_bytes = 1 << 20;
    assert_eq!(read("bomb.zip", &bomb, None, &options).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn a_directory_that_lies_reserves_no_memory() {
    let mut archive = zip([("a.csv", b"id\n1\n".to_vec())]);
    let end = archive.len() - 22;
    for count in [20_000_u16, u16::MAX] {
        archive[end + 8..end + 10].copy_from_slice(&count.to_le_bytes());
        archive[end + 10..end + 12].copy_from_slice(&count.to_le_bytes());
        assert_eq!(kind("lie.zip", &archive), ErrorKind::LimitExceeded, "{count}");
    }
    archive[end + 16..end + 20].copy_from_slice(&[0xFF; 4]);
    assert_eq!(kind("lie.zip", &archive), ErrorKind::LimitExceeded, "ZIP64");
}

#[test]
fn overlapping_entries_are_refused() {
    let mut archive = zip([("a.csv", b"id\n1\n".to_vec()), ("b.csv", b"id\n1\n".to_vec())]);
    let second = archive.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    archive[second + 42..second + 46].copy_from_slice(&[0; 4]);
    assert_eq!(kind("overlap.zip", archive), ErrorKind::Malformed);
}

#[test]
fn cells_in_far_corners_take_no_memory() {
    let rows = r#"<row r="1"><c r="A1" t="str"><v>fan_id</v></c></row>
        <row r="1048576"><c r="A1048576" t="str"><v>1</v></c><c r="XFD1048576" t="str"><v>x</v></c></row>"#;
    assert_eq!(
        read("far.xlsx", raw_xlsx(rows, NO_STRINGS), Some("fan_id"), &Options::default()).unwrap().0,
        ["1"]
    );
    let beyond = r#"<row r="1"><c r="ZZZZZZ1" t="str"><v>fan_id</v></c></row>"#;
    assert_eq!(kind("far.xlsx", raw_xlsx(beyond, NO_STRINGS)), ErrorKind::LimitExceeded);
}

#[test]
fn a_declared_count_of_strings_is_not_believed() {
    let rows = r#"<row r="1"><c t="s"><v>0</v></c></row><row r="2"><c t="s"><v>1</v></c></row>"#;
    let strings = r#"<sst count="4294967295" uniqueCount="18446744073709551615"><si><t>id</t></si><si><t>1</t></si></sst>"#;
    assert_eq!(crate::support::ids("lie.xlsx", raw_xlsx(rows, strings)), ["1"]);
    assert_eq!(
        kind("lie.xlsx", raw_xlsx(rows, NO_STRINGS)),
        ErrorKind::Malformed,
        "a string that is not there"
    );
    let mut options = Options::default();
    options.limits.shared_string_bytes = 10;
    let error = read("lie.xlsx", raw_xlsx(rows, strings), None, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}

#[test]
fn broken_or_boundless_xml_is_an_error() {
    let row = |inside: &str| format!(r#"<row r="1">{inside}</row>"#);
    let cases = [
        (row("<c><v>"), ErrorKind::Malformed),
        (row("<c><v>x</v></c>"), ErrorKind::Malformed),
        (row("<c t=\"str\"><v>&bomb;</v></c>"), ErrorKind::Malformed),
        (row("<c r=\"B1\"><v>1</v></c><c r=\"A1\"><v>1</v></c>"), ErrorKind::Malformed),
        (row("<c><v>1</v></c>") + &row("<c><v>1</v></c>"), ErrorKind::Malformed),
        ("<a>".repeat(100_000), ErrorKind::Malformed),
        (row(&format!("<c t=\"str\"><v>{}</v></c>", noise(3 << 20))), ErrorKind::LimitExceeded),
        (row(&"<c t=\"str\"><v>0123456789abcdef</v></c>".repeat(16_385)), ErrorKind::LimitExceeded),
    ];
    for (rows, expected) in cases {
        let mut options = Options::default();
        options.limits.inflation_ratio = u64::MAX;
        let error = read("broken.xlsx", raw_xlsx(&rows, NO_STRINGS), Some("#1"), &options).unwrap_err();
        assert_eq!(error.kind(), expected, "{error}: {rows:.80}");
    }
}

/// Text that does not compress away.
fn noise(length: usize) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from(state >> 28).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn foreign_files_are_named_for_what_they_are() {
    for content in [&b"%PDF-1.7"[..], b"BZh91AY", b"<html><table>", b"[{\"id\": 1}]", b"id\n\x001\n"] {
        assert_eq!(kind("fans.csv", content), ErrorKind::UnsupportedFormat, "{content:?}");
    }
}

#[test]
fn a_name_cannot_forge_lines_of_a_message() {
    let file = sample("a.csv", "");
    let error = Table::open_named(&file.path, "evil\n\u{1B}[2Jok.csv", &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "evil\\n\\u{1b}[2Jok.csv: holds no rows");
}

#[test]
fn an_xls_whose_directory_loops_ends() {
    let whole = std::fs::read(fixture("fans.xls")).unwrap();
    for at in [30, 44, 48, 60, 68, 76, 512, 0x4400] {
        let mut broken = whole.clone();
        broken[at..at + 4].copy_from_slice(&[0; 4]);
        let file = sample("fans.xls", &broken);
        // What matters is that it ends, not how: some of these fields are not needed.
        drop(Table::open(&file.path, &Options::default()));
    }
    for length in (0..whole.len()).step_by(97) {
        let file = sample("fans.xls", &whole[..length]);
        drop(
            Table::open(&file.path, &Options::default())
                .and_then(|table| crate::support::drain(table.ids(None)?)),
        );
    }
}
