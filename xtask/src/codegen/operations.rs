//! Generates the table of operations.

use anyhow::Result;
use quote::quote;

use super::rust::{self, docs, identifier, pascal_case, snake_case};
use super::{Files, MODEL};
use crate::contract::{Contract, Operation};

/// `operations.rs`: a constant per operation, and all of them.
pub(super) fn generate(contract: &Contract) -> Result<Files> {
    let names = contract.operations.iter().map(|operation| identifier(&constant_name(operation)));
    let names = names.collect::<Result<Vec<_>>>()?;
    let constants = contract.operations.iter().zip(&names).map(|(operation, name)| {
        let Operation { id, name: title, method, path, scope, idempotent, summary, .. } = operation;
        let docs = docs(&format!("{title}: `{method} {path}`. {summary}."), Some(operation.provenance));
        let content_type = operation.request.as_ref().map(|body| &body.content_type);
        let content_type = content_type.map_or(quote!(None), |name| quote!(Some(#name)));
        let provenance = identifier(&pascal_case(operation.provenance.as_str()))?;
        let query = operation.query().map(|parameter| &parameter.name);
        let success = proc_macro2::Literal::u16_unsuffixed(operation.success.status);
        Ok(quote! {
            #docs
            pub const #name: Operation = Operation {
                id: #id,
                name: #title,
                method: #method,
                path: #path,
                content_type: #content_type,
                query: &[#(#query),*],
                success: #success,
                provenance: Provenance::#provenance,
                scope: #scope,
                idempotent: #idempotent,
                summary: #summary,
            };
        })
    });
    let constants = constants.collect::<Result<Vec<_>>>()?;
    let tokens = quote! {
        use crate::operation::{Operation, Provenance};

        #(#constants)*

        /// All operations, in the order of the contract.
        pub const ALL: &[Operation] = &[#(#names),*];
    };
    let text = rust::file("The table of operations.", tokens)?;
    Ok(Files::from([(format!("{MODEL}/operations.rs").into(), text)]))
}

fn constant_name(operation: &Operation) -> String {
    snake_case(&operation.id).to_uppercase()
}
