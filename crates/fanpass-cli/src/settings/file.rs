//! Settings in a TOML file: flattened to dotted keys, each with its line.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fanpass_model::AttributeDefinition;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Origin, Stated};
use crate::attribute_file::{self, line_of};
use crate::exit::Exit;
use crate::failure::failure;
use crate::local::platform;

/// The one key that is no setting but a list of tables.
const ATTRIBUTES: &str = "platform.attribute";
/// Settings that may be written as lists.
const LISTS: [&str; 1] = ["faults.rules"];

/// What a file says.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Keys, values as text, and lines.
    pub(super) values: Vec<(String, String, usize)>,
    pub(super) attributes: Vec<AttributeDefinition>,
    /// What is wrong with it, each with its place.
    pub(super) slips: Vec<String>,
}

impl File {
    /// The settings that it states.
    pub(super) fn stated(&self) -> impl Iterator<Item = Stated> {
        let one = |(key, value, line): &(String, String, usize)| {
            (key.clone(), value.clone(), Origin::File(self.path.clone(), *line))
        };
        self.values.iter().map(one)
    }

    fn slip(&mut self, line: usize, message: &str) {
        self.slips.push(format!("{}:{line}: {message}", self.path.display()));
    }
}

pub(super) fn read(path: &Path) -> Result<File> {
    let wrong = |why: &str| failure(Exit::Usage, format!("{}: {}", path.display(), why.trim_end()));
    let text = fs::read_to_string(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    let table = DeTable::parse(&text).map_err(|error| wrong(&error.to_string()))?;
    let mut file =
        File { path: path.to_owned(), values: Vec::new(), attributes: Vec::new(), slips: Vec::new() };
    flatten("", table.get_ref(), &mut |key, place, value| match value {
        _ if key == ATTRIBUTES => {}
        Some(value) => file.values.push((key, value, line_of(&text, &place))),
        None => file.slip(line_of(&text, &place), &format!("`{key}` is a value that no setting has")),
    });
    if let Some(list) = listed(table.get_ref()) {
        let mut slips = Vec::new();
        file.attributes = platform(path, attribute_file::entries(&text, list, &mut slips))?;
        for slip in slips {
            file.slip(slip.line, &slip.message);
        }
    }
    file.values.sort_by_key(|(_, _, line)| *line);
    // A path is meant from where the file lies.
    let folder = path.parent().unwrap_or(Path::new(""));
    let paths = |(key, value, _): &&mut (String, String, usize)| {
        key == "data" || (key == "ga4.secret_file" && value != "none")
    };
    for (_, value, _) in file.values.iter_mut().filter(paths) {
        *value = folder.join(&value).display().to_string();
    }
    Ok(file)
}

/// The list under [`ATTRIBUTES`].
fn listed<'a, 'text>(table: &'a DeTable<'text>) -> Option<&'a Spanned<DeValue<'text>>> {
    let (parent, name) = ATTRIBUTES.split_once('.')?;
    let DeValue::Table(table) = table.get(parent)?.get_ref() else { return None };
    table.get(name)
}

/// Calls `each` with the dotted key, the place and the text of every value; no text for one that has none.
fn flatten(prefix: &str, table: &DeTable<'_>, each: &mut impl FnMut(String, Range<usize>, Option<String>)) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        match value.get_ref() {
            DeValue::Table(table) => flatten(&key, table, each),
            DeValue::Array(_) if !LISTS.contains(&&*key) => each(key, name.span(), None),
            value => each(key, name.span(), text_of(value)),
        }
    }
}

fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(switch) => Some(switch.to_string()),
        DeValue::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| text_of(item.get_ref())).collect();
            Some(items?.join(","))
        }
        _ => None,
    }
}
