//! Generates text enumerations that keep values they do not know.

use anyhow::Result;
use proc_macro2::TokenStream;
use quote::quote;

use super::rust::{docs, identifier, pascal_case};
use crate::contract::Schema;

/// The type of `schema`, whose known values and their meanings are `variants`.
pub(super) fn tolerant(schema: &Schema, variants: &[(String, String)]) -> Result<TokenStream> {
    let name = identifier(&schema.name)?;
    let type_docs = docs(&schema.description, Some(schema.provenance));
    let values: Vec<&str> = variants.iter().map(|(value, _)| value.as_str()).collect();
    let names = values.iter().map(|value| identifier(&pascal_case(value))).collect::<Result<Vec<_>>>()?;
    let meanings = variants.iter().map(|(_, meaning)| docs(meaning, None));
    Ok(quote! {
        #type_docs
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum #name {
            #(#meanings #names,)*
            /// A value this version does not know, as it was received.
            Unknown(String),
        }

        impl #name {
            /// The value as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#names => #values,)*
                    Self::Unknown(value) => value,
                }
            }
        }

        impl From<String> for #name {
            fn from(value: String) -> Self {
                match value.as_str() {
                    #(#values => Self::#names,)*
                    _ => Self::Unknown(value),
                }
            }
        }

        impl From<#name> for String {
            fn from(value: #name) -> Self {
                match value {
                    #name::Unknown(value) => value,
                    known => known.as_str().to_owned(),
                }
            }
        }

        impl std::fmt::Display for #name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }
    })
}
