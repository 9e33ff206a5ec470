//! What must hold of a database's write-ahead log: that SQLite reads all of it that was committed. Where it would not, nobody
//! opens the database to write, which goes on where SQLite stops and over what stands behind.
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

use super::contents::refuse_lost;
use super::database::{Design, open_writer};
use super::error::{StoreError, StoreErrorKind};
use super::folder::DataFolder;
use super::writer::UNSYNCED_MAX;
use super::{SEGMENTS, SERVICE};
use chain::{Chain, FRAME_HEADER_BYTES, Frame, HEADER_BYTES, Pair};

const BUFFER_BYTES: usize = 256 << 10;
/// Commits at most behind the gap that a failure of the machine leaves: those that were to be made durable together, one that
/// makes them so among them. Nobody was told that they are done.
const TORN_COMMITS_MAX: u64 = UNSYNCED_MAX + 1;
/// Looks at most at a log that a service writes meanwhile.
const LOOKS_MAX: u32 = 5;

/// Refuses a folder of whose databases one has a log with acknowledged commits behind damage: they would be lost without a
/// word. What may as well be left of a failure of the machine gets a word in the log of the service.
pub(super) fn refuse_damaged(data: &Path, designs: &[&Design]) -> Result<(), StoreError> {
    let (damaged, torn): (Vec<_>, Vec<_>) =
        broken(data, designs)?.into_iter().partition(|(_, broken)| broken.is_damage());
    for (design, broken) in torn.iter().filter(|(_, broken)| broken.commits > 0) {
        tracing::warn!(
            place = broken.place(design),
            commits = broken.commits,
            "the end of a log is passed over: it has a gap, as a failure of the machine (power) leaves it in what nobody was told \
             is done; if there was none, look at the disk and run fanpass fsck"
        );
    }
    if damaged.is_empty() {
        return Ok(());
    }
    let places: Vec<_> = damaged
        .iter()
        .map(|(design, broken)| format!("{} (commits behind it: {})", broken.place(design), broken.commits))
        .collect();
    let message = format!(
        "`{}` is left as it is: it is damaged in {}, where SQLite stops reading, and what is behind would be lost without a word; \
         copy the folder as it is, then restore a snapshot (fanpass restore FILE --replace), or go on without those commits \
         (fanpass serve --accept-damaged-log)",
        data.display(),
        places.join(" and ")
    );
    Err(StoreError::new(StoreErrorKind::Corrupt, message))
}

/// Gives up the commits that stand behind damage in logs of the data folder at `data`, on which a service would not be started:
/// what stands before is moved into the databases, and the logs are removed. The log of the service tells how many they were. Blocks.
///
/// # Errors
/// [`StoreErrorKind::Locked`] when a service runs on the folder, [`StoreErrorKind::Corrupt`], [`StoreErrorKind::Full`],
/// [`StoreErrorKind::Io`].
pub fn give_up_damaged_logs(data: &Path) -> Result<(), StoreError> {
    let folder = DataFolder::open(data)?;
    refuse_lost(data)?;
    for (design, broken) in
        broken(data, &[&SEGMENTS, &SERVICE])?.into_iter().filter(|(_, broken)| broken.is_damage())
    {
        tracing::warn!(
            place = broken.place(design),
            commits = broken.commits,
            "the end of a damaged log is given up"
        );
        // The last connection that is closed moves and removes the log.
        drop(open_writer(design, &folder.file(design.file))?);
    }
    Ok(())
}

/// The logs that SQLite does not read to their end.
fn broken<'a>(data: &Path, designs: &[&'a Design]) -> Result<Vec<(&'a Design, Broken)>, StoreError> {
    let mut broken = Vec::new();
    for design in designs {
        let found = look(data, design, false);
        let found = found.map_err(|error| StoreError::io("read", &data.join(design.log()), error))?;
        broken.extend(found.map(|found| (*design, found)));
    }
    Ok(broken)
}

/// Where SQLite stops reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    /// The salts of the log, which change when it is begun again.
    salts: Pair,
    /// The frame, counted from 1; 0 is the header.
    frame: u64,
    /// Commits behind it whose last frame is whole. Without any it is as a write that was cut off leaves it; with a few, as a
    /// failure of the machine may.
    pub(super) commits: u64,
}

impl Broken {
    /// Whether more is lost than a failure of the machine can take, which leaves the header as it was or as it is to be.
    pub(super) fn is_damage(&self) -> bool {
        let most = if self.frame == 0 { 0 } else { TORN_COMMITS_MAX };
        self.commits > most
    }

    /// Where it is in the log of a database.
    pub(super) fn place(&self, design: &Design) -> String {
        match self.frame {
            0 => format!("{}, header", design.log()),
            frame => format!("{}, frame {frame}", design.log()),
        }
    }
}

/// Looks through the log of a database, if there is one, before anybody opens that. What a running service has half written is
/// not what is looked for.
pub(super) fn look(data: &Path, design: &Design, in_use: bool) -> io::Result<Option<Broken>> {
    let look = || match File::open(data.join(design.log())) {
        Ok(log) => scan(BufReader::with_capacity(BUFFER_BYTES, log), design.page_size),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
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
