//! Thrift's compact protocol, in which Parquet writes its metadata, read from memory and within its bounds.

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken(pub(super) &'static str);

pub(super) const ENDS: Broken = Broken("it ends in the middle");

/// Structures inside structures; Parquet's own go six deep.
const DEPTH: u32 = 32;

/// The type of a field or element, as far as Parquet uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool(bool),
    Byte,
    /// All widths of whole numbers are written alike.
    Int,
    Double,
    Binary,
    List,
    Map,
    Struct,
}

pub(super) struct Thrift<'a> {
    rest: &'a [u8],
}

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes that are not read yet.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        let (&byte, rest) = self.rest.split_first().ok_or(ENDS)?;
        self.rest = rest;
        Ok(byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(ENDS)?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Broken> {
        let (value, length) = varint(self.rest)?;
        self.take(length)?;
        Ok(value)
    }

    /// A whole number.
    pub(super) fn int(&mut self) -> Result<i64, Broken> {
        self.varint().map(zigzag)
    }

    pub(super) fn binary(&mut self) -> Result<&'a [u8], Broken> {
        let length = self.varint()?;
        self.take(usize::try_from(length).map_err(|_| ENDS)?)
    }

    /// Calls `each` with the number and type of each field of a structure; it must read or [skip](Self::skip) its value.
    pub(super) fn fields(
        &mut self,
        mut each: impl FnMut(&mut Self, i64, Kind) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            id = match head >> 4 {
                0 => self.int()?,
                step => id.saturating_add(i64::from(step)),
            };
            each(self, id, kind(head & 0x0F)?)?;
        }
    }

    /// The length and element type of a list. Each element takes a byte at least, so no length can lie far.
    pub(super) fn list(&mut self) -> Result<(usize, Kind), Broken> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => usize::try_from(self.varint()?).map_err(|_| ENDS)?,
            length => usize::from(length),
        };
        if length > self.left() {
            return Err(ENDS);
        }
        Ok((length, kind(head & 0x0F)?))
    }

    /// Passes a field's value over.
    pub(super) fn skip(&mut self, kind: Kind) -> Result<(), Broken> {
        self.skip_within(kind, DEPTH)
    }

    fn skip_within(&mut self, of: Kind, depth: u32) -> Result<(), Broken> {
        let depth = depth.checked_sub(1).ok_or(Broken("its structures are nested too deep"))?;
        match of {
            Kind::Bool(_) => Ok(()),
            Kind::Byte => self.byte().map(drop),
            Kind::Int => self.varint().map(drop),
            Kind::Double => self.take(8).map(drop),
            Kind::Binary => self.binary().map(drop),
            Kind::Struct => self.fields(|thrift, _, kind| thrift.skip_within(kind, depth)),
            Kind::List => {
                let (length, element) = self.list()?;
                (0..length).try_for_each(|_| self.skip_element(element, depth))
            }
            Kind::Map => {
                let length = usize::try_from(self.varint()?).map_err(|_| ENDS)?;
                if length == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                let (key, value) = (kind(kinds >> 4)?, kind(kinds & 0x0F)?);
                (0..length).try_for_each(|_| {
                    self.skip_element(key, depth)?;
                    self.skip_element(value, depth)
                })
            }
        }
    }

    /// In lists and maps a boolean is a byte of its own.
    fn skip_element(&mut self, of: Kind, depth: u32) -> Result<(), Broken> {
        if let Kind::Bool(_) = of { self.byte().map(drop) } else { self.skip_within(of, depth) }
    }
}

fn kind(code: u8) -> Result<Kind, Broken> {
    Ok(match code {
        1 => Kind::Bool(true),
        2 => Kind::Bool(false),
        3 => Kind::Byte,
        4..=6 => Kind::Int,
        7 => Kind::Double,
        8 => Kind::Binary,
        9 | 10 => Kind::List,
        11 => Kind::Map,
        12 => Kind::Struct,
        _ => return Err(Broken("a field has no type")),
    })
}

/// The number at the beginning of `bytes` (ULEB128) and how many bytes it takes.
pub(super) fn varint(bytes: &[u8]) -> Result<(u64, usize), Broken> {
    let mut value = 0_u64;
    for (index, &byte) in (0_u32..10).zip(bytes) {
        value |= u64::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, usize::try_from(index + 1).unwrap_or(10)));
        }
    }
    Err(if bytes.len() < 10 { ENDS } else { Broken("a number has no end") })
}

/// Small numbers of either sign from small numbers without.
pub(super) fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg()
}
