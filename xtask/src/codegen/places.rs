//! Where each schema goes: the module, or the page, of the tag that uses it first.

use std::collections::BTreeMap;

use crate::contract::{Contract, SchemaKind};

/// The place of the schemas that only failures carry.
pub(super) const FAILURES: &str = "problem";

/// The place of each generated schema: the first tag whose operations reach it, else [`FAILURES`]. Schemas whose
/// types are written by hand have none.
pub(super) fn places(contract: &Contract) -> BTreeMap<&str, String> {
    let mut places = BTreeMap::new();
    for tag in &contract.tags {
        let bodies = contract.operations_of(&tag.name);
        let bodies = bodies.flat_map(|operation| operation.request.iter().chain(&operation.success.body));
        for name in contract.reached(bodies.map(|body| body.schema.as_str()).collect()) {
            places.entry(name).or_insert_with(|| tag.name.to_lowercase());
        }
    }
    for schema in &contract.schemas {
        if matches!(schema.kind, SchemaKind::HandWritten) {
            places.remove(schema.name.as_str());
        } else {
            places.entry(&schema.name).or_insert_with(|| FAILURES.to_owned());
        }
    }
    places
}
