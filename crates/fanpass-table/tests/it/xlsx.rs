//! Workbooks written by `rust_xlsxwriter`, and raw ones for what it does not write.

use fanpass_table::{Encoding, ErrorKind, Format, Options, Table, TableError, code};
use rust_xlsxwriter::{ExcelDateTime, Format as Style, Formula, Workbook, Worksheet};

use crate::support::{drain, fixture, raw_xlsx, read, sample, summary};

pub(crate) fn workbook(sheets: impl IntoIterator<Item = Worksheet>) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for sheet in sheets {
        workbook.push_worksheet(sheet);
    }
    workbook.save_to_buffer().unwrap()
}

pub(crate) fn sheet(name: &str, cells: &[&str]) -> Worksheet {
    let mut sheet = Worksheet::new();
    sheet.set_name(name).unwrap();
    for (row, cell) in (0..).zip(cells) {
        sheet.write(row, 0, *cell).unwrap();
    }
    sheet
}

fn ids(content: Vec<u8>) -> Vec<String> {
    crate::support::ids("fans.xlsx", content)
}

fn refused(content: Vec<u8>, options: &Options) -> TableError {
    read("fans.xlsx", content, None, options).unwrap_err()
}

#[test]
fn a_delimiter_or_an_encoding_of_a_workbook_is_refused() {
    let workbook = workbook([sheet("A", &["fan_id", "1"])]);
    for change in [
        |options: &mut Options| options.delimiter = Some(b';'),
        |options: &mut Options| options.encoding = Some(Encoding::Utf8),
    ] {
        let mut options = Options::default();
        change(&mut options);
        let error = refused(workbook.clone(), &options);
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
        assert!(error.to_string().contains("is XLSX, which has no"), "{error}");
    }
}

#[test]
fn text_cells_are_ids_byte_for_byte() {
    let cells = [
        "fan_id",
        "00042",
        "123456789012345678",
        "1e5",
        "TRUE",
        "7.0",
        "Žižkov",
        "<&>\"'",
        "_x0041_",
        "a\u{1}b",
    ];
    assert_eq!(ids(workbook([sheet("Fans", &cells)])), cells[1..]);
}

#[test]
fn numbers_are_sent_as_they_are_shown() {
    let mut fans = sheet("Fans", &["fan_id"]);
    let shown = [
        (42.0, "General", "42"),
        (123_456_789_012_345.0, "General", "123456789012345"),
        (42.0, "@", "42"),
        (42.0, "0", "42"),
        (42.0, "00000", "00042"),
        (123_456.0, "00000", "123456"),
        (42.0, "\"FAN-\"0000", "FAN-0042"),
        (42.0, "000\\-\"x\"", "042-x"),
        (42.0, "[Red]0000_);(0)", "0042"),
        (0.0, "000", "000"),
        (-7.0, "General", "-7"),
    ];
    for (row, (number, format, _)) in (1..).zip(shown) {
        fans.write_with_format(row, 0, number, &Style::new().set_num_format(format)).unwrap();
    }
    assert_eq!(ids(workbook([fans])), shown.map(|(_, _, text)| text));
}

#[test]
fn what_a_spreadsheet_has_destroyed_is_refused_with_its_cell() {
    let mut fans = sheet("Fans", &["fan_id"]);
    let destroyed = [
        (1_234_567_890_123_456.0, "General", code::DESTROYED_NUMBER),
        (100_000.0, "0.00E+00", code::DESTROYED_NUMBER),
        (1.5, "General", code::FRACTION),
        (1.5, "0", code::FRACTION),
        (1234.0, "#,##0", code::NUMBER_FORMAT),
        (42.0, "0.00", code::NUMBER_FORMAT),
        (42.0, "0%", code::NUMBER_FORMAT),
        (42.0, ";;;", code::NUMBER_FORMAT),
        (42.0, "[>9]0;0", code::NUMBER_FORMAT),
        (-42.0, "00000", code::NUMBER_FORMAT),
        (46_000.0, "yyyy-mm-dd", code::DATE_CELL),
        (0.5, "[h]:mm", code::DATE_CELL),
    ];
    for (row, (number, format, _)) in (1..).zip(destroyed) {
        fans.write_with_format(row, 0, number, &Style::new().set_num_format(format)).unwrap();
    }
    let (good, bad) = read("fans.xlsx", workbook([fans]), None, &Options::default()).unwrap();
    assert_eq!(good, Vec::<String>::new());
    let expected = (2..).zip(destroyed).map(|(row, (.., code))| (format!("fans.xlsx:Fans!A{row}"), code));
    assert_eq!(summary(&bad), expected.collect::<Vec<_>>());
    assert_eq!(bad[0].fields, ["1234567890123456"]);
}

#[test]
fn formulas_booleans_dates_and_errors() {
    let mut fans = sheet("Fans", &["fan_id"]);
    fans.write(1, 0, Formula::new("=A9").set_result("F1")).unwrap();
    fans.write(2, 0, Formula::new("=6*7").set_result("42")).unwrap();
    fans.write(3, 0, true).unwrap();
    fans.write(4, 0, Formula::new("=NA()").set_result("#N/A")).unwrap();
    let date = ExcelDateTime::from_ymd(2026, 8, 1).unwrap();
    fans.write_with_format(5, 0, &date, &Style::new().set_num_format("d mmm")).unwrap();
    let (good, bad) = read("fans.xlsx", workbook([fans]), None, &Options::default()).unwrap();
    assert_eq!(good, ["F1", "42", "TRUE"]);
    let at = |row| format!("fans.xlsx:Fans!A{row}");
    assert_eq!(summary(&bad), [(at(5), code::ERROR_CELL), (at(6), code::DATE_CELL)]);
}

#[test]
fn a_formula_without_a_stored_result_is_refused() {
    let table = Table::open(&fixture("uncached.xlsx"), &Options::default()).unwrap();
    let (good, bad) = drain(table.ids(None).unwrap()).unwrap();
    assert_eq!(good, ["fan-3"]);
    assert_eq!(summary(&bad), [("uncached.xlsx:Sheet!A2".into(), code::UNCACHED_FORMULA)]);
}

#[test]
fn rows_keep_their_numbers_and_missing_cells_are_empty() {
    let mut fans = Worksheet::new();
    fans.set_name("Fans").unwrap();
    for (row, column, text) in
        [(2, 1, "fan_id"), (2, 3, "name"), (3, 1, "1"), (6, 3, "A"), (7, 1, "2"), (7, 9, "note")]
    {
        fans.write(row, column, text).unwrap();
    }
    let file = sample("fans.xlsx", workbook([fans]));
    let table = Table::open(&file.path, &Options::default()).unwrap();
    assert_eq!(
        (table.format(), &table.columns()[..4]),
        (Format::Xlsx, &["A", "fan_id", "C", "name"].map(String::from)[..])
    );
    assert_eq!((table.sheet(), table.has_header()), (Some("Fans"), true));
    let mut ids = table.ids(None).unwrap();
    assert_eq!(ids.next_id().unwrap().unwrap().unwrap().location(), "fans.xlsx:Fans!B4");
    let reject = ids.next_id().unwrap().unwrap().unwrap_err();
    assert_eq!((reject.location.as_str(), reject.code, reject.row), ("fans.xlsx:Fans!B7", code::EMPTY_ID, 7));
    assert_eq!(ids.next_id().unwrap().unwrap().unwrap().id, "2", "data beside the table moves no cell");
    assert!(ids.next_id().unwrap().is_none() && ids.next_id().unwrap().is_none());
    assert_eq!(ids.counts().blank, 2, "rows 5 and 6; those above the header are not counted");
}

#[test]
fn a_title_above_the_table_is_no_column() {
    let mut fans = sheet("Fans", &["Season 2026", "fan_id", "1"]);
    fans.write(1, 1, "name").unwrap();
    let fans = workbook([fans]);
    let error = refused(fans.clone(), &Options::default());
    assert_eq!(error.kind(), ErrorKind::AmbiguousStart);
    assert!(error.to_string().starts_with("fans.xlsx:Fans!2: "), "{error}");
    let by_position = read("fans.xlsx", fans.clone(), Some("#1"), &Options::default());
    assert_eq!(by_position.unwrap_err().kind(), ErrorKind::AmbiguousStart);
    let mut stated = Options::default();
    stated.skip_rows = Some(1);
    assert_eq!(read("fans.xlsx", fans, None, &stated).unwrap(), (vec!["1".to_owned()], vec![]));
}

#[test]
fn merged_cells_belong_to_their_first_cell() {
    let mut fans = sheet("Fans", &["fan_id"]);
    fans.write(0, 1, "name").unwrap();
    fans.merge_range(1, 0, 2, 0, "1", &Style::new()).unwrap();
    fans.write(1, 1, "A").unwrap();
    fans.write(2, 1, "B").unwrap();
    let (good, bad) = read("fans.xlsx", workbook([fans]), None, &Options::default()).unwrap();
    assert_eq!((good, summary(&bad)), (vec!["1".into()], vec![("fans.xlsx:Fans!A3".into(), code::EMPTY_ID)]));
}

#[test]
fn the_only_visible_sheet_with_data_is_meant() {
    let mut hidden = sheet("Old", &["fan_id", "hidden"]);
    hidden.set_hidden(true);
    let empty = || sheet("Empty", &[]);
    assert_eq!(ids(workbook([empty(), sheet("Fans", &["fan_id", "1"]), hidden])), ["1"]);

    let two = || workbook([sheet("North", &["fan_id", "1"]), sheet("South", &["fan_id", "2"])]);
    assert_eq!(refused(two(), &Options::default()).kind(), ErrorKind::AmbiguousSheet);
    let mut options = Options::default();
    options.sheet = Some("south".into());
    assert_eq!(read("fans.xlsx", two(), None, &options).unwrap().0, ["2"]);
    options.sheet = Some("East".into());
    assert_eq!(refused(two(), &options).kind(), ErrorKind::UnknownSheet);
    assert_eq!(refused(workbook([empty()]), &Options::default()).kind(), ErrorKind::Empty);
}

#[test]
fn cells_without_references_follow_each_other() {
    let rows = r#"<row><c t="inlineStr"><is><r><t>fan</t></r><r><t>_id</t></r><rPh><t>x</t></rPh></is></c><c t="str"><v>n</v></c></row>
        <row><c/><c t="str"><v>x</v></c></row><row><c t="s"><v>0</v></c></row>"#;
    let (good, bad) = read(
        "fans.xlsx",
        raw_xlsx(rows, "<sst><si><t>a&amp;&#66;</t></si></sst>"),
        Some("fan_id"),
        &Options::default(),
    )
    .unwrap();
    assert_eq!(
        (good, summary(&bad)),
        (vec!["a&B".into()], vec![("fans.xlsx:Fans!A2".into(), code::EMPTY_ID)])
    );
}

#[test]
fn a_workbook_is_told_from_an_archive_by_its_content() {
    let content = workbook([sheet("Fans", &["fan_id", "1"])]);
    for name in ["fans.zip", "fans.csv", "fans"] {
        assert_eq!(crate::support::ids(name, &content), ["1"]);
    }
    let mut options = Options::default();
    options.format = Some(Format::Csv);
    assert_eq!(refused(content, &options).kind(), ErrorKind::UnsupportedFormat);
}

#[test]
fn calamine_reads_the_same() {
    use calamine::{Reader, Xlsx};
    let cells: Vec<String> = (0..500).map(|n| format!("{n:05}-Ž&<é>\u{1F600}")).collect();
    let written: Vec<&str> = std::iter::once("fan_id").chain(cells.iter().map(String::as_str)).collect();
    let content = workbook([sheet("Fans", &written)]);
    let mut other: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(content.clone())).unwrap();
    let range = other.worksheet_range("Fans").unwrap();
    let theirs: Vec<String> = range.rows().skip(1).map(|row| row[0].to_string()).collect();
    assert_eq!(ids(content), theirs);
}
