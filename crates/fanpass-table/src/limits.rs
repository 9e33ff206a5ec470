//! The bounds within which a file is read, so that no file can take the process's memory or disk.

/// Bounds on what is read. A file that reaches one is refused with
/// [`ErrorKind::LimitExceeded`](crate::ErrorKind::LimitExceeded), which names the bound.
///
/// Sizes are bytes. What an archive declares about its own sizes is never believed: real bytes are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Size of a text file, delimited or JSONL, alone, inside a ZIP or unpacked from gzip or zstd. Default: 16 GiB. It
    /// is streamed, so this bounds time, not memory.
    pub text_bytes: u64,
    /// Size of an XLSX file as stored (compressed). Default: 256 MiB.
    pub xlsx_bytes: u64,
    /// Size of an XLS file. Default: 64 MiB (no program writes larger ones: a sheet ends at 65,536 rows).
    pub xls_bytes: u64,
    /// Size of a ZIP file as stored (compressed). Default: 4 GiB.
    pub zip_bytes: u64,
    /// Size of a Parquet file. Default: 16 GiB. Its pages are read one by one.
    pub parquet_bytes: u64,
    /// A Parquet file's footer, which stays in memory. Default: 16 MiB.
    pub parquet_footer_bytes: u32,
    /// Pages and dictionaries of a Parquet file that are in memory at a time: one of each for every column. Default:
    /// 512 MiB.
    pub parquet_page_bytes: usize,
    /// Entries of a ZIP, or parts of an XLSX. Default: 10,000.
    pub entries: usize,
    /// Inflated bytes of one archive, one XLSX, one packed text or one Parquet file, all that is read of it together.
    /// Default: 16 GiB. A file in a ZIP counts on its own besides. The values of a Parquet file count too, stored or not.
    pub inflated_bytes: u64,
    /// Inflated bytes for each stored byte of an entry, packed text or page, counted after its first MiB. Default: 200.
    pub inflation_ratio: u64,
    /// The window of a zstd, text that it may refer back to and that stays in memory while it is unpacked; rounded down
    /// to a power of two. Default: 8 MiB, which all levels of the `zstd` program up to 19 keep.
    pub zstd_window_bytes: u32,
    /// Text of an XLSX's or XLS's shared strings, which stays in memory while its sheet is read. Default: 512 MiB.
    pub shared_string_bytes: usize,
    /// Columns of a row. Default: 16,384, which is Excel's own bound.
    pub columns: usize,
    /// Length of a cell. A longer one is a reject (`cell_too_long`) where it is used. Default: 32 KiB.
    pub cell_bytes: usize,
    /// Length of a row, all cells together. Default: 1 MiB.
    pub record_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes: 16 << 30,
            xlsx_bytes: 256 << 20,
            xls_bytes: 64 << 20,
            zip_bytes: 4 << 30,
            parquet_bytes: 16 << 30,
            parquet_footer_bytes: 16 << 20,
            parquet_page_bytes: 512 << 20,
            entries: 10_000,
            inflated_bytes: 16 << 30,
            inflation_ratio: 200,
            zstd_window_bytes: 8 << 20,
            shared_string_bytes: 512 << 20,
            columns: 16_384,
            cell_bytes: 32 << 10,
            record_bytes: 1 << 20,
        }
    }
}
