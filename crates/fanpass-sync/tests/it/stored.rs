//! Cells that store more than the text they show: what typed columns take from them, and what stays refused.

use std::sync::Arc;

use fanpass_sync::{Absent, Mapping};
use fanpass_table::code;
use parquet::{data_type::FloatType, file::writer::SerializedFileWriter, schema::parser::parse_message_type};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use crate::support::{mapping, read_file, reject, sample};

/// A workbook of one row: an id, and cells under the headers `day`, `moment`, `price`, `share`, `length`, `third`.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in (0..).zip(["fan_id", "day", "moment", "price", "share", "length", "third"]) {
        sheet.write(0, column, name).unwrap();
    }
    let format = |code: &str| Format::new().set_num_format(code);
    let day = ExcelDateTime::from_ymd(2026, 2, 28).unwrap();
    let moment = ExcelDateTime::from_ymd(1899, 12, 31).unwrap().and_hms(23, 59, 59).unwrap();
    sheet.write(1, 0, "1").unwrap();
    sheet.write_with_format(1, 1, &day, &format("[$-407]dd. mmmm yyyy")).unwrap();
    sheet.write_with_format(1, 2, 36526.75, &format("yyyy-mm-dd hh:mm")).unwrap();
    sheet.write_with_format(1, 3, 1234.5, &format("#,##0.00 \"days\"")).unwrap();
    sheet.write_with_format(1, 4, 0.25, &format("0 %")).unwrap();
    sheet.write_with_format(1, 5, &moment, &format("hh:mm:ss")).unwrap();
    sheet.write(1, 6, 1.0 / 3.0).unwrap();
    workbook.save_to_buffer().unwrap()
}

/// The updates of a file, or the codes and messages of its rejects.
fn read(name: &str, content: impl AsRef<[u8]>, mapping: Mapping) -> Vec<String> {
    let drained = read_file(&sample(name, content).path, mapping).unwrap();
    let rejects = drained.rejects.iter().map(|reject| format!("{}: {}", reject.code, reject.message));
    drained.updates.into_iter().chain(rejects).chain(drained.empty).collect()
}

#[test]
fn typed_columns_take_what_a_sheet_stores() {
    let maps = [
        "day=custom.day:date(%d.%m.%Y)",
        "moment=custom.moment:date",
        "price=custom.price:decimal",
        "share=custom.share:decimal",
    ];
    assert_eq!(
        read("f.xlsx", workbook(), mapping(maps)),
        [
            r#"1 {"custom.day":"2026-02-28","custom.moment":"2000-01-01","custom.price":1234.5,"custom.share":0.25}"#
        ]
    );
}

#[test]
fn numbers_with_leading_zeros_are_numbers_to_columns_of_numbers_only() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let formats = ["00000", "\"FAN-\"0000", "0"].map(|code| Format::new().set_num_format(code));
    for (row, text) in (0..).zip(["fan_id", "n"]) {
        sheet.write(0, row, text).unwrap();
    }
    for (row, format) in (1..).zip(&formats) {
        sheet.write_with_format(row, 0, 42, format).unwrap();
        sheet.write_with_format(row, 1, 42, format).unwrap();
    }
    let workbook = workbook.save_to_buffer().unwrap();
    for cell_type in ["integer", "decimal"] {
        assert_eq!(
            read("f.xlsx", &workbook, mapping([&*format!("n=custom.n:{cell_type}")])),
            [r#"00042 {"custom.n":42}"#, r#"FAN-0042 {"custom.n":42}"#, r#"42 {"custom.n":42}"#]
        );
    }
    assert_eq!(
        read("f.xlsx", &workbook, mapping(["n=custom.n"])),
        [r#"00042 {"custom.n":"00042"}"#, r#"FAN-0042 {"custom.n":"FAN-0042"}"#, r#"42 {"custom.n":"42"}"#]
    );
}

#[test]
fn ids_and_text_are_what_is_shown_or_nothing() {
    for (map, expected) in [
        ("day=custom.x", code::DATE_CELL),
        ("day=custom.x:integer", code::DATE_CELL),
        ("length=custom.x:date", code::DATE_CELL),
        ("price=custom.x", code::FRACTION),
        ("price=custom.x:integer", "not_integer"),
        ("share=custom.x:list(|)", code::FRACTION),
    ] {
        let read = read("f.xlsx", workbook(), mapping([map]));
        assert!(read[0].starts_with(&format!("{expected}: ")), "{map}: {read:?}");
    }
    for (map, mend) in
        [("length=custom.x:date", "write the date that is meant"), ("third=custom.x:decimal", "round it")]
    {
        let read = read("f.xlsx", workbook(), mapping([map]));
        assert!(read[0].ends_with(mend), "what to do fits the column's type: {read:?}");
    }
    let mut by_price = mapping(["day=custom.day:date"]);
    by_price.id = Some("price".to_owned());
    assert!(read("f.xlsx", workbook(), by_price)[0].starts_with("fraction: "));
}

#[test]
fn typed_columns_take_what_json_stores() {
    let types = ["n=custom.n:integer", "d=custom.d:decimal", "l=custom.l:list(|)", "t=custom.t"];
    let one = |line: &str| read("f.jsonl", line, mapping(types)).remove(0);
    let keys = r#""n":null,"d":null,"l":null,"t":null"#;
    assert_eq!(
        one(r#"{"id":1,"n":7.0,"d":1e2,"l":["a, b",7.50,true,null],"t":7.0}"#),
        r#"1 {"custom.d":100,"custom.l":["a, b","7.50","true"],"custom.n":7,"custom.t":"7.0"}"#
    );
    assert!(one(&format!(r#"{{"id":1,{keys},"n2":0}}"#)).starts_with("f.jsonl:1"), "nothing is left");
    for (line, expected) in [
        (r#"{"id":1,"n":7.5,"d":1,"l":[],"t":""}"#, "not_integer: "),
        (
            r#"{"id":1,"n":1,"d":1.0000000000000000055e0,"l":[],"t":""}"#,
            "not_decimal: the number would be rounded",
        ),
        (
            r#"{"id":1,"n":1,"d":1,"l":["a|b"],"t":""}"#,
            "nested_value: an entry of the cell's list holds \"|\"",
        ),
        (r#"{"id":1,"n":1,"d":1,"l":[[1]],"t":""}"#, "nested_value: "),
        (r#"{"id":1,"n":1,"d":1,"l":[],"t":["a"]}"#, "nested_value: "),
    ] {
        assert!(one(line).starts_with(expected), "{line}: {}", one(line));
    }
}

#[test]
fn a_null_is_no_blank() {
    let lines = concat!(
        r#"{"id":"1","n":null}"#,
        "\n",
        r#"{"id":"2"}"#,
        "\n",
        r#"{"id":"3","n":""}"#,
        "\n",
        r#"{"id":"4","n":"-"}"#,
    );
    let of = |map: &str| {
        let mut mapping = mapping([map]);
        mapping.nulls = vec!["-".to_owned()];
        read("f.jsonl", lines, mapping)
    };
    let (unset, silver) = (r#"{"custom.n":null}"#, r#"{"custom.n":"silver"}"#);
    assert_eq!(
        of("n=custom.n,null=unset"),
        [format!("1 {unset}"), format!("4 {unset}"), "f.jsonl:2".into(), "f.jsonl:3".into()]
    );
    assert_eq!(
        of("n=custom.n,blank=unset"),
        [format!("2 {unset}"), format!("3 {unset}"), "f.jsonl:1".into(), "f.jsonl:4".into()]
    );
    assert_eq!(
        of("n=custom.n,null=unset,default=silver"),
        [format!("1 {unset}"), format!("2 {silver}"), format!("3 {silver}"), format!("4 {unset}")]
    );
}

#[test]
fn a_mended_row_becomes_what_it_would_have_become() {
    let line = r#"{"id":"1","n":null,"d":1e2,"l":["a","b"],"s":"maybe"}"#;
    let maps = ["s=custom.s:boolean", "n=custom.n", "d=custom.d:decimal", "l=custom.l:list(|)"];
    for null in [Absent::Skip, Absent::Unset] {
        let mut mapping = mapping(maps);
        mapping.null = null;
        let file = sample("f.jsonl", line);
        let rejects = reject(&file.path, mapping.clone());
        let content = std::fs::read_to_string(&rejects[0]).unwrap();
        std::fs::write(&rejects[0], content.replace("maybe", "yes")).unwrap();
        let mended = read_file(&rejects[0], mapping.clone()).unwrap().updates;
        assert_eq!(mended, read("f.jsonl", line.replace("maybe", "yes"), mapping));
    }
    let mapping =
        mapping(["length=custom.length:boolean", "day=custom.day:date(%d.%m.%Y)", "moment=custom.m:date"]);
    let file = sample("f.xlsx", workbook());
    let rejects = reject(&file.path, mapping);
    let content = std::fs::read_to_string(&rejects[0]).unwrap();
    assert!(content.contains("\"28.02.2026\",\"2000-01-01\""), "{content}");
}

#[test]
fn text_that_looks_like_a_mark_of_reject_files_stays_that_text() {
    let marks =
        ["fanpass:null", "fanpass:fault x", "fanpass:text x", "fanpass:text fanpass:null", "fanpass:"];
    for mark in marks {
        let line = format!(r#"{{"id":"1","n":null,"t":"{mark}","l":["{mark}","b"],"s":"maybe"}}"#);
        let maps = ["s=custom.s:boolean", "n=custom.n,null=unset", "t=custom.t", "l=custom.l:list(|)"];
        let file = sample("f.jsonl", &line);
        let mut rejects = reject(&file.path, mapping(maps)).remove(0);
        // Mended in a second round only.
        for (from, to) in [("maybe", "perhaps"), ("perhaps", "yes")] {
            let content = std::fs::read_to_string(&rejects).unwrap();
            std::fs::write(&rejects, content.replace(from, to)).unwrap();
            if to != "yes" {
                rejects = reject(&rejects, mapping(maps)).remove(0);
            }
        }
        let mended = read_file(&rejects, mapping(maps)).unwrap().updates;
        assert_eq!(mended, read("f.jsonl", line.replace("maybe", "yes"), mapping(maps)), "{mark}");
    }
    let ragged = sample("f.csv", "id,t\n1,fanpass:null,\n2,fanpass:null,x\n");
    let rejects = reject(&ragged.path, mapping(["t=custom.t"])).remove(0);
    let content = std::fs::read_to_string(&rejects).unwrap();
    std::fs::write(&rejects, content.replace(",\"x\"", "")).unwrap();
    let mended = read_file(&rejects, mapping(["t=custom.t"])).unwrap().updates;
    assert!(mended.contains(&r#"2 {"custom.t":"fanpass:null"}"#.to_owned()), "{mended:?}");
}

#[test]
fn a_date_that_its_form_cannot_give_comes_back_from_a_reject_file() {
    for form in ["%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y %H:%M %z"] {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (column, name) in (0..).zip(["fan_id", "born", "sth"]) {
            sheet.write(0, column, name).unwrap();
        }
        let (days, shown) =
            ([(1931, 5, 2), (2026, 2, 28), (9999, 12, 31)], Format::new().set_num_format("dd.mm.yyyy"));
        for (row, (year, month, day)) in (1..).zip(days) {
            sheet.write(row, 0, row.to_string()).unwrap();
            let day = ExcelDateTime::from_ymd(year, month, day).unwrap();
            sheet.write_with_format(row, 1, &day, &shown).unwrap();
            sheet.write(row, 2, "maybe").unwrap();
        }
        let file = sample("f.xlsx", workbook.save_to_buffer().unwrap());
        let maps = mapping([&*format!("born=custom.born:date({form})"), "sth=custom.sth:boolean"]);
        let rejects = reject(&file.path, maps.clone());
        // Rejected once more as it is, and mended then.
        let rejects = reject(&rejects[0], maps.clone());
        let content = std::fs::read_to_string(&rejects[0]).unwrap();
        std::fs::write(&rejects[0], content.replace("maybe", "yes")).unwrap();
        let mended = read_file(&rejects[0], maps).unwrap();
        let born = |day| format!(r#"{{"custom.born":"{day}","custom.sth":true}}"#);
        let expected = [("1", "1931-05-02"), ("2", "2026-02-28"), ("3", "9999-12-31")];
        assert_eq!(
            mended.updates,
            expected.map(|(id, day)| format!("{id} {}", born(day))),
            "{form}: {content}"
        );
    }
    let text = read(
        "fans.csv",
        "id,born\n1,fanpass:date 1931-05-02\n",
        mapping(["born=custom.born:date(%d.%m.%y)"]),
    );
    assert!(text[0].starts_with("not_date: "), "it is none in a source: {text:?}");
}

#[test]
fn a_number_of_parquet_is_refused_for_what_is_wrong_with_it() {
    let schema = Arc::new(parse_message_type("message m { required float id; required float n; }").unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut rows = writer.next_row_group().unwrap();
    for numbers in [[1.0, 2.0, 3.0, 4.0], [1e6, 2e7, f32::NAN, f32::NEG_INFINITY]] {
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<FloatType>().write_batch(&numbers, None, None).unwrap();
        column.close().unwrap();
    }
    rows.close().unwrap();
    let read = read("f.parquet", writer.into_inner().unwrap(), mapping(["n=custom.n:decimal"]));
    assert_eq!(read[0], r#"1 {"custom.n":1000000}"#);
    let [float, no_number] =
        ["the cell is a FLOAT of 16777216 or more", "the cell is no number (NaN or infinity)"];
    for (told, why) in read[1..].iter().zip([float, no_number, no_number]) {
        assert!(
            told.starts_with(&format!("destroyed_number: {why}")) && !told.contains("15 digits"),
            "{told}"
        );
    }
}
