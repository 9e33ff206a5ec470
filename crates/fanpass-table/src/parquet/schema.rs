//! A Parquet file's schema: which columns are flat, and what their values are.

use super::thrift::{Broken, Kind, Thrift};

/// A field at the top of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// `None` if it is a map, a structure or a list of those.
    pub(super) leaf: Option<Leaf>,
}

/// A field that holds one value a row, or a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Which of the leaves of the whole schema it is.
    pub(super) index: usize,
    /// It may be null.
    pub(super) optional: bool,
    pub(super) list: Option<List>,
    pub(super) physical: Physical,
    pub(super) logical: Logical,
}

/// What the definition levels of a list say: how much of the way to a value is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct List {
    /// From here on there is a list, if an empty one.
    pub(super) there: u64,
    /// From here on it has the entry.
    pub(super) entry: u64,
    /// Here the entry is no null; the greatest level.
    pub(super) value: u64,
}

/// How values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Physical {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    Fixed(usize),
}

impl Physical {
    /// Bytes of a value, where all have as many.
    pub(super) fn width(self) -> Option<usize> {
        match self {
            Self::Int32 | Self::Float => Some(4),
            Self::Int64 | Self::Double => Some(8),
            Self::Int96 => Some(12),
            Self::Fixed(width) => Some(width),
            Self::Boolean | Self::Bytes => None,
        }
    }
}

/// What values mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    /// What the physical type says.
    Plain,
    Unsigned,
    Date,
    /// A time of day, or a point in time that is stored in an old way.
    Time,
    /// A point in time, in so many units of a second.
    Timestamp(i64),
    Decimal(i64),
    Uuid,
    /// Said of the structure around the entries of a list.
    List,
    /// Something that has no one text.
    Other,
}

pub(super) const OPTIONAL: i64 = 1;
pub(super) const REPEATED: i64 = 2;

/// An entry of the schema, which is a tree in depth-first order.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) children: usize,
    pub(super) repetition: i64,
    pub(super) physical: Option<i64>,
    length: i64,
    converted: Option<i64>,
    scale: i64,
    pub(super) logical: Option<Logical>,
}

impl Element {
    pub(super) fn read(thrift: &mut Thrift<'_>) -> Result<Self, Broken> {
        let mut element = Self::default();
        thrift.fields(|thrift, id, kind| {
            match (id, kind) {
                (1, Kind::Int) => element.physical = Some(thrift.int()?),
                (2, Kind::Int) => element.length = thrift.int()?,
                (3, Kind::Int) => element.repetition = thrift.int()?,
                (4, Kind::Binary) => element.name = String::from_utf8_lossy(thrift.binary()?).into_owned(),
                (5, Kind::Int) => element.children = usize::try_from(thrift.int()?).unwrap_or(usize::MAX),
                (6, Kind::Int) => element.converted = Some(thrift.int()?),
                (7, Kind::Int) => element.scale = thrift.int()?,
                (10, Kind::Struct) => element.logical = logical(thrift)?,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(element)
    }

    pub(super) fn leaf(&self, index: usize) -> Result<Leaf, Broken> {
        let physical = match self.physical {
            Some(0) => Physical::Boolean,
            Some(1) => Physical::Int32,
            Some(2) => Physical::Int64,
            Some(3) => Physical::Int96,
            Some(4) => Physical::Float,
            Some(5) => Physical::Double,
            Some(6) => Physical::Bytes,
            Some(7) => match usize::try_from(self.length) {
                Ok(width) if width > 0 => Physical::Fixed(width),
                _ => return Err(Broken("a column's values have no length")),
            },
            _ => return Err(Broken("a column has no known type")),
        };
        let logical = self.logical.unwrap_or_else(|| converted(self.converted, self.scale));
        let logical = match physical {
            // A timestamp of old, whatever else is said of it.
            Physical::Int96 => Logical::Time,
            // Nothing that can be said of these changes what they are.
            Physical::Boolean | Physical::Float | Physical::Double => Logical::Plain,
            _ => logical,
        };
        Ok(Leaf { index, optional: self.repetition == OPTIONAL, list: None, physical, logical })
    }

    pub(super) fn is_list(&self) -> bool {
        self.logical.unwrap_or_else(|| converted(self.converted, 0)) == Logical::List
    }
}

/// The union of logical types; the newer way, which wins over the converted type.
fn logical(thrift: &mut Thrift<'_>) -> Result<Option<Logical>, Broken> {
    let mut found = None;
    thrift.fields(|thrift, id, kind| {
        found = Some(match (id, kind) {
            (5, Kind::Struct) => {
                let mut scale = 0;
                thrift.fields(|thrift, id, kind| {
                    if id == 1 && kind == Kind::Int {
                        scale = thrift.int()?;
                        return Ok(());
                    }
                    thrift.skip(kind)
                })?;
                Logical::Decimal(scale)
            }
            (10, Kind::Struct) => {
                let mut signed = true;
                thrift.fields(|thrift, id, kind| {
                    if let (2, Kind::Bool(value)) = (id, kind) {
                        signed = value;
                    }
                    thrift.skip(kind)
                })?;
                if signed { Logical::Plain } else { Logical::Unsigned }
            }
            (8, Kind::Struct) => Logical::Timestamp(timestamp_units(thrift)?),
            _ => {
                thrift.skip(kind)?;
                match id {
                    // Text, enumeration, always null, JSON.
                    1 | 4 | 11 | 12 => Logical::Plain,
                    3 => Logical::List,
                    6 => Logical::Date,
                    7 | 8 => Logical::Time,
                    14 => Logical::Uuid,
                    _ => Logical::Other,
                }
            }
        });
        Ok(())
    })?;
    Ok(found)
}

/// Units a second: milliseconds, microseconds or nanoseconds, by the union's member.
fn timestamp_units(thrift: &mut Thrift<'_>) -> Result<i64, Broken> {
    let mut units = 1_000;
    thrift.fields(|thrift, id, kind| {
        if (id, kind) != (2, Kind::Struct) {
            return thrift.skip(kind);
        }
        thrift.fields(|thrift, id, kind| {
            units = match id {
                2 => 1_000_000,
                3 => 1_000_000_000,
                _ => 1_000,
            };
            thrift.skip(kind)
        })
    })?;
    Ok(units)
}

fn converted(code: Option<i64>, scale: i64) -> Logical {
    match code {
        // Text, enumeration, signed numbers, JSON.
        None | Some(0 | 4 | 15..=19) => Logical::Plain,
        Some(3) => Logical::List,
        Some(5) => Logical::Decimal(scale),
        Some(6) => Logical::Date,
        Some(7 | 8 | 21) => Logical::Time,
        Some(9) => Logical::Timestamp(1_000),
        Some(10) => Logical::Timestamp(1_000_000),
        Some(11..=14) => Logical::Unsigned,
        Some(_) => Logical::Other,
    }
}
