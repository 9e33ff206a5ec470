//! Cells of a sheet in columns without a header cell.

use fanpass_table::{Header, Options, Table, code};
use rust_xlsxwriter::{ExcelDateTime, Format as Style, Worksheet};

use crate::{
    support::{drain, read, sample, summary},
    xlsx::workbook,
};

/// A sheet by the rows, columns and texts of its cells.
fn fans(cells: &[(u32, u16, &str)]) -> Worksheet {
    let mut sheet = Worksheet::new();
    sheet.set_name("Fans").unwrap();
    for &(row, column, text) in cells {
        sheet.write(row, column, text).unwrap();
    }
    sheet
}

#[test]
fn notes_beside_the_table_are_no_rows() {
    let mut fans = fans(&[
        (0, 0, "Kunde"),
        (0, 1, "tier"),
        (1, 0, "1"),
        (2, 2, "printed 2024"),
        (3, 0, "2"),
        (3, 2, "a note"),
        (4, 0, " "),
        (4, 5, "a note"),
        (5, 1, "in the table"),
        (6, 0, "Kunde"),
        (6, 1, "tier"),
        (6, 2, "a note"),
        (40, 0, "3"),
    ]);
    let date = ExcelDateTime::from_ymd(2026, 8, 1).unwrap();
    // Beyond the rows that are read ahead.
    for row in 7..40 {
        fans.write_with_format(row, 3, &date, &Style::new().set_num_format("d mmm")).unwrap();
    }
    let file = sample("fans.xlsx", workbook([fans]));
    let mut ids = Table::open(&file.path, &Options::default()).unwrap().ids(Some("Kunde")).unwrap();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    while let Some(entry) = ids.next_id().unwrap() {
        match entry {
            Ok(row) => good.push(row.id.to_owned()),
            Err(reject) => bad.push(*reject),
        }
    }
    assert_eq!(good, ["1", "2", "3"]);
    let at = |place: &str| format!("fans.xlsx:Fans!{place}");
    assert_eq!(summary(&bad), [(at("A6"), code::EMPTY_ID), (at("7"), code::REPEATED_HEADER)]);
    assert_eq!(ids.counts().blank, 35, "rows 3, 5 and 8 to 40");
}

#[test]
fn a_column_of_ids_is_in_the_table_without_a_header_cell() {
    let workbook =
        workbook([fans(&[(0, 0, "tier"), (1, 1, "1"), (2, 0, "gold"), (2, 1, "2"), (3, 2, "a note")])]);
    let mut options = Options::default();
    options.header = Header::Present;
    assert_eq!(
        read("fans.xlsx", workbook, Some("#2"), &options).unwrap(),
        (vec!["1".into(), "2".into()], vec![])
    );
}

#[test]
fn without_a_header_nothing_is_beside_the_table() {
    let file = sample("fans.xlsx", workbook([fans(&[(0, 0, "1"), (1, 2, "a note"), (2, 0, "2")])]));
    let mut options = Options::default();
    options.header = Header::Absent;
    let (good, bad) = drain(Table::open(&file.path, &options).unwrap().ids(Some("#1")).unwrap()).unwrap();
    assert_eq!(
        (good, summary(&bad)),
        (vec!["1".into(), "2".into()], vec![("fans.xlsx:Fans!A2".into(), code::EMPTY_ID)])
    );
}
