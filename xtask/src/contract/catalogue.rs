//! The platform catalogue: the data file that lists pre-defined attributes.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Provenance;

/// Where the catalogue stands, from the top of the workspace.
pub const CATALOGUE_PATH: &str = "crates/fanpass-model/contract/platform-attributes.toml";

/// A pre-defined attribute of the platform.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformAttribute {
    /// Its key, prefix included.
    pub key: String,
    /// What values it takes, where that is known: `string`, `number`, `boolean` or `list`.
    #[serde(rename = "type")]
    pub value_type: Option<String>,
    /// What it means.
    pub description: String,
    /// Where it comes from.
    pub provenance: Provenance,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    attribute: Vec<PlatformAttribute>,
}

/// Reads the catalogue.
pub(super) fn parse(text: &str) -> Result<Vec<PlatformAttribute>> {
    let attributes = toml::from_str::<Catalogue>(text).context(CATALOGUE_PATH)?.attribute;
    for PlatformAttribute { key, value_type, .. } in &attributes {
        ensure!(key.starts_with("user_properties."), "{CATALOGUE_PATH}: `{key}` is no platform key");
        let known =
            value_type.as_deref().is_none_or(|name| matches!(name, "string" | "number" | "boolean" | "list"));
        ensure!(known, "{CATALOGUE_PATH}: `{key}` has a type that attributes do not have");
    }
    Ok(attributes)
}
