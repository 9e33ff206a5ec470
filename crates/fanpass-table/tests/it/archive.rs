//! ZIP archives: their files as one table.

use fanpass_table::{ErrorKind, Format, Options, Table, code};
use rust_xlsxwriter::Workbook;

use crate::support::{drain, fixture, ids, kind, read, sample, summary, zip};

fn xlsx(id: &str) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "name").unwrap();
    sheet.write(0, 1, "fan_id").unwrap();
    sheet.write(1, 1, id).unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn files_are_chained_in_the_order_of_their_names() {
    let archive = zip([
        ("south.csv", b"fan_id;name\n3;C\n;D\n".to_vec()),
        ("north.xlsx", xlsx("2")),
        ("east/fans.txt", b"fan_id\n1\n".to_vec()),
        ("old.xls", std::fs::read(fixture("fans.xls")).unwrap()),
        ("__MACOSX/._south.csv", b"\0\x05\x16\x07".to_vec()),
        ("desktop.ini", b"[.ShellClassInfo]\r\n".to_vec()),
        ("east/.DS_Store", b"\0\0\0\x01Bud1".to_vec()),
    ]);
    let file = sample("fans.zip", archive);
    let mut table = Table::open(&file.path, &Options::default()).unwrap();
    assert_eq!(table.format(), Format::Zip);
    let first = table.next_row().unwrap().unwrap().unwrap();
    assert_eq!((first.location().as_str(), first.cell(0)), ("fans.zip:east/fans.txt:2", Ok("1")));
    let next = table.next_row().unwrap().unwrap().unwrap();
    assert_eq!(next.location(), "fans.zip:north.xlsx:Sheet1!2");
    assert_eq!(next.columns(), ["name", "fan_id"]);

    let (good, bad) =
        drain(Table::open(&file.path, &Options::default()).unwrap().ids(None).unwrap()).unwrap();
    assert_eq!((&good[..2], good.last().unwrap().as_str()), (&["1".to_owned(), "2".into()][..], "3"));
    assert_eq!(summary(&bad).last().unwrap(), &("fans.zip:south.csv:3".into(), code::EMPTY_ID));
}

#[test]
fn a_long_name_is_cut_in_its_middle_wherever_it_is_told() {
    let long = format!("{}.csv", "n".repeat(60_000));
    let archive = zip([(&*long, b"fan_id;name\n1;A\n;B\n".to_vec())]);
    let (_, bad) = read("fans.zip", archive, None, &Options::default()).unwrap();
    let shown = format!("{}…{}.csv", "n".repeat(100), "n".repeat(96));
    assert_eq!(bad[0].location, format!("fans.zip:{shown}:3"));

    let error = read("fans.zip", zip([(&*long, Vec::new())]), None, &Options::default()).unwrap_err();
    assert!(error.to_string().len() < 500, "{error}");
}

#[test]
fn each_file_must_have_the_id_column() {
    let archive = zip([("a.csv", b"fan_id\n1\n".to_vec()), ("b.csv", b"kunde;name\n2;B\n".to_vec())]);
    let error = read("fans.zip", archive, None, &Options::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AmbiguousColumn);
    assert!(error.to_string().starts_with("fans.zip:b.csv: "), "{error}");
}

#[test]
fn what_has_no_header_beside_files_that_have_one_is_refused() {
    let table = ("a.csv", b"fan_id\n1\n".to_vec());
    for (name, text) in
        [("readme.txt", "Export of 3 Nov\n"), ("README.txt", "Season 2026\n"), ("b.csv", "17\n18\n")]
    {
        let archive = zip([table.clone(), (name, text.as_bytes().to_vec())]);
        let error = read("fans.zip", archive.clone(), None, &Options::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
        assert!(
            error.to_string().starts_with(&format!("fans.zip:{name}: has no header and fans.zip:a.csv")),
            "{error}"
        );
    }
    let bare = zip([("a.csv", b"1\n".to_vec()), ("b.csv", b"2\n3\n".to_vec())]);
    let (good, _) = read("fans.zip", bare, None, &Options::default()).unwrap();
    assert_eq!(good, ["1", "2", "3"]);
}

#[test]
fn the_id_column_is_found_anew_in_files_that_name_their_columns() {
    let lines = br#"{"name":"B","fan_id":"2"}"#.to_vec();
    let archive = zip([("a.csv", b"fan_id,name\n1,A\n".to_vec()), ("b.jsonl", lines)]);
    let (good, _) = read("fans.zip", archive, None, &Options::default()).unwrap();
    assert_eq!(good, ["1", "2"]);
}

#[test]
fn what_is_no_table_is_refused_by_name() {
    let table = ("a.csv", b"fan_id\n1\n".to_vec());
    let inner = zip([table.clone()]);
    for (name, content, expected) in [
        ("b.zip", inner, ErrorKind::UnsupportedFormat),
        ("readme.pdf", b"%PDF-1.7".to_vec(), ErrorKind::UnsupportedFormat),
        ("b.csv", Vec::new(), ErrorKind::Empty),
        ("b.xlsx", std::fs::read(fixture("protected.xlsx")).unwrap(), ErrorKind::PasswordProtected),
    ] {
        let error =
            read("fans.zip", zip([table.clone(), (name, content)]), None, &Options::default()).unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert!(error.to_string().starts_with(&format!("fans.zip:{name}: ")), "{error}");
    }
    assert_eq!(kind("fans.zip", zip([])), ErrorKind::Empty);
    assert_eq!(kind("fans.zip", zip([(".hidden", vec![])])), ErrorKind::Empty);
}

#[test]
fn no_file_is_left_out_without_a_word() {
    let table = |id: u8| format!("fan_id\n{id}\n").into_bytes();
    // The folder that an archive is packed from is no hidden one.
    assert_eq!(
        ids("f.zip", zip([("./b.csv", table(2)), ("a.csv", table(1)), (".\\c.csv", table(3))])),
        ["1", "2", "3"]
    );
    let refused = |entries: Vec<(&'static str, Vec<u8>)>| {
        let error = read("f.zip", zip(entries), None, &Options::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        error.to_string()
    };
    for name in ["../../etc/x.csv", "/abs.csv", "C:\\x.csv", "a/../b.csv", "\\\\server\\x.csv"] {
        let error = refused(vec![("a.csv", table(1)), (name, table(2))]);
        assert!(error.contains(&format!("{name:?}")), "{error}");
    }
    let error = refused(vec![("a.csv", table(1)), ("./a.csv", table(2))]);
    assert!(error.contains("\"./a.csv\" twice"), "{error}");

    // No library writes two entries of one name: the second one is renamed where it is packed.
    let mut twice = zip([("a.csv", table(1)), ("b.csv", table(2))]);
    for at in 0..twice.len() - 5 {
        if twice[at..].starts_with(b"b.csv") {
            twice[at] = b'a';
        }
    }
    let error = read("f.zip", twice, None, &Options::default()).unwrap_err();
    assert!(error.to_string().starts_with("f.zip: holds \"a.csv\" twice"), "{error}");
}

#[test]
fn what_was_passed_over_or_guessed_is_told() {
    let entries = [
        (".DS_Store", vec![0]),
        ("__MACOSX/._a.csv", vec![0]),
        ("a.csv", b"fan_id,name\n1,M\xFCller\n".to_vec()),
        ("b.csv", "fan_id,name\n2,Müller\n".into()),
    ];
    let file = sample("f.zip", zip(entries));
    let mut ids = Table::open(&file.path, &Options::default()).unwrap().ids(None).unwrap();
    while ids.next_id().unwrap().is_some() {}
    assert_eq!(
        ids.table().notices(),
        [
            "2 files of the archive passed over, hidden or made by a system: \".DS_Store\", \"__MACOSX/._a.csv\"",
            "read as Windows-1252, as it is not UTF-8: \"f.zip:a.csv\"; state the encoding if letters come out wrong",
        ]
    );
    let plain = sample("f.csv", "fan_id\n1\n");
    assert!(Table::open(&plain.path, &Options::default()).unwrap().notices().is_empty());
}

#[test]
fn an_encrypted_entry_says_so() {
    let mut archive = zip([("a.csv", b"fan_id\n1\n".to_vec())]);
    // The flag of encryption, in the entry's own header and in the directory.
    archive[6] |= 1;
    let directory = archive.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    archive[directory + 8] |= 1;
    assert_eq!(kind("fans.zip", archive), ErrorKind::PasswordProtected);
}

#[test]
fn a_truncated_archive_gives_no_row() {
    let rows = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
    let whole = zip([("a.csv", format!("fan_id\n{rows}").into_bytes())]);
    assert_eq!(ids("fans.zip", &whole).len(), 20_000);
    for cut in [1, 30, whole.len() / 2, whole.len() - 50] {
        assert_eq!(kind("fans.zip", &whole[..whole.len() - cut]), ErrorKind::Malformed, "{cut}");
    }
    let mut broken = whole;
    broken[2000] ^= 0xFF;
    assert_eq!(
        kind("fans.zip", broken),
        ErrorKind::Malformed,
        "the checksum is checked before the first row"
    );
}
