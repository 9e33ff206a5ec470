//! Text behind gzip and zstd: the same rows as without, and damage that is never passed over.

use std::io::Write;

use fanpass_table::{Accepted, ErrorKind, Format, Options, Table};
use flate2::{Compression, write::GzEncoder};

use crate::support::{fixture, ids, kind, read, sample, zip};

const TEXT: &[u8] = b"fan_id;name\n00042;A\n7.0;B\n";

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).unwrap()
}

#[test]
fn packed_text_gives_the_rows_of_the_text() {
    for pack in [gzip, zstd] {
        let file = sample("fans.csv", pack(TEXT));
        let table = Table::open(&file.path, &Options::default()).unwrap();
        assert_eq!((table.format(), table.delimiter()), (Format::Csv, Some(b';')));
        assert_eq!(ids("fans.csv.gz", pack(TEXT)), ["00042", "7.0"]);
        assert_eq!(ids("fans.jsonl.gz", pack(b"{\"fan_id\":\"1\"}\n")), ["1"]);
        assert_eq!(ids("fans.zip", zip([("a.csv.gz", pack(TEXT)), ("b.csv", TEXT.to_vec())])).len(), 4);
        let utf16: Vec<u8> = "\u{FEFF}id\nå\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(ids("fans.csv.gz", pack(&utf16)), ["å"]);
    }
}

#[test]
fn all_members_and_frames_are_read() {
    for pack in [gzip, zstd] {
        let (first, second) = TEXT.split_at(15);
        assert_eq!(ids("fans.csv.gz", [pack(first), pack(b""), pack(second)].concat()), ["00042", "7.0"]);
    }
    let skipped = [b"\x50\x2A\x4D\x18\x03\0\0\0abc".as_slice(), &zstd(TEXT)].concat();
    assert_eq!(ids("fans.csv.zst", skipped), ["00042", "7.0"]);
}

#[test]
fn damage_is_an_error_wherever_it_is() {
    let lines: Vec<_> = (0..5000).map(|number| format!("fan-{number}")).collect();
    let text = ["fan_id", &lines.join("\n")].join("\n");
    for pack in [gzip, zstd] {
        let whole = pack(text.as_bytes());
        assert_eq!(ids("fans.csv.gz", &whole).len(), 5000);
        for length in [4, 20, whole.len() / 2, whole.len() - 4, whole.len() - 1] {
            assert_eq!(kind("fans.csv.gz", &whole[..length]), ErrorKind::Malformed, "cut at {length}");
        }
        assert_eq!(kind("fans.csv.gz", [&whole, b"more".as_slice()].concat()), ErrorKind::Malformed);
        assert_eq!(kind("fans.csv.gz", [&whole, TEXT].concat()), ErrorKind::Malformed);
    }
    let mut wrong_sum = gzip(TEXT);
    let at = wrong_sum.len() - 8;
    wrong_sum[at] ^= 1;
    assert_eq!(kind("fans.csv.gz", wrong_sum), ErrorKind::Malformed);
}

#[test]
fn what_follows_a_gzip_is_told() {
    for junk in [&b"more"[..], &[0; 512], b"\r\n"] {
        let error = read("fans.csv.gz", [&gzip(TEXT), junk].concat(), None, &Options::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.to_string().contains("bytes that are no gzip follow its end"), "{error}");
    }
    let whole = gzip(TEXT);
    let two = [&whole[..], &whole[..whole.len() - 9]].concat();
    let error = read("fans.csv.gz", two, None, &Options::default()).unwrap_err();
    assert!(error.to_string().contains("ends in the middle"), "{error}");
}

#[test]
fn what_is_no_text_is_to_be_unpacked_first() {
    let contents = [
        zip([("a.csv", TEXT.to_vec())]),
        std::fs::read(fixture("fans.xls")).unwrap(),
        gzip(TEXT),
        zstd(TEXT),
    ];
    for content in contents {
        for pack in [gzip, zstd] {
            let error = read("fans.gz", pack(&content), None, &Options::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedFormat, "{error}");
            assert!(error.to_string().ends_with("; unpack it first"), "{error}");
        }
    }
    assert_eq!(kind("fans.gz", gzip(b"%PDF-1.7")), ErrorKind::UnsupportedFormat);
    assert_eq!(kind("fans.gz", gzip(b"")), ErrorKind::Empty);
}

#[test]
fn bounds_hold() {
    for pack in [gzip, zstd] {
        assert_eq!(kind("bomb.csv", pack(&vec![b'0'; 64 << 20])), ErrorKind::LimitExceeded);
        let limited = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            read("fans.csv.gz", pack(TEXT), None, &options).unwrap_err().kind()
        };
        assert_eq!(limited(|options| options.limits.inflated_bytes = 10), ErrorKind::LimitExceeded);
        assert_eq!(limited(|options| options.limits.text_bytes = 20), ErrorKind::LimitExceeded);
    }
}

#[test]
fn a_window_that_takes_too_much_memory_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(25).unwrap();
    encoder.write_all(&TEXT.repeat(100_000)).unwrap();
    let file = encoder.finish().unwrap();
    let mut options = Options::default();
    options.limits.inflation_ratio = u64::MAX;
    let error = read("fans.csv.zst", &file, Some("#1"), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert!(error.to_string().contains("--long"), "{error}");
    options.limits.zstd_window_bytes = 32 << 20;
    let (ids, headers) = read("fans.csv.zst", &file, Some("#1"), &options).unwrap();
    assert_eq!((ids.len(), headers.len()), (200_000, 100_000 - 1));
}

#[test]
fn whoever_takes_text_and_workbooks_only_gets_no_other_format() {
    let mut options = Options::default();
    options.accepted = Accepted::TextAndWorkbooks;
    let jsonl = b"{\"fan_id\":\"1\"}\n".to_vec();
    for content in [gzip(TEXT), zstd(TEXT), jsonl.clone()] {
        for file in [content.clone(), zip([("a", content)])] {
            let error = read("fans", file, None, &options).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
            assert!(error.to_string().ends_with("(a CSV, XLSX, XLS or ZIP is wanted)"), "{error}");
        }
    }
    assert_eq!(read("fans", TEXT, None, &options).unwrap().0.len(), 2);
}
