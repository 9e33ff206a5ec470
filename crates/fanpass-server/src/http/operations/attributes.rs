//! List Attributes, Register Attribute and Get Attribute Use.

use fanpass_model::operations::{GET_ATTRIBUTE_USE, LIST_ATTRIBUTES, REGISTER_ATTRIBUTE};
use fanpass_model::{
    AttributeDefinition, AttributeList, AttributeUse, AttributeValue, Namespace, Operation, UserProperties,
    ValueUse,
};

use crate::http::call::{Call, Operate};
use crate::http::json::{to_json, unknown_members};
use crate::http::problem::{Kind, Problem};
use crate::http::query::Parameters;
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

pub(in crate::http) struct Use;

impl Operate for Use {
    const OPERATION: Operation = GET_ATTRIBUTE_USE;
    type Answer = AttributeUse;

    async fn operate(call: &mut Call) -> Result<AttributeUse, Problem> {
        let parameters = Parameters::of(&call.parts.uri, &["key", "limit"])?;
        let key = parameters.attribute_key()?;
        call.audit.target = Some(key.to_string());
        let limit = usize::try_from(parameters.limit()?).unwrap_or(usize::MAX);
        let found = call.app.store.attribute_use(&key, limit).await?;
        // One that is carried though it is not known was known once.
        let carried = UserProperties::from_iter([(key.clone(), AttributeValue::Unset)]);
        if found.users == 0
            && let Some(unknown) = call.app.registry().check(&carried).first()
        {
            return Err(Problem::new(Kind::NOT_FOUND, unknown.to_string()));
        }
        let values = found.values.into_iter().map(|(value, users)| ValueUse::new(value, users));
        let mut answer = AttributeUse::new(key, found.users, values.collect());
        answer.distinct = found.distinct;
        Ok(answer)
    }
}
