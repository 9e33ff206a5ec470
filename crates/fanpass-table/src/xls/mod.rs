//! A binary workbook of Excel 97-2003 ([MS-XLS], BIFF8 in a compound file): the sheet's rows streamed.

mod cells;
mod globals;
mod records;
mod sheet;

use std::{fs::File, io::BufReader};

use crate::{
    ErrorKind, Options, TableError,
    metered::{Allowance, Metered, read_error},
    origin::Origin,
    workbook,
};

use self::{globals::Globals, records::Records};

pub(crate) use self::sheet::Rows;

type Compound = cfb::CompoundFile<Metered<BufReader<File>>>;

/// A compound file's directory reads each of its sectors at most once; twice the file means it loops.
const SLACK_BYTES: u64 = 1 << 20;

/// Opens the sheet that is meant; the origin returned names it.
pub(crate) fn open(
    file: File,
    length: u64,
    options: &Options,
    origin: &Origin,
) -> Result<(Rows, Origin), TableError> {
    let broken = |error: std::io::Error| read_error(origin, "the workbook", &error);
    let allowance = Allowance::new(length.saturating_mul(2).saturating_add(SLACK_BYTES));
    let metered = Metered { inner: BufReader::new(file), allowance: allowance.clone() };
    let compound = Compound::open(metered).map_err(broken)?;
    allowance.lift();
    if compound.is_stream("/EncryptedPackage") {
        return Err(protected(origin));
    }
    if !compound.is_stream("/Workbook") {
        let what =
            if compound.is_stream("/Book") { "a workbook of Excel 95 or older" } else { "no workbook" };
        let message = format!("is {what}; save it as XLSX");
        return Err(TableError::new(ErrorKind::UnsupportedFormat, origin, message));
    }
    let mut records = Records::new(compound, origin)?;
    let globals = Globals::read(&mut records, &options.limits)?;
    let sheet = workbook::choose(globals.sheets, options.sheet.as_deref(), origin, |sheet| {
        records.seek(sheet.place)?;
        sheet::has_data(&mut records)
    })?;
    let origin = origin.sheet(&sheet.name);
    records.seek(sheet.place)?;
    let rows = Rows::new(
        records,
        globals.strings,
        (globals.styles, globals.epoch),
        options.limits.clone(),
        origin.clone(),
    );
    Ok((rows, origin))
}

fn protected(origin: &Origin) -> TableError {
    let message = "is protected by a password; save it again without one";
    TableError::new(ErrorKind::PasswordProtected, origin, message)
}

fn malformed(origin: &Origin, what: &str) -> TableError {
    let message =
        format!("the workbook is damaged ({what}); open it in the spreadsheet program and save it as XLSX");
    TableError::new(ErrorKind::Malformed, origin, message)
}
