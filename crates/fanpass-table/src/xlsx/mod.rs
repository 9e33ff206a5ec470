//! An Office Open XML workbook (ECMA-376): the sheet's rows streamed, every part bounded.

mod cell;
mod parts;
mod sheet;
mod xml;

use crate::{Options, TableError, archive::Archive, origin::Origin, workbook};

use self::{parts::Parts, xml::Xml};

pub(crate) use self::sheet::Rows;

/// True if the ZIP's entries are those of an XLSX.
pub(crate) fn is_workbook(archive: &Archive) -> bool {
    archive.index("[Content_Types].xml").is_some() && archive.index("xl/workbook.xml").is_some()
}

/// Opens the sheet that is meant; the origin returned names it.
pub(crate) fn open(
    archive: Archive,
    options: &Options,
    origin: &Origin,
) -> Result<(Rows, Origin), TableError> {
    let mut parts = Parts::new(archive, options.limits.clone(), origin);
    let sheets = parts.sheets()?;
    let sheet = workbook::choose(sheets, options.sheet.as_deref(), origin, |sheet| {
        let at = origin.sheet(&sheet.name);
        let part = parts.open(sheet.place, &at)?;
        sheet::has_data(Xml::new(part, options.limits.record_bytes, &at))
    })?;
    let origin = origin.sheet(&sheet.name);
    let styles = (parts.styles()?, parts.epoch()?);
    let strings = parts.strings()?;
    let cells = parts.extract(sheet.place, &origin)?;
    let xml = Xml::new(cells, options.limits.record_bytes, &origin);
    Ok((Rows::new(xml, strings, styles, options.limits.clone(), origin.clone()), origin))
}

/// Refuses what looks like a workbook and is none that is read here.
pub(crate) fn foreign(archive: &Archive) -> Option<&'static str> {
    if archive.index("xl/workbook.bin").is_some() {
        Some("a binary workbook (XLSB); save it as XLSX")
    } else if archive.index("mimetype").is_some() && archive.index("content.xml").is_some() {
        Some("an OpenDocument file (ODS); save it as XLSX")
    } else if archive.index("word/document.xml").is_some() {
        Some("a text document (DOCX); export the table as CSV")
    } else {
        None
    }
}

/// A part by its number in the archive.
type PartIndex = usize;
