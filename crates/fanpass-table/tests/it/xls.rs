//! Binary workbooks: a real one written by xlwt.

use fanpass_table::{ErrorKind, Format, Options, Table, code};

use crate::support::{drain, fixture, sample, summary};

#[test]
fn cells_read_as_they_are_shown_or_are_refused() {
    let table = Table::open(&fixture("fans.xls"), &Options::default()).unwrap();
    assert_eq!((table.format(), table.encoding(), table.columns().len()), (Format::Xls, None, 2));
    let (ids, rejects) = drain(table.ids(None).unwrap()).unwrap();
    let long = "x".repeat(9000);
    let shown = ["00042", "42", "00042", "FAN-0042", "123456789012345", "TRUE", "Žižkov ☂ 𝄞", &long, "-7"];
    assert_eq!(ids, shown);
    let at = |row| format!("fans.xls:Fans!A{row}");
    assert_eq!(
        summary(&rejects),
        [
            (at(7), code::DESTROYED_NUMBER),
            (at(8), code::FRACTION),
            (at(9), code::DATE_CELL),
            (at(11), code::DESTROYED_NUMBER),
            (at(12), code::NUMBER_FORMAT),
            // xlwt stores no result for a formula but an empty text, which cannot be told from a real one.
            (at(17), code::EMPTY_ID),
            (at(18), code::ERROR_CELL),
        ]
    );
    assert_eq!(rejects[6].fields, ["#N/A", "error"]);
}

#[test]
fn a_hidden_sheet_is_read_only_by_name() {
    let mut options = Options::default();
    options.sheet = Some("old".into());
    let table = Table::open(&fixture("fans.xls"), &options).unwrap();
    assert_eq!(drain(table.ids(None).unwrap()).unwrap().0, ["hidden-1"]);
    options.sheet = Some("None".into());
    assert_eq!(Table::open(&fixture("fans.xls"), &options).unwrap_err().kind(), ErrorKind::UnknownSheet);
}

#[test]
fn an_encrypted_workbook_says_so() {
    let protected = Table::open(&fixture("protected.xlsx"), &Options::default()).unwrap_err();
    assert_eq!(protected.kind(), ErrorKind::PasswordProtected);
    // The record that names the last writer becomes the one that announces encryption.
    let mut bytes = std::fs::read(fixture("fans.xls")).unwrap();
    let at = bytes.windows(4).position(|window| window == [0x5C, 0, 0x70, 0]).unwrap();
    bytes[at] = 0x2F;
    let file = sample("fans.xls", bytes);
    assert_eq!(
        Table::open(&file.path, &Options::default()).unwrap_err().kind(),
        ErrorKind::PasswordProtected
    );
}

#[test]
fn a_workbook_over_its_size_is_refused() {
    let mut options = Options::default();
    options.limits.xls_bytes = 1000;
    assert_eq!(Table::open(&fixture("fans.xls"), &options).unwrap_err().kind(), ErrorKind::LimitExceeded);
}
