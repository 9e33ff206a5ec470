//! Cells of a worksheet stream ([MS-XLS] 2.4), one at a time, in the order they are stored.

use std::collections::VecDeque;

use super::{
    malformed,
    records::{BOF, Characters, EOF, Records},
};
use crate::{
    Stored, TableError, code,
    number::{Epoch, Shown},
    record::Fault,
    strings::Strings,
};

const FORMULA: u16 = 0x0006;
const MULTIPLE_RK: u16 = 0x00BD;
const RICH_STRING: u16 = 0x00D6;
const SHARED_STRING: u16 = 0x00FD;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const BOOLEAN_OR_ERROR: u16 = 0x0205;
const FORMULA_STRING: u16 = 0x0207;
const RK: u16 = 0x027E;

/// A cell that is not empty.
pub(super) struct Cell {
    /// 1 is the first row.
    pub(super) row: u64,
    pub(super) column: usize,
    pub(super) text: String,
    pub(super) fault: Option<Fault>,
    /// What it stores beside its text.
    pub(super) stored: Option<Stored>,
}

pub(super) struct Cells {
    records: Records,
    strings: Strings,
    styles: Vec<Shown>,
    epoch: Epoch,
    /// Cells of a record that holds several.
    several: VecDeque<Cell>,
    /// Where a formula stands whose text follows in a record of its own.
    formula: Option<(u64, usize)>,
    /// Streams inside this one: a chart that lies on the sheet.
    depth: usize,
    ended: bool,
}

impl Cells {
    pub(super) fn new(records: Records, strings: Strings, (styles, epoch): (Vec<Shown>, Epoch)) -> Self {
        Self {
            records,
            strings,
            styles,
            epoch,
            several: VecDeque::new(),
            formula: None,
            depth: 0,
            ended: false,
        }
    }

    /// The next cell; `None` at the end, as often as it is asked.
    pub(super) fn next(&mut self) -> Result<Option<Cell>, TableError> {
        loop {
            if let Some(cell) = self.several.pop_front() {
                return Ok(Some(cell));
            }
            if self.ended {
                return Ok(None);
            }
            let kind = self.records.next()?;
            match kind {
                BOF => self.depth += 1,
                EOF if self.depth <= 1 => self.ended = true,
                EOF => self.depth -= 1,
                _ if self.depth != 1 => {}
                FORMULA_STRING => {
                    if let Some(at) = self.formula.take() {
                        let mut text = String::new();
                        Characters::new(&mut self.records, 0).string(&mut text)?;
                        return Ok(Some(plain(at, text)));
                    }
                }
                MULTIPLE_RK => self.multiple()?,
                FORMULA | RICH_STRING | SHARED_STRING | NUMBER | LABEL | BOOLEAN_OR_ERROR | RK => {
                    if let Some(cell) = self.single(kind)? {
                        return Ok(Some(cell));
                    }
                }
                _ => {}
            }
        }
    }

    fn single(&mut self, kind: u16) -> Result<Option<Cell>, TableError> {
        let records = &mut self.records;
        let at = (u64::from(records.word(0)?) + 1, usize::from(records.word(2)?));
        let style = usize::from(records.word(4)?);
        Ok(Some(match kind {
            SHARED_STRING => {
                let index = usize::try_from(records.double_word(6)?).unwrap_or(usize::MAX);
                let text = self.strings.get(index);
                plain(
                    at,
                    text.ok_or_else(|| malformed(&records.origin, "a shared string is missing"))?.to_owned(),
                )
            }
            LABEL | RICH_STRING => {
                let mut text = String::new();
                Characters::new(records, 6).string(&mut text)?;
                plain(at, text)
            }
            NUMBER => number(at, self.styles.get(style), records.float(6)?, self.epoch),
            RK => number(at, self.styles.get(style), rk(records.double_word(6)?), self.epoch),
            BOOLEAN_OR_ERROR if records.byte(7)? == 0 => boolean(at, records.byte(6)?),
            BOOLEAN_OR_ERROR => error(at, records.byte(6)?),
            // A formula's result: a number, unless its last two bytes say that the first one tells the type.
            _ if records.word(12)? != 0xFFFF => {
                number(at, self.styles.get(style), records.float(6)?, self.epoch)
            }
            _ => match records.byte(6)? {
                0 => {
                    self.formula = Some(at);
                    return Ok(None);
                }
                1 => boolean(at, records.byte(8)?),
                2 => error(at, records.byte(8)?),
                _ => return Ok(None),
            },
        }))
    }

    fn multiple(&mut self) -> Result<(), TableError> {
        let row = u64::from(self.records.word(0)?) + 1;
        let first = usize::from(self.records.word(2)?);
        // A style and a number for each cell, then the number of the last column.
        let cells = self.records.data().len().saturating_sub(6) / 6;
        for cell in 0..cells {
            let at = 4 + cell * 6;
            let style = self.styles.get(usize::from(self.records.word(at)?));
            let value = rk(self.records.double_word(at + 2)?);
            self.several.push_back(number((row, first + cell), style, value, self.epoch));
        }
        Ok(())
    }
}

/// A number in four bytes ([MS-XLS] 2.5.217): an integer of 30 bits or the high half of a float, perhaps times 100.
fn rk(value: u32) -> f64 {
    let number = if value & 2 == 0 {
        f64::from_bits(u64::from(value & !3) << 32)
    } else {
        f64::from(value.cast_signed() >> 2)
    };
    if value & 1 == 0 { number } else { number / 100.0 }
}

fn plain((row, column): (u64, usize), text: String) -> Cell {
    Cell { row, column, text, fault: None, stored: None }
}

fn number(at: (u64, usize), style: Option<&Shown>, value: f64, epoch: Epoch) -> Cell {
    let shown = style.unwrap_or(&Shown::Altered);
    match shown.text(value) {
        Ok(text) => Cell { stored: shown.padded(&text, value), ..plain(at, text) },
        Err(fault) => {
            let stored = shown.stored(value, epoch);
            Cell { fault: Some(fault), stored, ..plain(at, value.to_string()) }
        }
    }
}

fn boolean(at: (u64, usize), value: u8) -> Cell {
    plain(at, if value == 0 { "FALSE" } else { "TRUE" }.to_owned())
}

fn error(at: (u64, usize), value: u8) -> Cell {
    let shown = match value {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        _ => "#ERROR",
    };
    let fault = Fault::new(code::ERROR_CELL, format!("the cell shows the error {shown}"));
    Cell { fault: Some(fault), ..plain(at, shown.to_owned()) }
}

/// True if any cell of the sheet, at which `records` stands, holds something.
pub(super) fn has_data(records: &mut Records) -> Result<bool, TableError> {
    let mut depth = 0_usize;
    loop {
        match records.next()? {
            BOF => depth += 1,
            EOF if depth <= 1 => return Ok(false),
            EOF => depth -= 1,
            FORMULA | MULTIPLE_RK | RICH_STRING | SHARED_STRING | NUMBER | LABEL | BOOLEAN_OR_ERROR | RK
                if depth == 1 =>
            {
                return Ok(true);
            }
            _ => {}
        }
    }
}
