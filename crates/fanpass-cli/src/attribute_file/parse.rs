//! The reading of a file of attributes, which goes on after a slip, so that all of them are told at once.

use std::collections::BTreeMap;
use std::ops::Range;

use fanpass_model::{
    AttributeDefinition, AttributeKey, AttributeState, AttributeType, AttributeValue, PlatformPolicy,
    attribute_key,
};
use serde_json::Number;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{AttributeFile, Entry};

/// The members of an attribute.
const MEMBERS: [&str; 6] = ["key", "type", "allowed_values", "description", "owner", "state"];
/// Said of each attribute in the contract's own catalogue, and of no use here.
const PROVENANCE: &str = "provenance";

/// Something in a file that cannot be used.
#[derive(Debug)]
pub struct Slip {
    /// From 1.
    pub line: usize,
    pub message: String,
}

/// Reads the text of a file.
pub fn parse(text: &str) -> Result<AttributeFile, Vec<Slip>> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = line_of(text, &error.span().unwrap_or_default());
        vec![Slip { line, message: error.message().to_owned() }]
    })?;
    let mut file = AttributeFile::default();
    let mut slips = Vec::new();
    for (name, value) in table.get_ref() {
        let mut slip = |message: String| slips.push(Slip { line: line_of(text, &name.span()), message });
        match (&**name.get_ref(), value.get_ref()) {
            ("attribute", _) => file.entries = entries(text, value, &mut slips),
            ("unknown", DeValue::String(word)) if word == "refuse" => {}
            ("unknown", DeValue::String(word)) if word == "allow" => {
                file.unknown = PlatformPolicy::AllowUnknown;
            }
            ("unknown", _) => slip("`unknown` is `refuse` or `allow`".to_owned()),
            (other, _) => slip(format!("there is no `{other}`; the file has [[attribute]] tables")),
        }
    }
    slips.sort_by_key(|slip| slip.line);
    if slips.is_empty() { Ok(file) } else { Err(slips) }
}

/// Reads a list of tables in a text, an attribute each. What cannot be used goes to `slips`.
pub fn entries(text: &str, list: &Spanned<DeValue<'_>>, slips: &mut Vec<Slip>) -> Vec<Entry> {
    let mut lines: BTreeMap<AttributeKey, usize> = BTreeMap::new();
    let DeValue::Array(items) = list.get_ref() else {
        slips.push(Slip { line: line_of(text, &list.span()), message: NO_TABLE.to_owned() });
        return Vec::new();
    };
    let mut entries = Vec::new();
    for item in items {
        let mut reader = Reader { text, slips: &mut *slips };
        let DeValue::Table(table) = item.get_ref() else {
            reader.slip(&item.span(), NO_TABLE);
            continue;
        };
        let Some(entry) = reader.entry(&item.span(), table) else { continue };
        match lines.insert(entry.definition.key.clone(), entry.line) {
            None => entries.push(entry),
            Some(first) => slips.push(Slip {
                line: entry.line,
                message: format!("{} stands in line {first} already", entry.definition.key),
            }),
        }
    }
    entries
}

const NO_TABLE: &str = "an attribute is a table: write [[attribute]] and its members below";

struct Reader<'a> {
    text: &'a str,
    slips: &'a mut Vec<Slip>,
}

impl Reader<'_> {
    fn slip(&mut self, place: &Range<usize>, message: impl Into<String>) {
        self.slips.push(Slip { line: line_of(self.text, place), message: message.into() });
    }

    fn entry(&mut self, whole: &Range<usize>, table: &DeTable<'_>) -> Option<Entry> {
        let before = self.slips.len();
        let mut definition = AttributeDefinition::new(attribute_key!("custom.unnamed"));
        let mut key_at = None;
        // Where each member stands, and each allowed value.
        let mut places: BTreeMap<&str, Range<usize>> = BTreeMap::new();
        let mut values_at = Vec::new();
        for (name, value) in table {
            let (name, place) = (&**name.get_ref(), value.span());
            places.insert(name, place.clone());
            match name {
                "key" => {
                    key_at = Some(place.clone());
                    if let Some(key) = self.text(name, value).and_then(|key| self.key(&place, &key)) {
                        definition.key = key;
                    }
                }
                "type" => {
                    definition.r#type = self.text(name, value).and_then(|word| self.kind(&place, &word));
                }
                "allowed_values" => (definition.allowed_values, values_at) = self.values(value),
                "description" => definition.description = self.text(name, value),
                "owner" => definition.owner = self.text(name, value),
                "state" => definition.state = self.text(name, value).map(AttributeState::from),
                PROVENANCE => {}
                _ => self.slip(&place, unknown(name)),
            }
        }
        let Some(key_at) = key_at else {
            self.slip(whole, "the attribute has no `key`");
            return None;
        };
        for fault in definition.faults() {
            let member = if fault.member == "allowedValues" { "allowed_values" } else { fault.member };
            let value = fault.entry.and_then(|entry| values_at.get(entry));
            let place = value.or_else(|| places.get(member)).unwrap_or(whole).clone();
            self.slip(&place, format!("the {}", fault.error));
        }
        let line = line_of(self.text, &key_at);
        (self.slips.len() == before).then_some(Entry { line, definition })
    }

    fn text(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.to_string());
        }
        self.slip(&value.span(), format!("`{name}` is a text; write it in quotes"));
        None
    }

    fn key(&mut self, place: &Range<usize>, text: &str) -> Option<AttributeKey> {
        match AttributeKey::new(text.to_owned()) {
            Ok(key) => Some(key),
            Err(error) => {
                self.slip(place, format!("{text:?}: the {error}"));
                None
            }
        }
    }

    fn kind(&mut self, place: &Range<usize>, word: &str) -> Option<AttributeType> {
        let kind = AttributeType::ALL.into_iter().find(|kind| kind.as_str() == word);
        if kind.is_none() {
            let all = AttributeType::ALL.map(AttributeType::as_str).join(", ");
            self.slip(place, format!("there is no type {word:?}; the types are {all}"));
        }
        kind
    }

    fn values(&mut self, list: &Spanned<DeValue<'_>>) -> (Vec<AttributeValue>, Vec<Range<usize>>) {
        let DeValue::Array(items) = list.get_ref() else {
            self.slip(&list.span(), "`allowed_values` is a list, such as [\"silver\", \"gold\"]");
            return (Vec::new(), Vec::new());
        };
        let mut values = (Vec::new(), Vec::new());
        for item in items {
            match single(item.get_ref()) {
                Some(value) => {
                    values.0.push(value);
                    values.1.push(item.span());
                }
                None => self.slip(&item.span(), "an allowed value is a text, a number or a boolean"),
            }
        }
        values
    }
}

/// A value that an attribute may have, if it is a single one.
fn single(value: &DeValue<'_>) -> Option<AttributeValue> {
    let value = match value {
        DeValue::String(text) => AttributeValue::from(&**text),
        DeValue::Boolean(boolean) => AttributeValue::from(*boolean),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok()?.into(),
        DeValue::Float(number) => AttributeValue::Number(Number::from_f64(number.as_str().parse().ok()?)?),
        _ => return None,
    };
    value.validate().is_ok().then_some(value)
}

fn unknown(name: &str) -> String {
    let nearest = MEMBERS.into_iter().min_by_key(|member| strsim::osa_distance(member, name));
    match nearest.filter(|member| strsim::osa_distance(member, name) <= member.len() / 3) {
        Some(member) => format!("an attribute has no `{name}`; did you mean `{member}`?"),
        None => format!("an attribute has no `{name}`; it has {}", MEMBERS.join(", ")),
    }
}

/// The line, from 1, of a place in a text.
pub fn line_of(text: &str, place: &Range<usize>) -> usize {
    text.bytes().take(place.start).filter(|byte| *byte == b'\n').count() + 1
}
