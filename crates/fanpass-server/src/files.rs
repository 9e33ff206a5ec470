//! How many files the process may hold open at a time, connections among them.

use std::io;

use crate::config::Limits;

/// Files that are kept for the storage, uploads and imports; of a limit that is low, half of it.
const RESERVE: usize = 256;

/// Fewer do not let the storage be opened.
const LEAST: usize = 64;

/// Lets this process open as many files as [`Limits::connections`] and the storage need, as far as the system's hard limit goes.
/// For a program that has the process to itself, before it serves; a service under a lower limit takes fewer connections.
///
/// # Errors
///
/// If so few may be open that there would be no service.
pub fn raise_open_files(limits: &Limits) -> io::Result<()> {
    let wanted = limits.connections.saturating_add(RESERVE);
    if let Err(error) = raise(wanted) {
        tracing::warn!(%error, "the system's limit of open files cannot be raised");
    }
    match allowed() {
        Some(files) if files < LEAST => Err(io::Error::other(format!(
            "the system lets this process open {files} files at a time, and the service wants {wanted}, or {LEAST} at least: raise \
             the limit with `ulimit -n {wanted}`"
        ))),
        _ => Ok(()),
    }
}

/// Connections that may be open at a time, so that the storage can always open what it needs.
pub(crate) fn connections(limits: &Limits) -> usize {
    let Some(files) = allowed() else { return limits.connections };
    let most = files.saturating_sub(RESERVE.min(files / 2));
    if most < limits.connections {
        tracing::warn!(
            connections = most,
            files,
            "fewer connections are taken than limits.connections says: the system's limit of open files is too low"
        );
    }
    most.min(limits.connections)
}

#[cfg(unix)]
fn raise(wanted: usize) -> io::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX).min(limit.maximum.unwrap_or(u64::MAX));
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    limit.current = Some(wanted);
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// Files that may be open; absent where there is no limit, or none that is known.
#[cfg(unix)]
fn allowed() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};

    usize::try_from(getrlimit(Resource::Nofile).current?).ok()
}

/// Whether an error says that no more files can be opened.
#[cfg(unix)]
pub(crate) fn are_used_up(error: &io::Error) -> bool {
    use rustix::io::Errno;

    Errno::from_io_error(error).is_some_and(|error| error == Errno::MFILE || error == Errno::NFILE)
}

#[cfg(not(unix))]
fn raise(_: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn allowed() -> Option<usize> {
    None
}

#[cfg(not(unix))]
pub(crate) fn are_used_up(_: &io::Error) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use rustix::io::Errno;

    use crate::store::{StoreError, StoreErrorKind};

    #[test]
    fn want_of_files_is_told_from_other_faults() {
        let kind = |error: Errno| StoreError::io("open", Path::new("spool"), error.into()).kind();
        assert_eq!(
            [Errno::MFILE, Errno::NFILE, Errno::NOSPC, Errno::IO].map(kind),
            [
                StoreErrorKind::OutOfFiles,
                StoreErrorKind::OutOfFiles,
                StoreErrorKind::Full,
                StoreErrorKind::Io
            ]
        );
    }
}
