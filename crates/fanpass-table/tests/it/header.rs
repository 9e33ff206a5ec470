//! Which row is the header and which column holds the ids.

use fanpass_table::{ErrorKind, Header, Options, Table, code};

use crate::support::{ids, kind, read, sample, summary};
use crate::xlsx::{sheet, workbook};

fn with(header: Header) -> Options {
    let mut options = Options::default();
    options.header = header;
    options
}

fn chosen(file: &str, column: &str, header: Header) -> Result<Vec<String>, ErrorKind> {
    read("h.csv", file, Some(column), &with(header)).map(|(ids, _)| ids).map_err(|error| error.kind())
}

#[test]
fn a_recognised_name_is_a_header_however_it_is_written() {
    for name in
        ["user_id", "UserID", "user-id", "user id", "fan_id", "FANID", "id", "uid", "External Id", "crm.id"]
    {
        assert_eq!(ids("h.csv", format!("{name}\n1\n")), ["1"], "{name}");
        assert_eq!(ids("h.csv", format!("name,{name}\nA,1\n")), ["1"], "{name} among others");
    }
}

#[test]
fn a_list_without_a_header_loses_no_id() {
    assert_eq!(ids("h.csv", "00042\n00043\n"), ["00042", "00043"]);
    assert_eq!(ids("h.csv", "fan-7\n"), ["fan-7"]);
    assert_eq!(ids("h.csv", "alice\nbob\n"), ["alice", "bob"]);
}

#[test]
fn a_first_row_that_may_be_either_is_asked_about() {
    for file in ["Kundennummer\n00042\n00043\n", "member\nalice\nbob\n", "alice\n"] {
        assert_eq!(kind("h.csv", file), ErrorKind::AmbiguousHeader, "{file:?}");
        let lines: Vec<_> = file.lines().collect();
        assert_eq!(read("h.csv", file, None, &with(Header::Absent)).unwrap().0, lines);
        assert_eq!(read("h.csv", file, None, &with(Header::Present)).unwrap().0, lines[1..]);
    }
}

#[test]
fn several_columns_need_a_name_or_a_position() {
    let file = "Kundennummer;Name\n00042;A\n00043;B\n";
    assert_eq!(kind("h.csv", file), ErrorKind::AmbiguousColumn);
    assert_eq!(chosen(file, "Kundennummer", Header::Detect).unwrap(), ["00042", "00043"]);
    assert_eq!(chosen(file, "kunden nummer", Header::Detect).unwrap(), ["00042", "00043"]);
    assert_eq!(chosen(file, "#1", Header::Detect).unwrap_err(), ErrorKind::AmbiguousHeader);
    assert_eq!(chosen(file, "#1", Header::Present).unwrap(), ["00042", "00043"]);
    assert_eq!(chosen(file, "#1", Header::Absent).unwrap(), ["Kundennummer", "00042", "00043"]);
    assert_eq!(chosen(file, "#3", Header::Present).unwrap_err(), ErrorKind::UnknownColumn);
    assert_eq!(chosen(file, "nummer", Header::Present).unwrap_err(), ErrorKind::UnknownColumn);
}

#[test]
fn a_position_swallows_no_first_row_of_data() {
    assert_eq!(chosen("00042,A\n00043,B\n", "#1", Header::Detect).unwrap(), ["00042", "00043"]);
    assert_eq!(chosen("name,fan_id\nA,00043\n", "#2", Header::Detect).unwrap(), ["00043"]);
    assert_eq!(chosen("00042,A\n00043,B\n", "B", Header::Absent).unwrap(), ["A", "B"]);
}

#[test]
fn two_columns_that_may_hold_ids_are_asked_about() {
    assert_eq!(kind("h.csv", "id,user_id\n1,2\n"), ErrorKind::AmbiguousColumn);
    assert_eq!(chosen("id,user_id\n1,2\n", "user_id", Header::Detect).unwrap(), ["2"]);
    assert_eq!(chosen("x,x\n1,2\n", "x", Header::Detect).unwrap_err(), ErrorKind::AmbiguousColumn);
    assert_eq!(chosen("id,Id\n1,2\n", "Id", Header::Detect).unwrap(), ["2"], "the exact name wins");
}

#[test]
fn letters_of_a_column_without_a_header_are_no_header() {
    // The 238th column is `ID` by its letters.
    let wide = |first: &str| {
        let row = |cells: &str, last: &str| format!("{cells}{}{last}\n", ",".repeat(237));
        row(first, "") + &row("1", "x") + &row("2", "y")
    };
    assert_eq!(ids("h.csv", wide("fan_id")), ["1", "2"]);
    assert_eq!(kind("h.csv", wide("tier")), ErrorKind::AmbiguousColumn);
    assert_eq!(chosen(&wide("Id"), "ID", Header::Detect).unwrap(), ["1", "2"], "a header comes first");
    assert_eq!(
        chosen(&wide("tier"), "id", Header::Detect).unwrap(),
        ["x", "y"],
        "letters name it all the same"
    );
    assert_eq!(chosen("a,B\n1,2\n", "B", Header::Detect).unwrap(), ["2"], "a header may be a letter");
    assert_eq!(chosen("a,b\n1,2\n", "A", Header::Absent).unwrap(), ["a", "1"]);
    assert_eq!(chosen("fan_id,tier\n1,2\n", "B", Header::Detect).unwrap_err(), ErrorKind::UnknownColumn);
}

#[test]
fn columns_are_named_before_the_first_row() {
    let named = sample("h.csv", " fan_id ,,name\n1,2,3\n");
    assert_eq!(Table::open(&named.path, &Options::default()).unwrap().columns(), ["fan_id", "B", "name"]);
    let wide = sample("h.csv", (0..28).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    let table = Table::open(&wide.path, &with(Header::Absent)).unwrap();
    assert_eq!(
        (&table.columns()[..2], &table.columns()[25..]),
        (&["A".into(), "B".into()][..], &["Z".into(), "AA".into(), "AB".into()][..])
    );
}

#[test]
fn a_file_without_rows_is_an_error_and_one_without_data_is_not() {
    for empty in ["", "\n\n", " , \n"] {
        assert_eq!(kind("h.csv", empty), ErrorKind::Empty, "{empty:?}");
    }
    assert_eq!(ids("h.csv", "fan_id\n"), Vec::<String>::new());
}

#[test]
fn a_table_tells_whether_it_has_a_header() {
    for (file, has_header) in
        [("user_id\n00042\n", true), ("00042\n00043\n", false), ("name,fan_id\nA,1\n", true)]
    {
        let sample = sample("h.csv", file);
        let mut table = Table::open(&sample.path, &Options::default()).unwrap();
        assert_eq!(table.has_header(), has_header, "{file:?}");
        table.select_ids(None).unwrap();
        assert_eq!((table.has_header(), table.sheet()), (has_header, None), "{file:?}");
    }
    let sample = sample("h.csv", "fan_id,name\n1,A\n");
    let mut table = Table::open(&sample.path, &with(Header::Absent)).unwrap();
    table.select_ids(Some("#1")).unwrap();
    assert!(!table.has_header());
}

#[test]
fn a_header_that_comes_again_is_no_id() {
    for text in [
        "fan_id\n1\nfan_id\n2\n",
        "fan_id, name \n1,A\nfan_id,name\n2,fan_id\n",
        "\"fan_id\";\n1;A\nfan_id;\n2;B\n",
    ] {
        let (good, bad) = read("h.csv", text, None, &Options::default()).unwrap();
        assert_eq!(good, ["1", "2"], "{text}");
        assert_eq!(summary(&bad), [("h.csv:3".into(), code::REPEATED_HEADER)], "{text}");
    }
    // So is one of which only the id is called so; but where there is no header, nothing comes again.
    let (good, bad) = read("h.csv", "fan_id,name\n1,A\nUser ID,B\n", None, &Options::default()).unwrap();
    assert_eq!((good, summary(&bad)), (vec!["1".into()], vec![("h.csv:3".into(), code::REPEATED_HEADER)]));
    assert_eq!(chosen("1\n1\n2\n", "#1", Header::Absent), Ok(["1", "1", "2"].map(str::to_owned).into()));
}

#[test]
fn a_total_is_no_id_wherever_it_stands() {
    for total in [
        "Summe;;1.234",
        "Total",
        " TOTAL :;2",
        "Grand total: 1234;",
        "\tTotal\t;2;",
        "Sub-total 2;;",
        "total:1'234 567,00;;",
        "SUM: 1.234\u{a0}567;;",
        "\"Gesamtergebnis\";;7",
        "Totaal (2)",
    ] {
        let file = format!("fan_id;a;b\n1;2;3\n{total}\n4;5;6\n");
        let (good, bad) = read("h.csv", file, None, &Options::default()).unwrap();
        assert_eq!(good, ["1", "4"], "{total}");
        assert_eq!(summary(&bad), [("h.csv:3".into(), code::TOTAL_ROW)], "{total}");
    }
    let names = [
        "total42",
        "sum-1",
        "Sum_7",
        "subtotal.x",
        "totally",
        "my total",
        "summe@example.com",
        "Gesämt",
        "total 5x",
        "Total 5-a",
        "total: x",
        "sum 12 fans",
        "Total: 5.",
        "total ,",
        "total ()",
        "total (5",
        "total: ()",
        "Total ::",
        "total: -5",
    ];
    assert_eq!(ids("h.csv", format!("fan_id\n{}\n", names.join("\n"))), names);
    let json = read("h.jsonl", "{\"id\":\"Total\"}\n{\"id\":\"uid\"}\n", None, &Options::default()).unwrap();
    let places = [1, 2].map(|line| format!("h.jsonl:{line}"));
    assert_eq!(
        summary(&json.1),
        places.into_iter().zip([code::TOTAL_ROW, code::REPEATED_HEADER]).collect::<Vec<_>>()
    );
}

#[test]
fn an_id_with_characters_that_cannot_be_seen_is_told_of() {
    let notices = |cells: &str| {
        let sample = sample("h.csv", format!("note,fan_id\n{cells}\n"));
        let mut ids = Table::open(&sample.path, &Options::default()).unwrap().ids(None).unwrap();
        while ids.next_id().unwrap().is_some() {}
        ids.table().notices()
    };
    for hidden in ["1\u{200b}2", "fan\u{a0}1", "\u{feff}7"] {
        let told = notices(&format!("x,\u{e9}1\nx,\u{a0}8\nx,{hidden}"));
        assert_eq!(
            told,
            ["ids hold characters that cannot be seen, the first at h.csv:4: they are sent as they are"]
        );
    }
    assert_eq!(notices("a\u{200b},1"), Vec::<String>::new(), "another column");
}

#[test]
fn a_header_that_cannot_be_read_concerns_its_column_alone() {
    let mut fans = sheet("Fans", &["fan_id", "1"]);
    let months = rust_xlsxwriter::Format::new().set_num_format("mmm yy");
    for column in 1..3 {
        fans.write_number_with_format(0, column, 46_000 + column, &months).unwrap();
        fans.write(1, column, "x").unwrap();
    }
    let sample = sample("fans.xlsx", workbook([fans]));
    let mut table = Table::open(&sample.path, &Options::default()).unwrap();
    table.select_ids(None).unwrap();
    assert_eq!(table.columns(), ["fan_id", "B", "C"]);
    let told = "fans.xlsx:Fans!B1: the column is named B, as its header is no name (the cell is a date or time, stored as a \
                number; make it text); so are 1 more";
    assert_eq!(table.notices(), [told]);
    assert_eq!(table.next_row().unwrap().unwrap().unwrap().cell(1), Ok("x"));
}
