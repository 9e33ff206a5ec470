//! Generates the wire types of `fanpass-model`, one module per tag.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use proc_macro2::TokenStream;
use quote::quote;

use super::places::places;
use super::rust::{self, docs, identifier, snake_case};
use super::{Files, MODEL};
use crate::contract::{Contract, Field, FieldType, Schema, SchemaKind};

/// The module that gathers the others, and the wire types by tag.
pub(super) fn generate(contract: &Contract) -> Result<Files> {
    let places = places(contract);
    let requested = contract.requested();
    let mut modules: BTreeMap<&str, Vec<&Schema>> = BTreeMap::new();
    for schema in &contract.schemas {
        if let Some(module) = places.get(schema.name.as_str()) {
            modules.entry(module).or_default().push(schema);
        }
    }
    let mut files = Files::new();
    files.insert(format!("{MODEL}/mod.rs").into(), root(modules.keys().copied()));
    for (module, schemas) in &modules {
        files.insert(
            format!("{MODEL}/{module}.rs").into(),
            module_text(&places, &requested, module, schemas)?,
        );
    }
    Ok(files)
}

fn root<'a>(modules: impl Iterator<Item = &'a str>) -> String {
    let mut declared: BTreeMap<&str, &str> = modules.map(|module| (module, "mod")).collect();
    let exports: Vec<String> = declared.keys().map(|module| format!("pub use {module}::*;\n")).collect();
    declared.extend([("operations", "pub mod"), ("platform", "pub mod")]);
    let declarations = declared.iter().map(|(name, word)| format!("#[rustfmt::skip]\n{word} {name};\n"));
    let declarations: String = declarations.collect();
    let header = rust::header("The wire types by tag, and the table of operations.");
    format!("{header}\n{declarations}\n{}", exports.concat())
}

fn module_text(
    places: &BTreeMap<&str, String>,
    requested: &BTreeSet<&str>,
    module: &str,
    schemas: &[&Schema],
) -> Result<String> {
    let mut from_crate = BTreeSet::new();
    let mut from_generated = BTreeSet::new();
    for name in schemas.iter().flat_map(|schema| schema.mentions()) {
        match places.get(name) {
            None => from_crate.insert(identifier(name)?),
            Some(place) if place != module => from_generated.insert(identifier(name)?),
            Some(_) => false,
        };
    }
    let secret = |schema: &&&Schema| schema.fields().iter().any(|field| field.kind == FieldType::Secret);
    if schemas.iter().any(|schema| secret(&schema)) {
        from_crate.insert(identifier("SecretText")?);
    }
    let from_crate = (!from_crate.is_empty()).then(|| {
        let names = from_crate.iter();
        quote!(use crate::{#(#names),*};)
    });
    let from_generated = (!from_generated.is_empty()).then(|| {
        let names = from_generated.iter();
        quote!(use super::{#(#names),*};)
    });
    let items = schemas.iter().map(|schema| item(schema, requested.contains(schema.name.as_str())));
    let items = items.collect::<Result<Vec<_>>>()?;
    let tokens = quote! {
        use serde::{Deserialize, Serialize};
        #from_generated
        #from_crate
        #(#items)*
    };
    rust::file(&format!("Wire types: {module}."), tokens)
}

fn item(schema: &Schema, requested: bool) -> Result<TokenStream> {
    match &schema.kind {
        SchemaKind::HandWritten => Ok(TokenStream::new()),
        SchemaKind::Object { fields, open } => object(schema, fields, *open, requested),
        SchemaKind::Form { parts } => form(schema, parts),
        SchemaKind::TolerantEnum { variants } => super::enums::tolerant(schema, variants),
    }
}

fn object(schema: &Schema, fields: &[Field], open: bool, requested: bool) -> Result<TokenStream> {
    let name = identifier(&schema.name)?;
    let docs = docs(&schema.description, Some(schema.provenance));
    let members = fields.iter().map(|field| member(field, requested)).collect::<Result<Vec<_>>>()?;
    let extra = open.then(|| {
        quote! {
            /// Members this version does not know, kept so that they survive a round trip.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }
    });
    let constructor = constructor(fields, open)?;
    let (default, constructor) = match constructor {
        Some(function) => (None, Some(quote!(impl #name { #function }))),
        None => (Some(quote!(Default,)), None),
    };
    Ok(quote! {
        #docs
        #[derive(Debug, Clone, PartialEq, #default Serialize, Deserialize)]
        pub struct #name { #(#members)* #extra }
        #constructor
    })
}

fn member(field: &Field, requested: bool) -> Result<TokenStream> {
    let unit = if field.kind == FieldType::Timestamp { " As RFC 3339 writes it." } else { "" };
    let docs = docs(&format!("{}{unit}", field.description), Some(field.provenance));
    let name = rust::member(&field.name)?;
    let kind = rust_type(&field.kind)?;
    let list = matches!(field.kind, FieldType::List(_));
    let rename = (snake_case(&field.name) != field.name).then_some(&field.name);
    let rename = rename.map(|name| quote!(#[serde(rename = #name)]));
    let (kind, absent) = match (field.required, list) {
        (true, _) => (kind, None),
        (false, false) => (quote!(Option<#kind>), Some("Option::is_none")),
        (false, true) => (kind, Some("Vec::is_empty")),
    };
    // Requests are read strictly, and answers as leniently as another FanPass may need.
    let read = match (requested, list) {
        (true, false) => Some("crate::strict::present"),
        (true, true) => field.bounds.not_empty().then_some("crate::strict::not_empty"),
        (false, true) => Some("crate::lenient::null_as_empty"),
        (false, false) => None,
    };
    let absent = absent.map(|absent| {
        // An `Option` without a reader of its own is absent by itself.
        let default = (list || read.is_some()).then(|| quote!(default,));
        let read = read.map(|read| quote!(deserialize_with = #read,));
        quote!(#[serde(#default #read skip_serializing_if = #absent)])
    });
    Ok(quote! { #docs #rename #absent pub #name: #kind, })
}

/// A function that takes the required members; none where all are optional, which is what `Default` gives.
fn constructor(fields: &[Field], open: bool) -> Result<Option<TokenStream>> {
    if !fields.iter().any(|field| field.required) {
        return Ok(None);
    }
    let mut arguments = Vec::new();
    let mut members = Vec::new();
    for field in fields {
        let name = rust::member(&field.name)?;
        if field.required {
            let kind = rust_type(&field.kind)?;
            arguments.push(quote!(#name: #kind));
            members.push(quote!(#name));
        } else if matches!(field.kind, FieldType::List(_)) {
            members.push(quote!(#name: Vec::new()));
        } else {
            members.push(quote!(#name: None));
        }
    }
    members.extend(open.then(|| quote!(extra: serde_json::Map::new())));
    Ok(Some(quote! {
        /// With the members that are always there; the others are absent.
        pub fn new(#(#arguments),*) -> Self {
            Self { #(#members),* }
        }
    }))
}

fn form(schema: &Schema, parts: &[Field]) -> Result<TokenStream> {
    let module = identifier(&snake_case(&schema.name))?;
    let docs_of_form =
        docs(&format!("{} The names of its parts.", schema.description), Some(schema.provenance));
    let parts = parts.iter().map(|part| {
        let name = identifier(&snake_case(&part.name).to_uppercase())?;
        let docs = docs(&part.description, Some(part.provenance));
        let value = &part.name;
        Ok(quote! { #docs pub const #name: &str = #value; })
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    Ok(quote! { #docs_of_form pub mod #module { #(#parts)* } })
}

fn rust_type(kind: &FieldType) -> Result<TokenStream> {
    Ok(match kind {
        FieldType::Text | FieldType::Timestamp => quote!(String),
        FieldType::Secret => quote!(SecretText),
        FieldType::File => quote!(Vec<u8>),
        FieldType::Boolean => quote!(bool),
        FieldType::Integer(name) => {
            let name = identifier(name)?;
            quote!(#name)
        }
        FieldType::Named(name) => {
            let name = identifier(name)?;
            quote!(#name)
        }
        FieldType::List(items) => {
            let items = rust_type(items)?;
            quote!(Vec<#items>)
        }
    })
}
