//! The exit codes: one table for the process, its help and the documentation.

use std::fmt;
use std::process::ExitCode;

/// How a command ended, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    Failed,
    Usage,
    Rejects,
    Denied,
    NotFound,
    Refused,
    Unreachable,
    ImportFailed,
    Mismatch,
    Guarded,
    Unverified,
    Damaged,
    Incomplete,
    Interrupted,
}

impl Exit {
    pub const ALL: [Self; 15] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Rejects,
        Self::Denied,
        Self::NotFound,
        Self::Refused,
        Self::Unreachable,
        Self::ImportFailed,
        Self::Mismatch,
        Self::Guarded,
        Self::Unverified,
        Self::Damaged,
        Self::Incomplete,
        Self::Interrupted,
    ];

    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Rejects => 3,
            Self::Denied => 4,
            Self::NotFound => 5,
            Self::Refused => 6,
            Self::Unreachable => 7,
            Self::ImportFailed => 8,
            Self::Mismatch => 9,
            Self::Guarded => 10,
            Self::Unverified => 11,
            Self::Damaged => 12,
            Self::Incomplete => 13,
            Self::Interrupted => 130,
        }
    }

    /// What it is once something was sent: an end that says that nothing was is one in the middle then.
    pub const fn once_sent(self) -> Self {
        match self {
            Self::Failed | Self::Usage | Self::Denied | Self::NotFound | Self::Refused => Self::Incomplete,
            other => other,
        }
    }

    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, every row accounted for and none rejected",
            Self::Failed => "something unexpected failed; the message says what",
            Self::Usage => "the command line, a profile or a setting is wrong",
            Self::Rejects => "done, but rows were rejected; the rest is in",
            Self::Denied => "no token, or one that is expired, revoked or not allowed to do this",
            Self::NotFound => "no segment, import, user or token by that name",
            Self::Refused => "the input or the request is not acceptable; nothing was changed",
            Self::Unreachable => "the service did not answer, or not in time; try again",
            Self::ImportFailed => "the import failed; the segment is as it was",
            Self::Mismatch => "the counts do not add up; look before you trust the segment",
            Self::Guarded => "a guard forbids it; nothing was sent: look, then allow it by name",
            Self::Unverified => {
                "done as far as the service tells; it did not tell enough to account for every row"
            }
            Self::Damaged => "the data folder is damaged; each finding says what to do next",
            Self::Incomplete => "stopped in the middle of a file or of several feeds; what was sent is in",
            Self::Interrupted => "interrupted by Ctrl-C, a termination signal, or the end of the session",
        }
    }

    /// The table as help shows it.
    pub fn table() -> String {
        use fmt::Write;
        Self::ALL.iter().fold("Exit codes:\n".to_owned(), |mut table, exit| {
            // Writing to a String cannot fail.
            let _ = writeln!(table, "  {:>3}  {}", exit.code(), exit.meaning());
            table
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
