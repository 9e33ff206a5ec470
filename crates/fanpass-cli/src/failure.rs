//! What a command that could not do its work says, and which exit code that gets.

use std::fmt;
use std::io;
use std::path::Path;

use fanpass_client::ErrorKind as ClientErrorKind;
use fanpass_model::ProblemItem;
use fanpass_server::store::{StoreError, StoreErrorKind};
use fanpass_server::{ServiceError, ServiceErrorKind};

use crate::exit::Exit;

/// An error of the tool's own making: its message says what happened, where, and what to do next.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    message: String,
    items: Vec<ProblemItem>,
}

/// What an error is put into behind which something is with the service already.
#[derive(Debug)]
pub enum Incomplete {
    /// It ended the reading of a file.
    File,
    /// It ended one feed of several.
    Feeds,
    /// It kept what became of what was sent from being written down.
    Account,
}

impl Incomplete {
    /// The error, put into what it has ended, unless it is the account.
    pub fn by(self, error: anyhow::Error) -> anyhow::Error {
        use fanpass_sync::ErrorKind::{Io, Ledger};
        let is_of_account = kinds_of(&error).any(|kind| matches!(kind, Io | Ledger));
        error.context(if is_of_account { Self::Account } else { self })
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "the rest of the file was not sent",
            Self::Feeds => "not all feeds were sent",
            Self::Account => "what was sent is in, and not all of it could be written down",
        })
    }
}

/// The feed of a configuration that an error is about.
#[derive(Debug)]
pub struct OfFeed(pub String);

impl fmt::Display for OfFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "feed {}", self.0)
    }
}

/// An error of that message, which ends the process with that exit code.
pub fn failure(exit: Exit, message: impl Into<String>) -> anyhow::Error {
    Failure { exit, message: message.into(), items: Vec::new() }.into()
}

/// An error that says in words of its own what a service refused, and keeps each thing that was wrong for programs.
pub fn refusal(message: impl Into<String>, items: &[ProblemItem]) -> anyhow::Error {
    Failure { exit: Exit::Refused, message: message.into(), items: items.to_vec() }.into()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

fn kinds_of(error: &anyhow::Error) -> impl Iterator<Item = fanpass_sync::ErrorKind> {
    error.chain().filter_map(|cause| Some(cause.downcast_ref::<fanpass_sync::SyncError>()?.kind()))
}

/// Names the ledger at `path` in front of an error of its.
pub fn at_ledger(path: &Path) -> impl Fn(anyhow::Error) -> anyhow::Error {
    move |error| {
        if !kinds_of(&error).any(|kind| kind == fanpass_sync::ErrorKind::Ledger) {
            return error;
        }
        let message = format!("ledger {}: {error}", path.display());
        error.context(message)
    }
}

/// The exit code of an error, from the outermost cause that has one.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if error.is::<Incomplete>() {
        return Exit::Incomplete;
    }
    error.chain().find_map(exit_of_cause).unwrap_or(Exit::Failed)
}

fn exit_of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return Some(failure.exit);
    }
    if let Some(error) = cause.downcast_ref::<fanpass_client::Error>() {
        return Some(exit_of_client(error.kind()));
    }
    if let Some(error) = cause.downcast_ref::<ServiceError>() {
        return match error.kind() {
            ServiceErrorKind::Locked => Some(Exit::Unreachable),
            // Its cause tells: a damaged folder is something else than a disk that fails.
            ServiceErrorKind::Storage => None,
            _ => Some(Exit::Failed),
        };
    }
    if let Some(error) = cause.downcast_ref::<StoreError>() {
        return Some(match error.kind() {
            StoreErrorKind::Locked | StoreErrorKind::Busy => Exit::Unreachable,
            StoreErrorKind::NotFound | StoreErrorKind::Conflict | StoreErrorKind::Corrupt => Exit::Refused,
            _ => Exit::Failed,
        });
    }
    if let Some(error) = cause.downcast_ref::<fanpass_sync::SyncError>()
        && error.kind() == fanpass_sync::ErrorKind::LedgerBusy
    {
        return Some(Exit::Unreachable);
    }
    let no_file = [io::ErrorKind::NotFound, io::ErrorKind::IsADirectory];
    if cause.downcast_ref::<io::Error>().is_some_and(|error| no_file.contains(&error.kind())) {
        return Some(Exit::Refused);
    }
    if cause.is::<fanpass_sync::SyncError>()
        || cause.is::<fanpass_table::TableError>()
        || cause.is::<fanpass_model::ModelError>()
    {
        return Some(Exit::Refused);
    }
    None
}

/// The exit code of a call that failed.
pub fn exit_of_client(kind: ClientErrorKind) -> Exit {
    match kind {
        ClientErrorKind::Unauthorized | ClientErrorKind::Forbidden => Exit::Denied,
        ClientErrorKind::NotFound => Exit::NotFound,
        ClientErrorKind::Transport
        | ClientErrorKind::RateLimited
        | ClientErrorKind::Unavailable
        | ClientErrorKind::Server
        | ClientErrorKind::TimedOut => Exit::Unreachable,
        ClientErrorKind::Configuration => Exit::Usage,
        ClientErrorKind::UnexpectedAnswer => Exit::Failed,
        _ => Exit::Refused,
    }
}

/// Each thing that a service found wrong, where that is why a command failed.
pub fn items_of(error: &anyhow::Error) -> &[ProblemItem] {
    error.chain().find_map(items_of_cause).unwrap_or_default()
}

fn items_of_cause<'e>(cause: &'e (dyn std::error::Error + 'static)) -> Option<&'e [ProblemItem]> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return Some(&failure.items);
    }
    let problem = cause.downcast_ref::<fanpass_client::Error>()?.problem()?;
    Some(&problem.errors)
}

/// The option, or the member of a feed, that settles what a file leaves open, where to look for an id, or how more files can be
/// opened, where there is such.
pub fn hint_of(error: &anyhow::Error) -> Option<&'static str> {
    use fanpass_table::ErrorKind as Kind;
    if error.chain().any(|cause| cause.downcast_ref().is_some_and(is_of_no_import)) {
        return Some("`fanpass segments imports` lists them");
    }
    if error.chain().any(|cause| cause.downcast_ref().is_some_and(wants_files)) {
        return Some("`ulimit -n` tells how many files may be open at a time; `ulimit -n 1280` allows more");
    }
    let kind = error.chain().find_map(|cause| match cause.downcast_ref::<fanpass_sync::SyncError>() {
        Some(error) => match error.kind() {
            fanpass_sync::ErrorKind::Table(kind) => Some(kind),
            _ => None,
        },
        None => cause.downcast_ref::<fanpass_table::TableError>().map(fanpass_table::TableError::kind),
    })?;
    let of_feed = error.is::<OfFeed>();
    Some(match kind {
        Kind::AmbiguousColumn | Kind::UnknownColumn if of_feed => {
            "id = \"NAME\" in the feed, or \"#N\" where several columns have that name"
        }
        Kind::AmbiguousColumn | Kind::UnknownColumn => {
            "--id NAME, or --id '#N' where several columns have that name"
        }
        Kind::AmbiguousSheet | Kind::UnknownSheet if of_feed => "read = { sheet = \"NAME\" } in the feed",
        Kind::AmbiguousSheet | Kind::UnknownSheet => "--sheet NAME",
        Kind::AmbiguousDelimiter if of_feed => "read = { delimiter = \"CHAR\" } in the feed",
        Kind::AmbiguousDelimiter => "--delimiter CHAR",
        Kind::AmbiguousStart if of_feed => "read = { skip-rows = N } in the feed",
        Kind::AmbiguousStart => "--skip-rows N",
        Kind::AmbiguousHeader if of_feed => "read = { header = true } in the feed, or false",
        Kind::AmbiguousHeader => "--header present, or --header absent",
        _ => return None,
    })
}

/// Whether no more files can be opened, by this process or by any: `EMFILE` and `ENFILE`, the same numbers on every Unix.
fn wants_files(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// Whether it is about an import that a service does not know.
fn is_of_no_import(error: &fanpass_client::Error) -> bool {
    let path = error.operation().map_or("", |operation| operation.path);
    error.kind() == ClientErrorKind::NotFound && path.contains("import")
}

/// Whether the reader of our output went away, as `head` does; that is no failure of ours. A service that did is one.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    if error.chain().any(<dyn std::error::Error>::is::<fanpass_client::Error>) {
        return false;
    }
    let kind_of = |cause: &(dyn std::error::Error + 'static)| {
        let written = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        // One of JSON keeps the error of its writer to itself.
        written.or_else(|| cause.downcast_ref::<serde_json::Error>()?.io_error_kind())
    };
    error.chain().filter_map(kind_of).any(|kind| kind == io::ErrorKind::BrokenPipe)
}
