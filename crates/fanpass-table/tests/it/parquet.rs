//! Parquet: every type and encoding that another implementation writes, read as exact text or refused.

use std::sync::Arc;

use ::parquet::{
    basic::{Compression, Encoding, GzipLevel, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, Int96},
    file::{
        properties::{WriterProperties, WriterVersion},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};

use fanpass_table::{Format, Options, Table, code};

use crate::{
    parquet_files::{Cells, fans, text, written},
    support::{ids, read, sample, summary, zip},
};

/// What one column gives: the cells that can be used, and the codes of those that cannot.
fn cells(field: &str, values: Cells) -> Vec<Result<String, &'static str>> {
    let file = written(&format!("message m {{ {field}; }}"), WriterProperties::builder(), &[vec![values]]);
    let file = sample("m.parquet", file);
    let mut table = Table::open(&file.path, &Options::default()).unwrap();
    let mut cells = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        cells.push(row.unwrap().cell(0).map(str::to_owned).map_err(|reject| reject.code));
    }
    cells
}

fn good(cells: &[&str]) -> Vec<Result<String, &'static str>> {
    cells.iter().map(|&cell| Ok(cell.to_owned())).collect()
}

#[test]
fn rows_have_columns_nulls_and_places() {
    let file = sample("fans.csv", fans());
    let mut table = Table::open(&file.path, &Options::default()).unwrap();
    assert_eq!((table.format(), table.encoding(), table.delimiter()), (Format::Parquet, None, None));
    assert_eq!(table.columns(), ["fan_id", "tier"]);
    let first = table.next_row().unwrap().unwrap().unwrap();
    assert_eq!((first.number(), first.line(), first.location().as_str()), (1, None, "fans.csv:row 1"));
    assert_eq!(first.fields().collect::<Vec<_>>(), ["00042", "gold"]);
    let second = table.next_row().unwrap().unwrap().unwrap();
    assert_eq!(second.fields().collect::<Vec<_>>(), ["1e5", ""]);
    assert_eq!(ids("fans.parquet", fans()), ["00042", "1e5", "Žižkov", "123456789012345678"]);
    assert_eq!(ids("fans.zip", zip([("a.parquet", fans()), ("b.csv", b"fan_id\n7\n".to_vec())])).len(), 5);
}

#[test]
fn whole_numbers_are_their_digits() {
    let ints = |field, values: &[i32]| cells(field, Cells::Int32(values.iter().copied().map(Some).collect()));
    assert_eq!(ints("required int32 a", &[i32::MIN, 0, 42]), good(&["-2147483648", "0", "42"]));
    assert_eq!(ints("required int32 a (UINT_32)", &[-1, 7]), good(&["4294967295", "7"]));
    assert_eq!(ints("required int32 a (INTEGER(8,true))", &[-1]), good(&["-1"]));
    let longs =
        |field, values: &[i64]| cells(field, Cells::Int64(values.iter().copied().map(Some).collect()));
    let extremes = [i64::MIN, 123_456_789_012_345_678];
    assert_eq!(longs("required int64 a", &extremes), good(&["-9223372036854775808", "123456789012345678"]));
    assert_eq!(longs("required int64 a (INTEGER(64,false))", &[-1]), good(&["18446744073709551615"]));
    assert_eq!(longs("required int64 a (DECIMAL(10,2))", &[-5, 1230]), good(&["-0.05", "12.30"]));
    assert_eq!(ints("required int32 a (DECIMAL(9,0))", &[7]), good(&["7"]));
}

#[test]
fn dates_are_iso_and_times_are_refused() {
    let days = Cells::Int32(vec![Some(0), Some(20_781), Some(-1), Some(11_016), Some(i32::MAX)]);
    let mut expected = good(&["1970-01-01", "2026-11-24", "1969-12-31", "2000-02-29"]);
    expected.push(Err(code::DATE_CELL));
    assert_eq!(cells("required int32 a (DATE)", days), expected);
    let time = Cells::Int64(vec![Some(1)]);
    assert_eq!(cells("required int64 a (TIMESTAMP(MICROS,true))", time), [Err(code::DATE_CELL)]);
    let time = Cells::Int96(vec![Some(Int96::new())]);
    assert_eq!(cells("required int96 a", time), [Err(code::DATE_CELL)]);
}

#[test]
fn binary_fractions_follow_the_rule_of_sheets() {
    let doubles = [42.0, 999_999_999_999_999.0, 1e15, 0.5, -0.0, f64::NAN, f64::INFINITY];
    let destroyed = Err(code::DESTROYED_NUMBER);
    assert_eq!(
        cells("required double a", Cells::Double(doubles.map(Some).to_vec())),
        [
            Ok("42".into()),
            Ok("999999999999999".into()),
            destroyed.clone(),
            Err(code::FRACTION),
            Ok("0".into()),
            destroyed.clone(),
            destroyed.clone()
        ]
    );
    let floats = [16_777_215.0, 16_777_216.0, 0.5];
    assert_eq!(
        cells("required float a", Cells::Float(floats.map(Some).to_vec())),
        [Ok("16777215".into()), destroyed, Err(code::FRACTION)]
    );
}

#[test]
fn bytes_are_text_a_uuid_a_decimal_or_refused() {
    let bytes = |cells: &[&[u8]]| Cells::Bytes(cells.iter().map(|cell| Some(cell.to_vec())).collect());
    let fixed = |cells: &[&[u8]]| Cells::Fixed(cells.iter().map(|cell| Some(cell.to_vec())).collect());
    assert_eq!(
        cells("required binary a", bytes(&["å".as_bytes(), b"\xE5"])),
        [Ok("å".into()), Err(code::UNDECODABLE)]
    );
    assert_eq!(cells("required binary a (ENUM)", bytes(&[b"gold"])), good(&["gold"]));
    assert_eq!(cells("required binary a (BSON)", bytes(&[b"x"])), [Err(code::NUMBER_FORMAT)]);
    assert_eq!(
        cells("required binary a (DECIMAL(20,3))", bytes(&[&[0xFF], &[0x30, 0x39]])),
        good(&["-0.001", "12.345"])
    );
    assert_eq!(cells("required fixed_len_byte_array(5) a", fixed(&[b"00042"])), good(&["00042"]));
    let uuid = [0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255];
    assert_eq!(
        cells("required fixed_len_byte_array(16) a (UUID)", fixed(&[&uuid])),
        good(&["00112233-4455-6677-8899-aabbccddeeff"])
    );
    assert_eq!(
        cells("required boolean a", Cells::Bool(vec![Some(true), Some(false)])),
        good(&["TRUE", "FALSE"])
    );
}

#[test]
fn every_encoding_version_and_codec_reads_back() {
    let ids: Vec<_> =
        (0..3000).map(|n| (n % 7 != 3).then(|| format!("fan-{:06}", n * 37).into_bytes())).collect();
    let tiers = text((0..3000).map(|n| ["gold", "silver", "", "gold, old"][n / 5 % 4]));
    let numbers = Cells::Int64(
        (0..3000).map(|n: i64| Some(n.pow(5).wrapping_mul(if n % 2 == 0 { -1 } else { 3 }))).collect(),
    );
    let small =
        Cells::Int32((0..3000).map(|n: i32| (n % 11 != 0).then(|| n.wrapping_mul(i32::MAX / 3))).collect());
    let flags = Cells::Bool((0..3000).map(|n| Some(n / 64 % 3 == 0)).collect());
    let fixed = Cells::Fixed((0..3000).map(|n| Some(format!("{:05}", n / 2).into_bytes())).collect());
    let schema = "message m { optional binary id (UTF8); required binary tier (UTF8); required int64 n; \
                  optional int32 m; required boolean f; required fixed_len_byte_array(5) c; }";
    let group = vec![Cells::Bytes(ids), tiers, numbers, small, flags, fixed];
    let rows = |properties| {
        let file = sample("m.parquet", written(schema, properties, &[group.clone(), group.clone()]));
        let mut table = Table::open(&file.path, &Options::default()).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = table.next_row().unwrap() {
            rows.push(row.unwrap().fields().map(str::to_owned).collect::<Vec<_>>());
        }
        rows
    };
    let expected = rows(WriterProperties::builder().set_dictionary_enabled(false));
    assert_eq!(expected.len(), 6000);
    assert_eq!(expected[4], ["fan-000148", "gold", "-1024", "-1431655768", "TRUE", "00002"]);
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ];
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for codec in codecs {
            let small_pages = WriterProperties::builder()
                .set_writer_version(version)
                .set_compression(codec)
                .set_data_page_row_count_limit(500)
                .set_write_batch_size(100);
            assert_eq!(rows(small_pages), expected, "{version:?} {codec:?}");
        }
        for (column, encodings) in [
            ("id", vec![Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY]),
            ("n", vec![Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT]),
            ("m", vec![Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT]),
            ("f", vec![Encoding::RLE]),
            ("c", vec![Encoding::DELTA_BYTE_ARRAY, Encoding::BYTE_STREAM_SPLIT]),
        ] {
            for encoding in encodings {
                let properties = WriterProperties::builder()
                    .set_writer_version(version)
                    .set_dictionary_enabled(false)
                    .set_column_encoding(column.into(), encoding);
                assert_eq!(rows(properties), expected, "{version:?} {column} {encoding}");
            }
        }
    }
}

#[test]
fn nested_columns_are_refused_where_they_are_used() {
    let schema = "message m { required group a { required binary x (UTF8); required binary y (UTF8); } \
                  required binary fan_id (UTF8); repeated binary tags (UTF8); }";
    let group = vec![text(["1"]), text(["2"]), text(["7"])];
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut rows = writer.next_row_group().unwrap();
    for cells in group {
        let Cells::Bytes(cells) = cells else { unreachable!() };
        let mut column = rows.next_column().unwrap().unwrap();
        let values: Vec<_> = cells.into_iter().flatten().map(ByteArray::from).collect();
        column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    let mut column = rows.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[], Some(&[0]), Some(&[0])).unwrap();
    column.close().unwrap();
    rows.close().unwrap();
    let file = writer.into_inner().unwrap();
    assert_eq!(ids("m.parquet", &file), ["7"]);
    let (_, bad) = read("m.parquet", &file, Some("tags"), &Options::default()).unwrap();
    assert_eq!(summary(&bad), [("m.parquet:row 1".to_owned(), code::NESTED_VALUE)]);
    assert_eq!(read("m.parquet", &file, Some("a"), &Options::default()).unwrap().1.len(), 1);
}
