//! Generates the platform catalogue as a table.

use anyhow::Result;
use quote::quote;

use super::rust::{self, identifier, pascal_case};
use super::{Files, MODEL};
use crate::contract::Contract;

/// `platform.rs`: an entry per pre-defined attribute.
pub(super) fn generate(contract: &Contract) -> Result<Files> {
    let entries = contract.platform_attributes.iter().map(|attribute| {
        let (key, description) = (&attribute.key, &attribute.description);
        let provenance = identifier(&pascal_case(attribute.provenance.as_str()))?;
        let value_type =
            attribute.value_type.as_deref().map(|name| identifier(&pascal_case(name))).transpose()?;
        let value_type = value_type.map_or(quote!(None), |name| quote!(Some(crate::AttributeType::#name)));
        Ok(quote! {
            PlatformAttribute {
                key: attribute_key!(#key),
                r#type: #value_type,
                description: #description,
                provenance: Provenance::#provenance,
            }
        })
    });
    let entries = entries.collect::<Result<Vec<_>>>()?;
    let tokens = quote! {
        use crate::{PlatformAttribute, Provenance, attribute_key};

        /// The pre-defined attributes that are known, in the order of the catalogue.
        pub const PLATFORM_ATTRIBUTES: &[PlatformAttribute] = &[#(#entries),*];
    };
    let text = rust::file("The platform catalogue, which is `contract/platform-attributes.toml`.", tokens)?;
    Ok(Files::from([(format!("{MODEL}/platform.rs").into(), text)]))
}
