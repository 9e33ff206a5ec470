//! Ids and names of a request that was refused already, read so loosely that each wrong one can be named.

use std::fmt;

use fanpass_model::{ModelError, ProblemItem};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::problem::item;

/// Text, or what stands in its place. Reading it fails only where the JSON itself ends.
#[derive(Debug)]
pub(crate) enum Loose {
    Text(String),
    Other(&'static str),
}

impl Loose {
    /// What keeps the value from being an id or a name, if anything does.
    pub(crate) fn fault(
        &self,
        pointer: impl FnOnce() -> String,
        validate: impl FnOnce(&str) -> Result<(), ModelError>,
    ) -> Option<ProblemItem> {
        match self {
            Self::Text(text) => {
                let error = validate(text).err()?;
                Some(item(pointer(), error.kind().code(), error.to_string()))
            }
            Self::Other(found) => {
                let detail = format!("found {found}; ids and names are text: send it in quotes");
                Some(item(pointer(), "wrong_type", detail))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose::Other("a boolean"))
    }

    // How a number was spelt is lost by now, so the answer does not guess it.
    fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
        Ok(Loose::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Loose, E> {
        Ok(Loose::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
        Ok(Loose::Other("a number"))
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Loose, A::Error> {
        while entries.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Loose, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Other("an object"))
    }
}
