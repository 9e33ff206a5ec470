//! Parquet that contradicts what is stated, goes beyond a bound, or is damaged.

use ::parquet::{
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use fanpass_table::{Accepted, ErrorKind, Format, Header, Options, Table, code};

use crate::{
    packed::{gzip, zstd},
    parquet_files::{Cells, fans, text, written},
    support::{drain, ids, kind, read, sample, summary},
};

#[test]
fn what_is_stated_must_hold() {
    let stated = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        read("fans.parquet", fans(), None, &options).unwrap_err().kind()
    };
    assert_eq!(stated(|options| options.header = Header::Absent), ErrorKind::AmbiguousHeader);
    assert_eq!(stated(|options| options.sheet = Some("A".into())), ErrorKind::UnsupportedFormat);
    assert_eq!(stated(|options| options.format = Some(Format::Csv)), ErrorKind::UnsupportedFormat);
    assert_eq!(stated(|options| options.accepted = Accepted::TextAndWorkbooks), ErrorKind::UnsupportedFormat);
    for packed in [gzip(&fans()), zstd(&fans())] {
        assert_eq!(kind("fans.parquet.gz", packed), ErrorKind::UnsupportedFormat);
    }
    assert_eq!(ids("a.csv", "PAR1\nPAR2\n"), ["PAR1", "PAR2"], "text may begin so");
}

#[test]
fn bounds_hold() {
    let long = text([&*"x".repeat(100_000)]);
    let bomb = text([&*"x".repeat(64 << 20)]);
    let schema = "message m { required binary fan_id (UTF8); }";
    let snappy = || WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
    let limited = |cells: &Cells, change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        read("m.parquet", written(schema, snappy(), &[vec![cells.clone()]]), None, &options)
    };
    let error = |cells: &Cells, change| limited(cells, change).unwrap_err().kind();
    assert_eq!(error(&bomb, |_| ()), ErrorKind::LimitExceeded);
    assert_eq!(error(&long, |options| options.limits.parquet_page_bytes = 50_000), ErrorKind::LimitExceeded);
    assert_eq!(error(&long, |options| options.limits.inflated_bytes = 50_000), ErrorKind::LimitExceeded);
    assert_eq!(error(&long, |options| options.limits.record_bytes = 50_000), ErrorKind::LimitExceeded);
    assert_eq!(error(&long, |options| options.limits.parquet_bytes = 50), ErrorKind::LimitExceeded);
    assert_eq!(error(&long, |options| options.limits.parquet_footer_bytes = 50), ErrorKind::LimitExceeded);
    assert_eq!(error(&long, |options| options.limits.columns = 0), ErrorKind::LimitExceeded);
    assert_eq!(
        summary(&limited(&long, |_| ()).unwrap().1),
        [("m.parquet:row 1".to_owned(), code::CELL_TOO_LONG)]
    );
}

#[test]
fn an_encrypted_file_is_named_for_what_it_is() {
    assert_eq!(kind("fans.parquet", b"PARE\x30\0\0\0\x01PARE"), ErrorKind::PasswordProtected);
}

#[test]
fn a_damaged_file_gives_no_rows_unseen() {
    let whole = fans();
    for length in 5..whole.len() {
        let file = sample("fans.parquet", &whole[..length]);
        assert!(Table::open(&file.path, &Options::default()).is_err(), "cut at {length}");
    }
    for at in 0..whole.len() {
        for change in [1, 0x7F, 0xFF] {
            let mut broken = whole.clone();
            broken[at] ^= change;
            let file = sample("fans.parquet", &broken);
            // What matters is that it ends, and that rows add up.
            drop(
                Table::open(&file.path, &Options::default()).and_then(|table| drain(table.ids(Some("#1"))?)),
            );
        }
    }
}
