//! The file of a snapshot as it is written: a ZIP without compression, whose last entry tells of the others.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::snapshot::{FORMAT, MANIFEST, Manifest, ManifestFile, copy_hashed};

/// A snapshot file being written.
pub(super) struct Pack<'a> {
    zip: ZipWriter<Failing<'a>>,
    files: Vec<ManifestFile>,
}

/// A file to which nothing more is written once that has failed: the library finishes an archive that is given up, and would print
/// that it cannot.
struct Failing<'a> {
    file: &'a File,
    failed: bool,
}

impl Write for Failing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed {
            return Ok(bytes.len());
        }
        self.file.write(bytes).inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Failing<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl<'a> Pack<'a> {
    pub(super) fn new(file: &'a File) -> Self {
        Self { zip: ZipWriter::new(Failing { file, failed: false }), files: Vec::new() }
    }

    pub(super) fn add(&mut self, name: &str, from: &mut File) -> io::Result<()> {
        self.zip.start_file(name, options())?;
        let (bytes, sha256) = copy_hashed(from, &mut self.zip)?;
        self.files.push(ManifestFile { name: name.to_owned(), bytes, sha256 });
        Ok(())
    }

    pub(super) fn finish(mut self, made_at: String) -> io::Result<Manifest> {
        let service = env!("CARGO_PKG_VERSION").to_owned();
        let manifest = Manifest { format: FORMAT, service, made_at, files: self.files };
        self.zip.start_file(MANIFEST, options())?;
        serde_json::to_writer_pretty(&mut self.zip, &manifest)?;
        self.zip.finish()?;
        Ok(manifest)
    }
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true)
        .unix_permissions(0o600)
}
