//! What was found out about a file: the first thing to look at when its rows are not what was expected.

use std::io::{self, Write};

use fanpass_sync::original_columns;
use fanpass_table::{Encoding, Format, Table, list_columns};
use serde::Serialize;

/// How a file is read; of an archive, how its first file is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detected {
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    /// One character, or `tab`; `None` where nothing has to be told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    header: bool,
    columns: Vec<String>,
    id_column: IdColumn,
}

#[derive(Debug, Serialize)]
struct IdColumn {
    name: String,
    /// 1 is the first.
    position: usize,
    why: &'static str,
}

impl Detected {
    /// What is known before the first row: `id` is the column of the ids, which `--id` names if that is `stated`.
    pub fn new(table: &Table, id: usize, stated: bool) -> Self {
        let columns = original_columns(table.columns()).to_vec();
        let why = match columns.len() {
            _ if stated => "named by --id",
            1 => "the only column",
            _ => "recognised by its header",
        };
        let delimiter = table.delimiter().map(|byte| match byte {
            b'\t' => "tab".to_owned(),
            byte => char::from(byte).to_string(),
        });
        Self {
            format: table.format().as_str(),
            encoding: table.encoding().map(Encoding::as_str),
            delimiter,
            sheet: table.sheet().map(str::to_owned),
            header: table.has_header(),
            id_column: IdColumn { name: columns.get(id).cloned().unwrap_or_default(), position: id + 1, why },
            columns,
        }
    }

    /// The same once all rows are read: the encoding shows itself with the first row that is not ASCII.
    #[must_use]
    pub fn read_to_end(self, table: &Table) -> Self {
        let encoding = if self.is_archive() { self.encoding } else { table.encoding().map(Encoding::as_str) };
        Self { encoding, ..self }
    }

    fn is_archive(&self) -> bool {
        self.format == Format::Zip.as_str()
    }

    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { format, encoding, delimiter, sheet, header, columns, id_column } = self;
        let first = if self.is_archive() { ", and of its first file:" } else { "" };
        writeln!(out, "  format     {format}{first}")?;
        let optional = [
            ("encoding", encoding.map(str::to_owned)),
            ("delimiter", delimiter.clone()),
            ("sheet", sheet.clone()),
        ];
        for (name, value) in optional {
            value.map_or(Ok(()), |value| writeln!(out, "  {name:<11}{value}"))?;
        }
        writeln!(out, "  header     {}", if *header { "present" } else { "absent" })?;
        writeln!(out, "  columns    {}", list_columns(columns))?;
        let IdColumn { name, position, why } = id_column;
        writeln!(out, "  ids        #{position} {name:?}, {why}")
    }
}
