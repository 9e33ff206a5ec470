//! What cells store beside the text that they show.

use std::sync::Arc;

use ::parquet::{
    data_type::{ByteArray, ByteArrayType, Int96},
    file::{
        properties::{WriterProperties, WriterVersion},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};
use fanpass_table::{Options, Stored, Table, code};

use crate::{
    parquet_files::{Cells, written},
    support::{raw_workbook, read, sample},
};

/// What the cells of a file's first column store.
fn first_column(name: &str, content: impl AsRef<[u8]>) -> Vec<Option<Stored>> {
    let file = sample(name, content);
    let mut table = Table::open(&file.path, &Options::default()).unwrap();
    let mut stored = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        stored.push(row.unwrap().stored(0).cloned());
    }
    stored
}

/// What the cells of a Parquet file store that has a second column.
fn column(field: &str, values: Cells) -> Vec<Option<Stored>> {
    let schema = format!("message m {{ {field}; required boolean b; }}");
    let count = match &values {
        Cells::Int32(cells) => cells.len(),
        Cells::Int64(cells) => cells.len(),
        Cells::Int96(cells) => cells.len(),
        Cells::Float(cells) => cells.len(),
        Cells::Double(cells) => cells.len(),
        other => panic!("{other:?} is not needed here"),
    };
    let flags = Cells::Bool(vec![Some(true); count]);
    first_column("m.parquet", written(&schema, WriterProperties::builder(), &[vec![values, flags]]))
}

fn date(text: &str) -> Stored {
    Stored::Date(text.to_owned())
}

fn number(text: &str) -> Stored {
    Stored::Number(text.to_owned())
}

#[test]
fn dates_and_points_in_time_of_parquet_are_dates_in_utc() {
    let moments = |units: i64| Cells::Int64(vec![Some(0), Some(-1), Some(86_400 * units), None]);
    let dates =
        [Some(date("1970-01-01")), Some(date("1969-12-31")), Some(date("1970-01-02")), Some(Stored::Null)];
    for (kind, units) in [
        ("TIMESTAMP(MILLIS,true)", 1_000),
        ("TIMESTAMP(MICROS,true)", 1_000_000),
        ("TIMESTAMP(NANOS,false)", 1_000_000_000),
        ("TIMESTAMP_MILLIS", 1_000),
        ("TIMESTAMP_MICROS", 1_000_000),
    ] {
        assert_eq!(column(&format!("optional int64 a ({kind})"), moments(units)), dates, "{kind}");
    }
    let mut old = Int96::new();
    old.set_data(0, 20_000, 2_440_589);
    assert_eq!(column("required int96 a", Cells::Int96(vec![Some(old)])), [Some(date("1970-01-02"))]);
    let days = Cells::Int32(vec![Some(0), Some(-1), Some(1), None]);
    assert_eq!(column("optional int32 a (DATE)", days), dates);
    let beyond = Cells::Int32(vec![Some(i32::MAX)]);
    assert_eq!(column("required int32 a (DATE)", beyond), [None]);
    let time = Cells::Int64(vec![Some(1)]);
    assert_eq!(column("required int64 a (TIME(MICROS,true))", time), [None]);
}

#[test]
fn binary_fractions_of_parquet_are_their_shortest_digits() {
    let doubles =
        Cells::Double(vec![Some(12.5), Some(0.1), Some(0.1 + 0.2), Some(1e15), Some(f64::NAN), None]);
    let stored = [Some(number("12.5")), Some(number("0.1")), None, None, None, Some(Stored::Null)];
    assert_eq!(column("optional double a", doubles), stored);
    let floats = Cells::Float(vec![Some(0.1), Some(12.3), Some(16_777_217.0)]);
    assert_eq!(column("required float a", floats), [Some(number("0.1")), Some(number("12.3")), None]);
}

/// A file of a column of lists and one of ids, written by the `parquet` crate from levels.
fn lists(
    field: &str,
    values: &[&str],
    definitions: &[i16],
    repetitions: &[i16],
    properties: WriterProperties,
) -> Vec<u8> {
    let schema = format!("message m {{ {field} required binary fan_id; }}");
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let bytes = |values: &[&str]| values.iter().map(|value| ByteArray::from(*value)).collect::<Vec<_>>();
    let rows = repetitions.iter().filter(|&&repetition| repetition == 0).count();
    let ids: Vec<_> = (0..rows).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<ByteArrayType>()
        .write_batch(&bytes(values), Some(definitions), Some(repetitions))
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&bytes(&ids), None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

/// Lists of two entries, none, an empty one, one with a null, one.
pub(crate) fn lists_of_all_kinds() -> Vec<u8> {
    lists_with(WriterProperties::default())
}

fn lists_with(properties: WriterProperties) -> Vec<u8> {
    lists(
        "optional group l (LIST) { repeated group list { optional binary element (UTF8); } }",
        &["gold", "cup", "a", "b", "z"],
        &[3, 3, 0, 1, 3, 2, 3, 3],
        &[0, 1, 0, 0, 0, 1, 1, 0],
        properties,
    )
}

fn list(entries: &[&str]) -> Stored {
    Stored::List(entries.iter().map(|&entry| entry.to_owned()).collect())
}

#[test]
fn lists_of_parquet_are_their_entries() {
    let versions = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0];
    for (version, page) in versions.into_iter().flat_map(|version| [1, 1000].map(|page| (version, page))) {
        let properties = || {
            let properties = WriterProperties::builder().set_writer_version(version);
            properties.set_data_page_row_count_limit(page).set_write_batch_size(1).build()
        };
        let full = lists_with(properties());
        let stored = [
            Some(list(&["gold", "cup"])),
            Some(Stored::Null),
            Some(list(&[])),
            Some(list(&["a", "b"])),
            Some(list(&["z"])),
        ];
        assert_eq!(first_column("l.parquet", &full), stored, "{version:?}, {page} rows a page");
        for field in [
            "required group l (LIST) { repeated binary element (UTF8); }",
            "repeated binary l (UTF8);",
            "required group l (LIST) { repeated group list { required binary element (UTF8); } }",
        ] {
            let old = lists(field, &["a", "b", "c"], &[1, 1, 0, 1], &[0, 1, 0, 0], properties());
            assert_eq!(
                first_column("l.parquet", &old),
                [Some(list(&["a", "b"])), Some(list(&[])), Some(list(&["c"]))],
                "{field}"
            );
        }
    }
    // As an id or a text, a list is refused as ever.
    let file = lists("repeated binary l (UTF8);", &["a"], &[1], &[0], WriterProperties::default());
    let (_, rejects) = read("l.parquet", &file, Some("l"), &Options::default()).unwrap();
    assert_eq!((rejects[0].code, rejects[0].fields[0].as_str()), (code::NESTED_VALUE, r#"["a"]"#));
}

#[test]
fn lists_of_structures_store_nothing() {
    let fields = [
        "optional group l (LIST) { repeated group list { optional group element { optional binary a; } } }",
        "optional group l (LIST) { repeated group array { optional binary a; } }",
        "optional group l (LIST) { repeated group l_tuple { optional binary a; } }",
        "repeated group l { optional binary a; }",
        "optional group l { optional binary a; }",
    ];
    for field in fields {
        let file = lists(field, &[], &[0], &[0], WriterProperties::default());
        assert_eq!(first_column("l.parquet", file), [None], "{field}");
    }
}

/// A workbook whose only column holds days by their number, under the format `yyyy-mm-dd`.
fn days(properties: &str, days: &[&str]) -> Vec<u8> {
    let cell = |day: &&str| format!(r#"<row><c s="1"><v>{day}</v></c><c t="str"><v>x</v></c></row>"#);
    let rows: String = days.iter().map(cell).collect();
    let head = r#"<row><c t="str"><v>day</v></c><c t="str"><v>name</v></c></row>"#;
    let styles = r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    raw_workbook(properties, &format!("{head}{rows}"), ("xl/styles.xml", styles))
}

#[test]
fn days_of_sheets_count_from_the_year_that_the_workbook_says() {
    let numbers = ["0.5", "1", "59", "60", "61", "46081.99", "2958465", "2958466", "-1"];
    let dates = [
        None,
        Some(date("1900-01-01")),
        Some(date("1900-02-28")),
        None,
        Some(date("1900-03-01")),
        Some(date("2026-02-28")),
        Some(date("9999-12-31")),
        None,
        None,
    ];
    assert_eq!(first_column("d.xlsx", days("", &numbers)), dates);
    let of_1904 = first_column("d.xlsx", days(r#"<workbookPr date1904="1"/>"#, &["0", "44619.5", "60"]));
    assert_eq!(of_1904, [Some(date("1904-01-01")), Some(date("2026-02-28")), Some(date("1904-03-01"))]);
}

#[test]
fn text_stores_nothing_beside_itself() {
    assert_eq!(first_column("f.csv", "n,id\n12.5,1\n,2\n1e2,3\n"), [None, None, None]);
}
