//! Files in a temporary folder, and what is read from them.

use std::{
    io::{Cursor, Write},
    path::PathBuf,
};

use fanpass_table::{ErrorKind, Ids, Options, Reject, Table, TableError};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A file of the given name and content; it goes when this value goes.
pub(crate) struct Sample {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

pub(crate) fn sample(name: &str, content: impl AsRef<[u8]>) -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    Sample { _folder: folder, path }
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// All ids of a reader, and its rejects.
pub(crate) fn drain(mut ids: Ids) -> Result<(Vec<String>, Vec<Reject>), TableError> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    while let Some(entry) = ids.next_id()? {
        match entry {
            Ok(row) => good.push(row.id.to_owned()),
            Err(reject) => bad.push(*reject),
        }
    }
    let counts = ids.counts();
    assert_eq!(counts.rows, counts.ids + counts.rejects, "every row ends in one bucket");
    assert_eq!((counts.ids, counts.rejects), (good.len() as u64, bad.len() as u64));
    Ok((good, bad))
}

/// What `--id column` reads from a file.
pub(crate) fn read(
    name: &str,
    content: impl AsRef<[u8]>,
    column: Option<&str>,
    options: &Options,
) -> Result<(Vec<String>, Vec<Reject>), TableError> {
    let sample = sample(name, content);
    drain(Table::open(&sample.path, options)?.ids(column)?)
}

/// The ids of a file that has no rejects, all options left to detection.
pub(crate) fn ids(name: &str, content: impl AsRef<[u8]>) -> Vec<String> {
    let (ids, rejects) = read(name, content, None, &Options::default()).unwrap();
    assert_eq!(rejects, []);
    ids
}

pub(crate) fn kind(name: &str, content: impl AsRef<[u8]>) -> ErrorKind {
    read(name, content, None, &Options::default()).unwrap_err().kind()
}

/// Place, code and column of each reject.
pub(crate) fn summary(rejects: &[Reject]) -> Vec<(String, &'static str)> {
    rejects.iter().map(|reject| (reject.location.clone(), reject.code)).collect()
}

pub(crate) fn zip<'a>(entries: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An XLSX from the XML of its one sheet's rows and of its shared strings, for what no library writes.
pub(crate) fn raw_xlsx(rows: &str, strings: &str) -> Vec<u8> {
    raw_workbook("", rows, ("xl/sharedStrings.xml", strings))
}

/// An XLSX from the XML of its properties, of its one sheet's rows, and of one part more.
pub(crate) fn raw_workbook(properties: &str, rows: &str, (name, part): (&str, &str)) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let parts = [
        ("[Content_Types].xml", "<Types/>".to_owned()),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns:r="{main}">{properties}<sheets><sheet name="Fans" sheetId="1" r:id="r1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships><Relationship Id="r1" Type="{main}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
            ),
        ),
        ("xl/worksheets/sheet1.xml", sheet),
        (name, part.to_owned()),
    ];
    zip(parts.map(|(name, content)| (name, content.into_bytes())))
}
