//! One entry of the platform catalogue, as the contract's data file lists it.

use super::{AttributeKey, AttributeType};
use crate::generated::AttributeDefinition;
use crate::operation::Provenance;

/// A pre-defined attribute of the platform's User Model.
#[derive(Debug, Clone)]
pub struct PlatformAttribute {
    /// Its key, `user_properties.*`.
    pub key: AttributeKey,
    /// What values it takes; `None` where that is not known.
    pub r#type: Option<AttributeType>,
    /// What it means.
    pub description: &'static str,
    /// Where it is known from.
    pub provenance: Provenance,
}

impl PlatformAttribute {
    /// The entry as a definition, the form in which the service lists attributes.
    pub fn definition(&self) -> AttributeDefinition {
        let mut definition = AttributeDefinition::new(self.key.clone());
        definition.r#type = self.r#type;
        definition.description = Some(self.description.to_owned());
        definition
    }
}
