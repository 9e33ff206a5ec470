//! What must hold for any list of ids and for any bytes at all.

use ::parquet::{basic::Encoding as Layout, file::properties::WriterProperties};
use fanpass_table::{Encoding, Header, Options, Table};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::packed::{gzip, zstd};
use crate::parquet_files::{self, fans};
use crate::stored::lists_of_all_kinds;
use crate::{
    start::is_id,
    support::{drain, fixture, read, sample, zip},
};

/// Ids without white space around them, any character inside, but no byte order mark in front: at the start of a line it is none.
fn id() -> impl Strategy<Value = String> {
    "[^\\s\\x00-\\x1F\u{FFFD}\u{FEFF}][^\\x00\u{FFFD}]{0,20}"
        .prop_map(|id| id.trim().to_owned())
        .prop_filter("an id", |id| !id.is_empty() && is_id(id))
}

fn written(ids: &[String], delimiter: u8, style: csv::QuoteStyle, end: csv::Terminator) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .quote_style(style)
        .terminator(end)
        .from_writer(Vec::new());
    writer.write_record(["fan_id", "name"]).unwrap();
    for id in ids {
        writer.write_record([id.as_str(), "a \"name\", or; two"]).unwrap();
    }
    writer.into_inner().unwrap()
}

fn encoded(text: &[u8], encoding: Encoding) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    match encoding {
        Encoding::Utf16Le => {
            std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }
        Encoding::Utf16Be => {
            std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
        }
        _ => text.as_bytes().to_vec(),
    }
}

/// Reads whatever a file gives; only a panic, an abort or a count that does not add up fails.
fn survive(name: &str, content: &[u8]) {
    let file = sample(name, content);
    for header in [Header::Detect, Header::Absent] {
        let mut options = Options::default();
        options.header = header;
        drop(Table::open(&file.path, &options).and_then(|table| drain(table.ids(Some("#1"))?)));
        drop(Table::open(&file.path, &options).and_then(|mut table| {
            while let Some(row) = table.next_row()? {
                drop(row.map(|row| row.fields().map(str::len).sum::<usize>()));
            }
            Ok(())
        }));
    }
}

fn mutated(seed: &[u8], edits: &[(Index, u8)], cut: Option<Index>) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (at, value) in edits {
        let at = at.index(bytes.len());
        bytes[at] = *value;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

const MAGIC: [&[u8]; 5] =
    [b"", b"PK\x03\x04", b"PK\x05\x06", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"\xFF\xFE"];

fn edits() -> impl Strategy<Value = (Vec<(Index, u8)>, Option<Index>)> {
    (vec((any::<Index>(), any::<u8>()), 0..12), prop::option::weighted(0.2, any::<Index>()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ids_read_back_byte_for_byte(
        ids in vec(id(), 1..40),
        delimiter in prop::sample::select(b",;\t|".as_slice()),
        always in any::<bool>(),
        windows in any::<bool>(),
        encoding in prop::sample::select([Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be].as_slice()),
        zipped in any::<bool>(),
    ) {
        let style = if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let end = if windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let file = encoded(&written(&ids, delimiter, style, end), encoding);
        let (name, file) = if zipped { ("a.zip", zip([("a.csv", file)])) } else { ("a.csv", file) };
        let mut options = Options::default();
        options.delimiter = Some(delimiter);
        let (read_back, rejects) = read(name, file, Some("fan_id"), &options).unwrap();
        prop_assert_eq!(rejects, []);
        prop_assert_eq!(read_back, ids);
    }

    #[test]
    fn json_lines_read_back_byte_for_byte(
        ids in vec(id(), 1..40),
        escaped in any::<bool>(),
        pack in prop::sample::select(&[None, Some(gzip as fn(&[u8]) -> Vec<u8>), Some(zstd)][..]),
    ) {
        let text = |id: &String| if escaped {
            let units: Vec<_> = id.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            format!("\"{}\"", units.concat())
        } else {
            serde_json::to_string(id).unwrap()
        };
        let lines: Vec<_> = ids.iter().map(|id| format!("{{\"n\":1,\"fan_id\":{}}}", text(id))).collect();
        let file = lines.join("\n");
        let file = pack.map_or_else(|| file.clone().into_bytes(), |pack| pack(file.as_bytes()));
        let (read_back, rejects) = read("a.jsonl", file, None, &Options::default()).unwrap();
        prop_assert_eq!(rejects, []);
        prop_assert_eq!(read_back, ids);
    }

    #[test]
    fn a_line_is_read_as_the_json_library_reads_it(line in "\\{\"(id|a)\": ?[-0.eE+\"\\\\u{}\\[\\],truefalsn]{0,12}\\}") {
        let file = format!("{{\"id\":\"1\",\"a\":2}}\n{line}\n");
        let sample = sample("a.jsonl", file);
        let mut table = Table::open(&sample.path, &Options::default()).unwrap();
        table.next_row().unwrap();
        let sound = !matches!(table.next_row(), Ok(Some(Err(_))));
        prop_assert_eq!(sound, serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&line).is_ok());
    }

    #[test]
    fn any_mutation_of_packed_text_survives((edits, cut) in edits(), gzipped in any::<bool>()) {
        let text = b"fan_id,name\n1,A\n2,\"B\"\n";
        survive("a", &mutated(&if gzipped { gzip(text) } else { zstd(text) }, &edits, cut));
    }

    #[test]
    fn any_mutation_of_parquet_survives((edits, cut) in edits()) {
        survive("a", &mutated(&lists_of_all_kinds(), &edits, cut));
        survive("a", &mutated(&fans(), &edits, cut));
    }

    #[test]
    fn parquet_reads_back_byte_for_byte(
        ids in vec(id(), 1..40),
        encoding in prop::sample::select(&[
            Layout::PLAIN, Layout::DELTA_LENGTH_BYTE_ARRAY, Layout::DELTA_BYTE_ARRAY,
        ][..]),
        dictionary in any::<bool>(),
    ) {
        let properties = WriterProperties::builder().set_dictionary_enabled(dictionary).set_encoding(encoding);
        let cells = parquet_files::text(ids.iter().map(String::as_str));
        let file = parquet_files::written("message m { required binary id (UTF8); }", properties, &[vec![cells]]);
        let (read_back, rejects) = read("a.parquet", file, None, &Options::default()).unwrap();
        prop_assert_eq!(rejects, []);
        prop_assert_eq!(read_back, ids);
    }

    #[test]
    fn any_mutation_of_json_lines_survives((edits, cut) in edits()) {
        let text = br#"{"fan_id":"\u00e9","name":[1,{"a":null}]}
{"fan_id":1e5,"name":"\""}
"#;
        survive("a", &mutated(text, &edits, cut));
    }

    #[test]
    // Without characters below 0xC0, no two bytes can pass for UTF-8.
    fn windows_1252_reads_back(ids in vec("[a-zA-Z0-9äöüßéèñÅø]{1,12}".prop_filter("an id", |id| is_id(id)), 1..40)) {
        let text = written(&ids, b';', csv::QuoteStyle::Necessary, csv::Terminator::CRLF);
        let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(std::str::from_utf8(&text).unwrap());
        prop_assert!(!lost);
        prop_assert_eq!(&read("a.csv", &bytes, Some("fan_id"), &Options::default()).unwrap(), &(ids.clone(), vec![]));
        let mut stated = Options::default();
        stated.encoding = Some(Encoding::Windows1252);
        prop_assert_eq!(read("a.csv", &bytes, Some("fan_id"), &stated).unwrap().0, ids);
    }

    #[test]
    fn any_text_survives(content in "[a-c0-9,;\"\t\r\n |=é\u{0}]{0,400}") {
        survive("a.csv", content.as_bytes());
    }

    #[test]
    fn any_bytes_survive(content in vec(any::<u8>(), 0..2000), magic in prop::sample::select(&MAGIC[..])) {
        survive("a", &[magic, &content].concat());
    }

    #[test]
    fn any_mutation_of_a_workbook_survives((edits, cut) in edits(), which in any::<Index>()) {
        let seeds = ["uncached.xlsx", "fans.xls", "protected.xlsx"];
        let seed = std::fs::read(fixture(seeds[which.index(seeds.len())])).unwrap();
        survive("a", &mutated(&seed, &edits, cut));
    }

    #[test]
    fn any_mutation_of_a_sheet_survives((edits, cut) in edits(), strings in any::<bool>()) {
        let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2" spans="1:2"><c r="A2" s="1"><f>A1</f><v>42</v></c><c r="B2" t="b"><v>1</v></c></row>"#;
        let shared = r#"<sst count="1"><si><r><t xml:space="preserve">fan_id</t></r></si></sst>"#;
        let (rows, shared) = if strings {
            (rows.to_owned(), String::from_utf8_lossy(&mutated(shared.as_bytes(), &edits, cut)).into_owned())
        } else {
            (String::from_utf8_lossy(&mutated(rows.as_bytes(), &edits, cut)).into_owned(), shared.to_owned())
        };
        survive("a.xlsx", &crate::support::raw_xlsx(&rows, &shared));
    }
}
