//! List Attributes and Register Attribute.

use fanpass_model::operations::{LIST_ATTRIBUTES, REGISTER_ATTRIBUTE};
use fanpass_model::{AttributeDefinition, AttributeList, Namespace, Operation};

use crate::http::call::{Call, Operate};
use crate::http::json::{to_json, unknown_members};
use crate::http::problem::Problem;
use crate::store::AttributeRecord;

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_ATTRIBUTES;
    type Answer = AttributeList;

    async fn operate(call: &mut Call) -> Result<AttributeList, Problem> {
        Ok(AttributeList::new(call.app.registry().iter().cloned().collect()))
    }
}

pub(in crate::http) struct Register;

impl Operate for Register {
    const OPERATION: Operation = REGISTER_ATTRIBUTE;
    type Answer = AttributeDefinition;

    async fn operate(call: &mut Call) -> Result<AttributeDefinition, Problem> {
        let definition: AttributeDefinition = call.json().await?;
        call.audit.target = Some(definition.key.to_string());
        let unknown = unknown_members(definition.extra.keys(), &[]);
        if !unknown.is_empty() {
            return Err(Problem::invalid(unknown));
        }
        if definition.key.namespace() == Namespace::Platform {
            let detail = format!(
                "`{}` is a platform key; only `custom.*` is registered, the platform catalogue is configured",
                definition.key
            );
            return Err(Problem::invalid_at("/key", "platform_key", detail));
        }
        let record = AttributeRecord {
            key: definition.key.clone(),
            attribute_type: definition.r#type,
            description: definition.description.clone(),
        };
        let trace = call.trace::<Self>(|| to_json(&definition));
        call.app.store.register_attribute(record, trace).await?;
        call.audited = true;
        Ok(definition)
    }
}
