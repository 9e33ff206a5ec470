//! A Parquet file's footer: the columns, and where the values of each row group stand.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use super::{
    fields::columns,
    schema::{Column, Element, Leaf},
    thrift::{Broken, ENDS, Kind, Thrift},
};
use crate::Limits;

/// What the footer says, as far as it is used.
#[derive(Debug, Default)]
pub(super) struct Footer {
    /// The fields at the top of the schema.
    pub(super) columns: Vec<Column>,
    pub(super) groups: Vec<Group>,
}

/// A row group: its rows, column after column.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) rows: u64,
    /// One for each leaf of the schema.
    pub(super) chunks: Vec<Chunk>,
}

/// Where the values of a column in a row group stand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Chunk {
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) codec: i64,
    /// Values, nulls and those of lists counted.
    values: u64,
    encrypted: bool,
}

/// Why a footer cannot be used.
#[derive(Debug)]
pub(super) enum Refused {
    Io(std::io::Error),
    Broken(Broken),
    Limit(String),
    /// No column holds one value a row.
    Nested,
    Encrypted,
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl Footer {
    /// Reads the footer of a file of `length` bytes. Memory grows with its real bytes only.
    pub(super) fn read(file: &mut File, length: u64, limits: &Limits) -> Result<Self, Refused> {
        let mut tail = [0; 8];
        let tail_start = length.checked_sub(8).ok_or(ENDS)?;
        file.seek(SeekFrom::Start(tail_start))?;
        file.read_exact(&mut tail)?;
        let [size @ .., _, _, _, _] = tail;
        match &tail[4..] {
            b"PAR1" => {}
            b"PARE" => return Err(Refused::Encrypted),
            _ => return Err(Broken("it does not end as Parquet does").into()),
        }
        let size = u64::from(u32::from_le_bytes(size));
        if size > u64::from(limits.parquet_footer_bytes) {
            let most = limits.parquet_footer_bytes;
            return Err(Refused::Limit(format!("its footer is larger than {most} bytes")));
        }
        let start = tail_start.checked_sub(size).ok_or(ENDS)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(size).read_to_end(&mut bytes)?;
        let footer = Self::parse(&bytes, limits)?;
        for chunk in footer.groups.iter().flat_map(|group| &group.chunks) {
            if chunk.encrypted {
                return Err(Refused::Encrypted);
            }
            if chunk.start.checked_add(chunk.length).is_none_or(|end| end > start) {
                return Err(Broken("a column goes beyond the end").into());
            }
        }
        Ok(footer)
    }

    fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Refused> {
        let (mut elements, mut groups, mut rows) = (Vec::new(), Vec::new(), None);
        let mut encrypted = false;
        Thrift::new(bytes).fields(|thrift, id, kind| {
            match (id, kind) {
                (2, Kind::List) => {
                    let (length, _) = thrift.list()?;
                    (0..length)
                        .try_for_each(|_| Element::read(thrift).map(|element| elements.push(element)))?;
                }
                (3, Kind::Int) => rows = Some(thrift.int()?),
                (4, Kind::List) => {
                    let (length, _) = thrift.list()?;
                    (0..length).try_for_each(|_| group(thrift).map(|group| groups.push(group)))?;
                }
                (8, _) => {
                    encrypted = true;
                    thrift.skip(kind)?;
                }
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        if encrypted {
            return Err(Refused::Encrypted);
        }
        let (columns, leaves) = columns(elements)?;
        if columns.len() > limits.columns {
            let most = limits.columns;
            return Err(Refused::Limit(format!("it has {} columns; {most} are allowed", columns.len())));
        }
        let leaves_used = || columns.iter().filter_map(|column| column.leaf);
        for group in &groups {
            if group.chunks.len() != leaves {
                return Err(Broken("a row group lacks columns").into());
            }
            let mut chunks = leaves_used().filter_map(|leaf| Some((leaf, group.chunks.get(leaf.index)?)));
            // A list has a place for each of its entries, and one if it has none.
            let differs = |(leaf, chunk): (Leaf, &Chunk)| match leaf.list {
                None => chunk.values != group.rows,
                Some(_) => chunk.values < group.rows,
            };
            if chunks.any(differs) {
                return Err(Broken("a column has not as many values as there are rows").into());
            }
        }
        if leaves_used().all(|leaf| leaf.list.is_some()) {
            return Err(Refused::Nested);
        }
        let sum = groups.iter().try_fold(0_u64, |sum, group| sum.checked_add(group.rows));
        if rows.and_then(|rows| u64::try_from(rows).ok()) != sum {
            return Err(Broken("its row groups do not add up to its rows").into());
        }
        Ok(Self { columns, groups })
    }
}

fn group(thrift: &mut Thrift<'_>) -> Result<Group, Broken> {
    let mut group = Group { rows: 0, chunks: Vec::new() };
    thrift.fields(|thrift, id, kind| match (id, kind) {
        (1, Kind::List) => {
            let (length, _) = thrift.list()?;
            (0..length).try_for_each(|_| chunk(thrift).map(|chunk| group.chunks.push(chunk)))
        }
        (3, Kind::Int) => {
            group.rows = place(thrift.int()?)?;
            Ok(())
        }
        _ => thrift.skip(kind),
    })?;
    Ok(group)
}

fn chunk(thrift: &mut Thrift<'_>) -> Result<Chunk, Broken> {
    let mut chunk = Chunk::default();
    let mut elsewhere = false;
    thrift.fields(|thrift, id, kind| {
        match (id, kind) {
            (1, _) => elsewhere = true,
            (3, Kind::Struct) => return place_of(thrift, &mut chunk),
            (8 | 9, _) => chunk.encrypted = true,
            _ => {}
        }
        thrift.skip(kind)
    })?;
    if elsewhere { Err(Broken("a column stands in another file")) } else { Ok(chunk) }
}

/// The metadata of a column chunk.
fn place_of(thrift: &mut Thrift<'_>, chunk: &mut Chunk) -> Result<(), Broken> {
    let (mut data, mut dictionary) = (0, 0);
    thrift.fields(|thrift, id, kind| {
        match (id, kind) {
            (4, Kind::Int) => chunk.codec = thrift.int()?,
            (5, Kind::Int) => chunk.values = place(thrift.int()?)?,
            (7, Kind::Int) => chunk.length = place(thrift.int()?)?,
            (9, Kind::Int) => data = place(thrift.int()?)?,
            (11, Kind::Int) => dictionary = place(thrift.int()?)?,
            _ => thrift.skip(kind)?,
        }
        Ok(())
    })?;
    // Some writers leave 0 where there is no dictionary.
    chunk.start = if dictionary > 0 { dictionary.min(data) } else { data };
    Ok(())
}

fn place(number: i64) -> Result<u64, Broken> {
    u64::try_from(number).map_err(|_| Broken("a size or place is negative"))
}
