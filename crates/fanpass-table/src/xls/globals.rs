//! The workbook's own records: sheets, number formats, shared strings, encryption.

use std::collections::HashMap;

use super::{
    malformed, protected,
    records::{BOF, Characters, EOF, Records},
};
use crate::{
    Limits, TableError,
    number::{Epoch, Shown},
    strings::Strings,
    workbook::Sheet,
};

const FILE_PASS: u16 = 0x002F;
const BOUND_SHEET: u16 = 0x0085;
const DATE_MODE: u16 = 0x0022;
const FORMAT: u16 = 0x041E;
const STYLE: u16 = 0x00E0;
const SHARED_STRINGS: u16 = 0x00FC;
const BIFF8: u16 = 0x0600;

pub(super) struct Globals {
    pub(super) sheets: Vec<Sheet<u64>>,
    pub(super) styles: Vec<Shown>,
    pub(super) strings: Strings,
    pub(super) epoch: Epoch,
}

impl Globals {
    pub(super) fn read(records: &mut Records, limits: &Limits) -> Result<Self, TableError> {
        let mut sheets = Vec::new();
        let mut formats: HashMap<u16, Shown> = HashMap::new();
        let mut styles: Vec<u16> = Vec::new();
        let mut epoch = Epoch::default();
        let mut strings = Strings::new(limits.shared_string_bytes);
        if records.next()? != BOF || records.word(0)? != BIFF8 {
            return Err(malformed(&records.origin, "it is of another version than Excel 97-2003"));
        }
        loop {
            match records.next()? {
                FILE_PASS => return Err(protected(&records.origin)),
                BOUND_SHEET => sheets.extend(bound_sheet(records)?),
                DATE_MODE if records.word(0)? == 1 => epoch = Epoch::Year1904,
                STYLE => styles.push(records.word(2)?),
                FORMAT => {
                    let id = records.word(0)?;
                    let mut code = String::new();
                    Characters::new(records, 2).string(&mut code)?;
                    formats.insert(id, Shown::parse(&code));
                }
                SHARED_STRINGS => shared_strings(records, &mut strings)?,
                EOF => break,
                _ => {}
            }
        }
        let shown = |id: u16| formats.get(&id).cloned().unwrap_or_else(|| Shown::built_in(u32::from(id)));
        Ok(Self { sheets, styles: styles.into_iter().map(shown).collect(), strings, epoch })
    }
}

/// A worksheet; charts and macros give nothing.
fn bound_sheet(records: &Records) -> Result<Option<Sheet<u64>>, TableError> {
    let place = u64::from(records.double_word(0)?);
    let (state, kind) = (records.byte(4)?, records.byte(5)?);
    let (count, flags) = (usize::from(records.byte(6)?), records.byte(7)?);
    let characters = records.data().get(8..).unwrap_or_default();
    let name: String = if flags & 1 == 0 {
        characters.iter().take(count).map(|&byte| char::from(byte)).collect()
    } else {
        let (pairs, _) = characters.as_chunks::<2>();
        let units: Vec<_> = pairs.iter().take(count).map(|pair| u16::from_le_bytes(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    // The low two bits tell visible, hidden and very hidden apart.
    Ok((kind == 0).then_some(Sheet { name, visible: state.trailing_zeros() >= 2, place }))
}

/// The declared count is believed only as an end of reading: memory grows with what is there.
fn shared_strings(records: &mut Records, strings: &mut Strings) -> Result<(), TableError> {
    let count = records.double_word(4)?;
    let mut characters = Characters::new(records, 8);
    for _ in 0..count {
        characters.string(strings.text())?;
        characters.end(strings)?;
    }
    Ok(())
}
