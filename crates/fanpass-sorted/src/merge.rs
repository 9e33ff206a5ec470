//! The merge of sorted runs, and of a sorted chunk in memory, into one order.

use std::io;
use std::path::Path;

use crate::SortError;
use crate::chunk::{Chunk, prefix, shared_prefix};
use crate::run::{Run, RunReader};

/// Bytes of one run's buffer at most; larger ones read no faster.
const BUFFER_BYTES: usize = 256 << 10;
/// Bytes of one run's buffer at least; smaller ones cost more calls than they save memory.
const BUFFER_BYTES_MIN: usize = 4 << 10;

/// Gives each id of all runs and of the sorted chunk once, ascending, until `emit` fails. `folder` is where the runs lie, for
/// errors; all their buffers together take about `memory` bytes.
pub(super) fn merge<E: From<SortError>>(
    folder: &Path,
    runs: Vec<Run>,
    chunk: Chunk,
    memory: usize,
    mut emit: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |error| SortError::new("read a temporary file in", folder, error);
    let buffer = (memory / runs.len().max(1)).clamp(BUFFER_BYTES_MIN, BUFFER_BYTES);
    let begin = chunk.shared();
    let shared = runs.iter().map(|run| shared_prefix(&run.shared, begin)).min().unwrap_or(begin.len());
    let mut sources: Vec<_> = runs.into_iter().map(|run| Source::Run(RunReader::new(run, buffer))).collect();
    sources.push(Source::Chunk { chunk, place: 0 });
    let mut tournament = Tournament::begin(sources, shared).map_err(failed)?;
    let mut last = (0, Vec::new());
    while let Some(head) = tournament.first() {
        // Ids are not empty, so the first one differs from `last`.
        if head.prefix != last.0 || head.id != last.1 {
            emit(&head.id)?;
            last.0 = head.prefix;
            std::mem::swap(&mut head.id, &mut last.1);
        }
        tournament.advance().map_err(failed)?;
    }
    Ok(())
}

/// Where sorted ids come from.
#[derive(Debug)]
enum Source {
    Run(RunReader),
    Chunk { chunk: Chunk, place: usize },
}

/// A source and its next id.
#[derive(Debug)]
struct Head {
    source: Source,
    /// Bytes that all ids of all sources begin with.
    shared: usize,
    id: Vec<u8>,
    /// The eight bytes behind those, which decide nearly all comparisons.
    prefix: u64,
    ended: bool,
}

impl Head {
    /// Takes the next id, if there is one.
    fn advance(&mut self) -> io::Result<()> {
        self.ended = match &mut self.source {
            Source::Run(run) => !run.next_id(&mut self.id)?,
            Source::Chunk { chunk, place } => {
                let next = chunk.get(*place);
                *place += 1;
                self.id.clear();
                self.id.extend_from_slice(next.unwrap_or_default());
                next.is_none()
            }
        };
        self.prefix =
            if self.ended { u64::MAX } else { prefix(self.id.get(self.shared..).unwrap_or_default()) };
        Ok(())
    }

    fn is_before(&self, other: &Self) -> bool {
        if self.prefix == other.prefix {
            !self.ended && (other.ended || self.id < other.id)
        } else {
            self.prefix < other.prefix
        }
    }
}

/// A tournament of sources: the one with the least id has won. In each match below, the loser is remembered, so that with
/// the winner's next id only those on its way up have to be met again.
#[derive(Debug)]
struct Tournament {
    heads: Vec<Head>,
    /// The loser of each match; the two below match `n` are `2n` and `2n + 1`, and behind the matches come the sources.
    losers: Vec<usize>,
    winner: usize,
}

impl Tournament {
    fn begin(sources: Vec<Source>, shared: usize) -> io::Result<Self> {
        let head = |source| {
            let mut head = Head { source, shared, id: Vec::new(), prefix: 0, ended: false };
            head.advance().map(|()| head)
        };
        let heads = sources.into_iter().map(head).collect::<io::Result<Vec<_>>>()?;
        let count = heads.len();
        let mut losers = vec![0; count];
        let mut winners: Vec<_> = (0..count).chain(0..count).collect();
        for game in (1..count).rev() {
            let (one, other) = (winners[2 * game], winners[2 * game + 1]);
            let first = heads[one].is_before(&heads[other]);
            (winners[game], losers[game]) = if first { (one, other) } else { (other, one) };
        }
        let winner = winners.get(1).copied().unwrap_or_default();
        Ok(Self { heads, losers, winner })
    }

    /// The source with the least id, while there is one.
    fn first(&mut self) -> Option<&mut Head> {
        self.heads.get_mut(self.winner).filter(|head| !head.ended)
    }

    /// Takes the winner's next id and finds the new winner.
    fn advance(&mut self) -> io::Result<()> {
        let Self { heads, losers, winner } = self;
        heads[*winner].advance()?;
        let mut game = usize::midpoint(*winner, heads.len());
        while game > 0 {
            if heads[losers[game]].is_before(&heads[*winner]) {
                std::mem::swap(&mut losers[game], winner);
            }
            game /= 2;
        }
        Ok(())
    }
}
