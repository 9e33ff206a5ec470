//! What any bytes at all must not do to the reader: panic, abort, hang, or give rows that do not add up.
//!
//! Each function here is a fuzz target of the same name. The tests of the crate run them on the corpora in `corpus/`.

use std::{
    io::{Cursor, Write},
    path::Path,
};

use fanpass_table::{Encoding, Header, Limits, Options, Table, TableError};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A fuzz target: its name, which is that of its corpus, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All fuzz targets.
pub const TARGETS: [Target; 8] = [
    ("any", any),
    ("text", text),
    ("jsonl", jsonl),
    ("packed", packed),
    ("xlsx", xlsx),
    ("xls", xls),
    ("zip", zip),
    ("parquet", parquet),
];

/// A file of any kind.
pub fn any(data: &[u8]) {
    read(data, &Options::default());
}

/// Delimited text, read as the first byte says: stated or detected delimiter, encoding, header and lines above the table.
pub fn text(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let mut options = Options::default();
    options.delimiter = [None, Some(b','), Some(b'\t'), Some(b'x')][usize::from(choice & 3)];
    options.header =
        [Header::Detect, Header::Present, Header::Absent, Header::Detect][usize::from(choice >> 2 & 3)];
    let encodings = [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252];
    options.encoding = encodings.get(usize::from(choice >> 4 & 7)).copied();
    options.skip_rows = (choice >> 7 == 1).then_some(2);
    read(text, &options);
}

/// Lines of JSON behind one that names columns.
pub fn jsonl(data: &[u8]) {
    read(&[b"{\"fan_id\":\"1\",\"a\":2}\n", data].concat(), &Options::default());
}

/// Text behind gzip, or zstd if the first byte is odd.
pub fn packed(data: &[u8]) {
    let Some((choice, packed)) = data.split_first() else { return };
    let magic: &[u8] = if choice & 1 == 0 { b"\x1F\x8B\x08" } else { b"\x28\xB5\x2F\xFD" };
    read(&[magic, packed].concat(), &Options::default());
}

/// The parts of a workbook, one after the other, parted by a zero byte: sheet, shared strings, styles.
pub fn xlsx(data: &[u8]) {
    let mut given = data.split(|&byte| byte == 0);
    let mut next = || given.next().unwrap_or_default();
    let relations = concat!(
        r#"<Relationships><Relationship Id="r1" Type="/worksheet" Target="worksheets/sheet1.xml"/>"#,
        r#"</Relationships>"#
    );
    let parts = [
        ("[Content_Types].xml", b"<Types/>".as_slice()),
        ("xl/workbook.xml", br#"<workbook><sheets><sheet name="S" r:id="r1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", next()),
        ("xl/sharedStrings.xml", next()),
        ("xl/styles.xml", next()),
    ];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        if writer.start_file(name, stored).is_err() || writer.write_all(content).is_err() {
            return;
        }
    }
    if let Ok(file) = writer.finish() {
        read(&file.into_inner(), &Options::default());
    }
}

/// A compound file.
pub fn xls(data: &[u8]) {
    read(&[b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", data].concat(), &Options::default());
}

/// A ZIP: an archive or a workbook.
pub fn zip(data: &[u8]) {
    read(&[b"PK\x03\x04", data].concat(), &Options::default());
}

/// A Parquet file; what stands between the magic bytes is given, the length of the footer in its last four bytes.
pub fn parquet(data: &[u8]) {
    read(&[b"PAR1", data, b"PAR1"].concat(), &Options::default());
}

/// Reads a file in every way there is.
fn read(data: &[u8], options: &Options) {
    let mut options = options.clone();
    options.limits = limits();
    // Files that cannot be written are no finding.
    let Ok(file) = tempfile::NamedTempFile::new() else { return };
    if file.as_file().write_all(data).is_err() {
        return;
    }
    let path = file.path();
    // Which error a file ends in does not matter here.
    drop(ids(path, None, &options));
    drop(ids(path, Some("#2"), &options));
    drop(rows(path, &options));
}

/// Reads ids; each row must end in one bucket.
fn ids(path: &Path, column: Option<&str>, options: &Options) -> Result<(), TableError> {
    let mut ids = Table::open(path, options)?.ids(column)?;
    let (mut good, mut bad) = (0, 0);
    while let Some(row) = ids.next_id()? {
        match row {
            Ok(row) => {
                assert!(!row.id.trim().is_empty(), "an id is never blank");
                good += u64::from(!row.location().is_empty());
            }
            Err(reject) => bad += u64::from(!reject.location.is_empty() && !reject.message.is_empty()),
        }
    }
    let counts = ids.counts();
    assert_eq!((counts.rows, counts.ids, counts.rejects), (good + bad, good, bad));
    Ok(())
}

/// Reads every cell of every row; rows are numbered in order within each file of an archive.
fn rows(path: &Path, options: &Options) -> Result<(), TableError> {
    let mut table = Table::open(path, options)?;
    while let Some(row) = table.next_row()? {
        let Ok(row) = row else { continue };
        assert!(row.number() > 0 && !row.location().is_empty());
        for column in 0..=row.columns().len() {
            if let Err(reject) = row.cell(column) {
                assert_eq!(reject.row, row.number());
            }
        }
    }
    Ok(())
}

/// Bounds that a short input can reach.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.text_bytes = 1 << 20;
    limits.xlsx_bytes = 1 << 20;
    limits.xls_bytes = 1 << 20;
    limits.zip_bytes = 1 << 20;
    limits.parquet_bytes = 1 << 20;
    limits.parquet_footer_bytes = 64 << 10;
    limits.parquet_page_bytes = 4 << 20;
    limits.entries = 100;
    limits.inflated_bytes = 4 << 20;
    limits.zstd_window_bytes = 1 << 20;
    limits.shared_string_bytes = 1 << 20;
    limits.columns = 200;
    limits.cell_bytes = 200;
    limits.record_bytes = 16 << 10;
    limits
}
