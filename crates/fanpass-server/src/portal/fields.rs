//! What a form or a query carries, by name.

use crate::http::query::fields;

/// Names and values in the order in which they came. The names are those of our own pages, so one that is not known is
/// no slip of a caller, and is passed over; so is a value that is not UTF-8, which no browser writes.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads what a browser writes into a query or the body of a form.
    pub(super) fn read(encoded: &[u8]) -> Self {
        Self(fields(encoded).filter_map(|(name, value)| Some((name, value?))).collect())
    }

    /// Fields that were not sent, but stand in a form from the start.
    pub(super) fn of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The value of a field; empty where there is none, as a browser sends one that was left empty.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// All values of a field that may be ticked more than once.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
