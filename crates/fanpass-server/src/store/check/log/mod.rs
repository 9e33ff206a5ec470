//! What must hold of a database's write-ahead log: that SQLite reads all of it that was committed.
//!
//! SQLite stops at the first frame whose checksum does not match, as a write that was cut off leaves one, and is silent about
//! what stands behind. The form of the log is documented at <https://sqlite.org/fileformat2.html#walformat>: a header, then
//! frames of a header and a page each. Both headers hold the log's salts, and a checksum that goes on from the one before.

mod chain;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::Check;
use crate::store::database::Design;
use chain::{Chain, FRAME_HEADER_BYTES, Frame, HEADER_BYTES, Pair};

const BUFFER_BYTES: usize = 256 << 10;
/// Looks at most at a log that a service writes meanwhile.
const LOOKS_MAX: u32 = 5;

/// What helps against a damaged log of a database that is not made of another.
pub(super) const RESTORE: &str = "copy the folder as it is, before a service starts on it; if the machine itself failed (power), \
     what was being written was never acknowledged, and a start goes on without it; otherwise restore a snapshot: \
     fanpass restore FILE --replace";

/// Looks through the log of a database, before anybody opens that: SQLite might write over what is behind the damage.
pub(super) fn check(check: &mut Check, data: &Path, design: &Design, next: &str) {
    let name = format!("{}-wal", design.file);
    let broken = match find(&data.join(&name), design.page_size, check.in_use) {
        Ok(Some(broken)) => broken,
        Ok(None) => return,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return check.damage(name, format!("it cannot be read further: {error}"), next),
    };
    let place = match broken.frame {
        0 => format!("{name}, header"),
        frame => format!("{name}, frame {frame}"),
    };
    if broken.commits > 0 {
        let commits = broken.commits;
        let what = format!("it is damaged, and SQLite reads no further; commits behind it: {commits}");
        check.damage(place, what, next);
    } else if !check.in_use {
        let what = "SQLite reads no further: a write was cut off, or the last commit is damaged";
        let next = format!("nothing if the service was killed: it was never acknowledged; otherwise {next}");
        check.notice(place, what, next);
    }
}

/// Where SQLite stops reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Broken {
    /// The salts of the log, which change when it is begun again.
    salts: Pair,
    /// The frame, counted from 1; 0 is the header.
    frame: u64,
    /// Commits behind it whose last frame is whole.
    commits: u64,
}

/// As [`scan`]; what a running service has half written is not what is looked for.
fn find(path: &Path, page_size: u32, in_use: bool) -> io::Result<Option<Broken>> {
    let look =
        || File::open(path).and_then(|log| scan(BufReader::with_capacity(BUFFER_BYTES, log), page_size));
    let mut found = look()?;
    if !in_use {
        return Ok(found);
    }
    for _ in 1..LOOKS_MAX {
        let Some(before) = found else { return Ok(None) };
        found = look()?;
        if found.is_some_and(|now| (now.salts, now.frame) == (before.salts, before.frame)) {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Reads a log as SQLite does, and on to its end. `page_size` is that of the database, for a log whose header is damaged.
fn scan(mut log: impl Read, page_size: u32) -> io::Result<Option<Broken>> {
    let mut bytes = vec![0; HEADER_BYTES];
    if !fill(&mut log, &mut bytes)? {
        return Ok(None);
    }
    let mut chain = Chain::begin(&bytes, page_size);
    let (mut broken, mut of_this_log, mut number) = (None, false, 0);
    bytes.resize(FRAME_HEADER_BYTES + chain.page_bytes, 0);
    while fill(&mut log, &mut bytes)? {
        number += 1;
        if number == 1 && !chain.is_whole {
            chain.salts = Frame::read(&bytes).salts;
            (broken, of_this_log) = (Some(Broken { salts: chain.salts, frame: 0, commits: 0 }), true);
        }
        let frame = Frame::read(&bytes);
        let (follows, ours) = (chain.takes(&frame), frame.salts == chain.salts);
        match &mut broken {
            None if follows && ours => {}
            None => {
                // What is neither is left from before the log was begun again.
                of_this_log = follows || ours;
                broken = Some(Broken { salts: chain.salts, frame: number, commits: 0 });
            }
            Some(broken) => {
                of_this_log |= ours;
                broken.commits += u64::from(follows && ours && frame.commits);
            }
        }
    }
    Ok(broken.filter(|broken| of_this_log || broken.commits > 0))
}

/// Fills the buffer; false where the rest of the file does not.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
