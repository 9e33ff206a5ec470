//! One page of a column chunk: its header, and its bytes unpacked within bounds.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use super::{
    footer::Chunk,
    thrift::{Broken, ENDS, Kind, Thrift},
};
use crate::{
    Limits,
    archive::{FREE_BYTES, TOO_DENSE, TOO_LARGE},
    metered::reached,
};

/// A header holds the least and greatest value of its page, which writers cut short.
const HEADER_MAX: u64 = 1 << 20;

/// Bytes in which nearly every header ends.
const HEADER_USUAL: u64 = 512;

/// Bytes of memory for stored pages that are kept from page to page.
const SCRATCH_KEPT: usize = 4 << 20;

/// What a page's header says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Header {
    pub(super) kind: i64,
    packed: usize,
    unpacked: usize,
    sum: Option<i64>,
    pub(super) values: u64,
    pub(super) encoding: i64,
    /// How levels are encoded in pages of the first kind.
    pub(super) level_encoding: i64,
    pub(super) repetition_encoding: i64,
    /// Bytes of levels that stand before the values of a page of the second kind, never packed.
    pub(super) repetition: usize,
    pub(super) definition: usize,
    is_plain: bool,
}

pub(super) const DATA: i64 = 0;
pub(super) const DICTIONARY: i64 = 2;
pub(super) const DATA_2: i64 = 3;

/// What may still be read of a file, and held of it at a time.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes that may still come out of pages.
    pub(super) left: u64,
    /// Bytes of pages in memory, and how many there may be.
    pub(super) held: usize,
    most_held: usize,
    ratio: u64,
    /// The stored bytes of a page; reused.
    scratch: Vec<u8>,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            left: limits.inflated_bytes,
            held: 0,
            most_held: limits.parquet_page_bytes,
            ratio: limits.inflation_ratio,
            scratch: Vec::new(),
        }
    }

    /// Counts bytes or values that were read.
    pub(super) fn spend(&mut self, count: u64) -> io::Result<()> {
        self.left = self.left.checked_sub(count).ok_or_else(|| reached(TOO_LARGE))?;
        Ok(())
    }

    /// Counts bytes that stay in memory.
    pub(super) fn hold(&mut self, bytes: usize) -> io::Result<()> {
        self.held = self.held.saturating_add(bytes);
        self.check(0)
    }

    fn check(&self, more: usize) -> io::Result<()> {
        if self.held.saturating_add(more) <= self.most_held {
            return Ok(());
        }
        Err(reached(format!(
            "its pages take more than {} bytes of memory; write it with smaller pages or fewer columns",
            self.most_held
        )))
    }
}

pub(super) fn damaged(broken: Broken) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, broken.0)
}

/// Reads the header at the beginning of what is left of a chunk, and moves behind it.
pub(super) fn header(file: &mut File, chunk: &mut Chunk) -> io::Result<Header> {
    let mut length = HEADER_USUAL;
    loop {
        let length_read = length.min(chunk.length);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(chunk.start))?;
        file.take(length_read).read_to_end(&mut bytes)?;
        let mut thrift = Thrift::new(&bytes);
        match parse(&mut thrift) {
            Ok(header) => {
                let read = u64::try_from(bytes.len() - thrift.left()).unwrap_or(u64::MAX);
                chunk.start += read;
                chunk.length -= read;
                return Ok(header);
            }
            Err(ENDS) if length_read == length && length < HEADER_MAX => length *= 8,
            Err(broken) => return Err(damaged(broken)),
        }
    }
}

fn parse(thrift: &mut Thrift<'_>) -> Result<Header, Broken> {
    let mut header = Header { kind: -1, ..Header::default() };
    thrift.fields(|thrift, id, kind| {
        match (id, kind) {
            (1, Kind::Int) => header.kind = thrift.int()?,
            (2, Kind::Int) => header.unpacked = size(thrift)?,
            (3, Kind::Int) => header.packed = size(thrift)?,
            (4, Kind::Int) => header.sum = Some(thrift.int()?),
            // Data, dictionary, and data of the second kind; only one of them is there.
            (5 | 7 | 8, Kind::Struct) => thrift.fields(|thrift, inner, kind| {
                match (id, inner, kind) {
                    (_, 1, Kind::Int) => header.values = size(thrift)?.try_into().unwrap_or(u64::MAX),
                    (5 | 7, 2, Kind::Int) | (8, 4, Kind::Int) => header.encoding = thrift.int()?,
                    (5, 3, Kind::Int) => header.level_encoding = thrift.int()?,
                    (5, 4, Kind::Int) => header.repetition_encoding = thrift.int()?,
                    (8, 5, Kind::Int) => header.definition = size(thrift)?,
                    (8, 6, Kind::Int) => header.repetition = size(thrift)?,
                    (8, 7, Kind::Bool(packed)) => header.is_plain = !packed,
                    _ => thrift.skip(kind)?,
                }
                Ok(())
            })?,
            _ => thrift.skip(kind)?,
        }
        Ok(())
    })?;
    Ok(header)
}

fn size(thrift: &mut Thrift<'_>) -> Result<usize, Broken> {
    let size = i32::try_from(thrift.int()?).ok().and_then(|size| usize::try_from(size).ok());
    size.ok_or(Broken("a page has an impossible size"))
}

/// Reads the page behind its header and moves the chunk behind it.
pub(super) fn body(
    file: &mut File,
    chunk: &mut Chunk,
    header: &Header,
    budget: &mut Budget,
) -> io::Result<Vec<u8>> {
    let stored = u64::try_from(header.packed).unwrap_or(u64::MAX);
    chunk.length = chunk.length.checked_sub(stored).ok_or_else(|| damaged(ENDS))?;
    budget.check(header.packed)?;
    budget.scratch.clear();
    file.seek(SeekFrom::Start(chunk.start))?;
    file.take(stored).read_to_end(&mut budget.scratch)?;
    chunk.start += stored;
    if budget.scratch.len() != header.packed {
        return Err(damaged(ENDS));
    }
    if header.sum.is_some_and(|sum| sum.to_le_bytes()[..4] != crc32fast::hash(&budget.scratch).to_le_bytes())
    {
        return Err(damaged(Broken("the checksum of a page does not hold")));
    }
    let unpacked = u64::try_from(header.unpacked).unwrap_or(u64::MAX);
    if unpacked > stored.saturating_mul(budget.ratio).saturating_add(FREE_BYTES) {
        return Err(reached(TOO_DENSE));
    }
    budget.spend(stored)?;
    budget.spend(unpacked)?;
    budget.spend(header.values)?;
    budget.check(header.unpacked.saturating_add(header.packed))?;
    // Levels of a page of the second kind stand before what is packed.
    let levels = header.definition.saturating_add(header.repetition);
    let scratch = &budget.scratch;
    let (plain, packed) = scratch.split_at_checked(levels).ok_or_else(|| damaged(ENDS))?;
    let mut page = vec![0; header.unpacked];
    let (kept, out) = page.split_at_mut_checked(levels).ok_or_else(|| damaged(ENDS))?;
    kept.copy_from_slice(plain);
    let codec = if header.is_plain { 0 } else { chunk.codec };
    if unpack(codec, packed, out)? != out.len() {
        return Err(damaged(Broken("a page is shorter than it says")));
    }
    if budget.scratch.capacity() > SCRATCH_KEPT {
        budget.scratch = Vec::new();
    }
    Ok(page)
}

/// Unpacks into the whole of `out` and returns how much there was.
fn unpack(codec: i64, packed: &[u8], out: &mut [u8]) -> io::Result<usize> {
    let bad = || damaged(Broken("a page cannot be unpacked"));
    match codec {
        0 if packed.len() == out.len() => {
            out.copy_from_slice(packed);
            Ok(out.len())
        }
        0 => Err(damaged(Broken("a page has not the size it says"))),
        // Nothing but nulls: some writers pack no bytes to no bytes.
        _ if packed.is_empty() => Ok(0),
        1 => snap::raw::Decoder::new().decompress(packed, out).map_err(|_| bad()),
        2 => {
            let mut reader = flate2::bufread::MultiGzDecoder::new(packed);
            reader.read_exact(out)?;
            // Reading on to the end checks the sum.
            let more = reader.read(&mut [0])?;
            Ok(out.len() + more)
        }
        6 => zstd::bulk::Decompressor::new()?.decompress_to_buffer(packed, out).map_err(|_| bad()),
        7 => lz4_flex::block::decompress_into(packed, out).map_err(|_| bad()),
        _ => Err(damaged(Broken("a page is packed in an unknown way"))),
    }
}

/// Why a codec is not read; `None` if it is.
pub(super) fn foreign_codec(codec: i64) -> Option<&'static str> {
    match codec {
        0 | 1 | 2 | 6 | 7 => None,
        3 => Some("LZO"),
        4 => Some("Brotli"),
        5 => Some("LZ4 in Hadoop's framing"),
        _ => Some("an unknown codec"),
    }
}
