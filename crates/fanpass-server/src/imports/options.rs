//! How imports run, and what is kept of them.

use std::num::NonZeroUsize;
use std::time::Duration;

use fanpass_table::{Accepted, Options};

/// How imports run, and what is kept of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    /// Imports that run at the same time. Default: 1.
    pub workers: NonZeroUsize,
    /// Bytes of ids and their sort keys that one import holds in memory: it spills them by halves. Default: 128 MiB.
    pub chunk_bytes: usize,
    /// How long a list given inline that adds or removes waits for imports of its segment that were received earlier,
    /// before it is refused as busy. Default: 30 s.
    pub turn: Duration,
    /// Ids by which a version may differ from a list that another version has too. What adds or removes few ids costs as
    /// much as these instead of a list of its own. Default: 10,000.
    pub delta_max: usize,
    /// Versions of a segment that are kept before the one that is served, to roll back to. Each may cost as much room as
    /// the segment itself. Default: 2.
    pub versions_kept: u32,
    /// Refused rows that are kept of one import, with no more than a KiB of text each on average; all are counted. Default:
    /// 100,000.
    pub rejects_kept: u64,
    /// How long the record of an import is kept after its end, with its refused rows; that of a version that is kept stays
    /// as long as the version. Default: 90 days.
    pub records_kept: Duration,
    /// Bounds on what an uploaded file may unfold to.
    pub files: fanpass_table::Limits,
}

impl ImportOptions {
    /// How an uploaded file is read. The API documents CSV, XLSX, XLS and ZIP: other formats are refused, so that no
    /// client comes to rely on what another FanPass does not take.
    pub(super) fn reading(&self) -> Options {
        let mut options = Options::default();
        options.accepted = Accepted::TextAndWorkbooks;
        options.limits = self.files.clone();
        options
    }
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            workers: NonZeroUsize::MIN,
            chunk_bytes: 128 << 20,
            turn: Duration::from_secs(30),
            delta_max: 10_000,
            versions_kept: 2,
            rejects_kept: 100_000,
            records_kept: Duration::from_hours(24 * 90),
            files: fanpass_table::Limits::default(),
        }
    }
}
