//! The parts of a workbook beside its cells: which sheets there are, number formats, shared strings.

use std::{collections::HashMap, fs::File};

use quick_xml::events::Event;

use super::{
    PartIndex,
    xml::{Xml, attribute, is, malformed},
};
use crate::{
    Limits, TableError,
    archive::{Archive, Part},
    metered::read_error,
    number::{Epoch, Shown},
    origin::Origin,
    strings::Strings,
    workbook::Sheet,
};

pub(super) struct Parts {
    archive: Archive,
    limits: Limits,
    origin: Origin,
}

impl Parts {
    pub(super) fn new(archive: Archive, limits: Limits, origin: &Origin) -> Self {
        Self { archive, limits, origin: origin.clone() }
    }

    pub(super) fn open(&mut self, index: PartIndex, place: &Origin) -> Result<Part<'_>, TableError> {
        self.archive.part(index, place)
    }

    pub(super) fn extract(&mut self, index: PartIndex, place: &Origin) -> Result<File, TableError> {
        self.archive.extract(index, place)
    }

    fn xml(&mut self, name: &str) -> Result<Option<Xml<Part<'_>>>, TableError> {
        let Some(index) = self.archive.index(name) else { return Ok(None) };
        let part = self.archive.part(index, &self.origin)?;
        Ok(Some(Xml::new(part, self.limits.record_bytes, &self.origin)))
    }

    /// The worksheets in the order of their tabs; charts and dialogs are left out.
    pub(super) fn sheets(&mut self) -> Result<Vec<Sheet<PartIndex>>, TableError> {
        let targets = self.relations()?;
        let mut sheets = Vec::new();
        for tab in self.tabs()? {
            let Some(target) = targets.get(&tab.place) else { continue };
            let missing = || malformed(&self.origin, &format!("the sheet {:?} is missing", tab.name));
            let place = self.archive.index(target).ok_or_else(missing)?;
            sheets.push(Sheet { name: tab.name, visible: tab.visible, place });
        }
        Ok(sheets)
    }

    /// The tabs with their relationship ids.
    fn tabs(&mut self) -> Result<Vec<Sheet<String>>, TableError> {
        let mut tabs = Vec::new();
        let Some(mut xml) = self.xml("xl/workbook.xml")? else { return Ok(tabs) };
        loop {
            match xml.next()? {
                Event::Start(start) if is(&start, "sheet") => {
                    let name = attribute(&start, "name").unwrap_or_default();
                    let visible = attribute(&start, "state").is_none_or(|state| state == "visible");
                    // `r:id`; the attribute `sheetId` is something else.
                    tabs.push(Sheet { name, visible, place: attribute(&start, "id").unwrap_or_default() });
                }
                Event::Eof => return Ok(tabs),
                _ => {}
            }
        }
    }

    /// From which day dates count.
    pub(super) fn epoch(&mut self) -> Result<Epoch, TableError> {
        let Some(mut xml) = self.xml("xl/workbook.xml")? else { return Ok(Epoch::default()) };
        loop {
            match xml.next()? {
                Event::Start(start) if is(&start, "workbookPr") => {
                    let stated = attribute(&start, "date1904");
                    let is_1904 = stated.is_some_and(|stated| matches!(stated.as_str(), "1" | "true"));
                    return Ok(if is_1904 { Epoch::Year1904 } else { Epoch::Year1900 });
                }
                Event::Eof => return Ok(Epoch::default()),
                _ => {}
            }
        }
    }

    /// Names of the parts that hold worksheets, by relationship id.
    fn relations(&mut self) -> Result<HashMap<String, String>, TableError> {
        let mut targets = HashMap::new();
        let Some(mut xml) = self.xml("xl/_rels/workbook.xml.rels")? else { return Ok(targets) };
        loop {
            match xml.next()? {
                Event::Start(start) if is(&start, "Relationship") => {
                    let kind = attribute(&start, "Type").unwrap_or_default();
                    let (id, target) = (attribute(&start, "Id"), attribute(&start, "Target"));
                    if let (true, Some(id), Some(target)) = (kind.ends_with("/worksheet"), id, target) {
                        let relative = || format!("xl/{}", target.trim_start_matches("./"));
                        let name = target.strip_prefix('/').map_or_else(relative, str::to_owned);
                        targets.insert(id, name);
                    }
                }
                Event::Eof => return Ok(targets),
                _ => {}
            }
        }
    }

    /// The number format of each cell style, by the style's number.
    pub(super) fn styles(&mut self) -> Result<Vec<Shown>, TableError> {
        let mut formats: HashMap<u32, Shown> = HashMap::new();
        let mut styles = Vec::new();
        let mut in_cell_styles = false;
        let Some(mut xml) = self.xml("xl/styles.xml")? else { return Ok(styles) };
        loop {
            match xml.next()? {
                Event::Start(start) if is(&start, "numFmt") => {
                    let id = attribute(&start, "numFmtId").and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, attribute(&start, "formatCode")) {
                        formats.insert(id, Shown::parse(&code));
                    }
                }
                Event::Start(start) if is(&start, "cellXfs") => in_cell_styles = true,
                Event::End(end) if end.local_name().as_ref() == "cellXfs" => in_cell_styles = false,
                Event::Start(start) if in_cell_styles && is(&start, "xf") => {
                    let id = attribute(&start, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                    styles.push(formats.get(&id).cloned().unwrap_or_else(|| Shown::built_in(id)));
                }
                Event::Eof => return Ok(styles),
                _ => {}
            }
        }
    }

    /// The strings that cells refer to by number. Their declared count is not looked at.
    pub(super) fn strings(&mut self) -> Result<Strings, TableError> {
        let mut strings = Strings::new(self.limits.shared_string_bytes);
        let origin = self.origin.clone();
        let Some(mut xml) = self.xml("xl/sharedStrings.xml")? else { return Ok(strings) };
        loop {
            let is_string = match xml.next()? {
                Event::Start(start) => is(&start, "si"),
                Event::Eof => return Ok(strings),
                _ => false,
            };
            if is_string {
                xml.rich_text_into(strings.text())?;
                strings.end().map_err(|error| read_error(&origin, "the workbook", &error))?;
            }
        }
    }
}
