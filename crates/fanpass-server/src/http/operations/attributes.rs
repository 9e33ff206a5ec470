//! List Attributes, Register Attribute, Set Attribute State and Get Attribute Use.

use fanpass_model::operations::{
    GET_ATTRIBUTE_USE, LIST_ATTRIBUTES, REGISTER_ATTRIBUTE, SET_ATTRIBUTE_STATE,
};
use fanpass_model::{
    AttributeDefinition, AttributeKey, AttributeList, AttributeState, AttributeStateRequest, AttributeUse,
    DefinitionFault, ErrorKind, Namespace, Operation, ProblemItem, ValueUse,
};
use serde_json::json;

use crate::http::call::{Call, Operate};
use crate::http::json::{to_json, unknown_members};
use crate::http::problem::{Kind, Problem, item};
use crate::store::PageRoom;

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_ATTRIBUTES;
    type Answer = AttributeList;

    async fn operate(call: &mut Call) -> Result<AttributeList, Problem> {
        call.expect_long_answer().await?;
        let parameters = &call.parameters;
        let after = parameters.optional("after", |text| AttributeKey::new(text.to_owned()))?;
        let mut room = PageRoom::new(parameters.limit()?);
        let registry = call.app.registry();
        let is_platform = |known: &&AttributeDefinition| known.key.namespace() == Namespace::Platform;
        let platform = registry.iter().filter(is_platform).count();
        let with_ga4 = |definition: &AttributeDefinition| AttributeDefinition {
            ga4: definition.ga4_property(platform),
            ..definition.clone()
        };
        let mut list = AttributeList::new(Vec::new());
        let before = |known: &&AttributeDefinition| {
            after.as_ref().is_some_and(|after| place(&known.key) <= place(after))
        };
        for definition in registry.iter().skip_while(before) {
            let definition = with_ga4(definition);
            if !room.take(to_json(&definition).len()) {
                list.next = list.attributes.last().map(|last| last.key.to_string());
                break;
            }
            list.attributes.push(definition);
        }
        Ok(list)
    }
}

/// Where an attribute stands in the list.
fn place(key: &AttributeKey) -> (Namespace, &AttributeKey) {
    (key.namespace(), key)
}

pub(in crate::http) struct Register;

impl Operate for Register {
    const OPERATION: Operation = REGISTER_ATTRIBUTE;
    type Answer = AttributeDefinition;

    async fn operate(call: &mut Call) -> Result<AttributeDefinition, Problem> {
        let definition: AttributeDefinition = call.json().await?;
        call.audit.target = Some(definition.key.to_string());
        let wrong = everything_wrong(&definition);
        if !wrong.is_empty() {
            return Err(Problem::invalid(wrong));
        }
        let trace = call.trace::<Self>(|| to_json(&definition));
        let most = call.app.limits.attributes_registered;
        call.app.store.register_attribute(definition.clone(), most, trace).await?;
        call.audited = true;
        Ok(definition)
    }
}

fn everything_wrong(definition: &AttributeDefinition) -> Vec<ProblemItem> {
    let mut wrong = unknown_members(definition.extra.keys(), &[]);
    if definition.ga4.is_some() {
        wrong.push(item("/ga4", "unknown_member", "`ga4` is told when attributes are listed; leave it out"));
    }
    if let Some(platform) = platform_key(&definition.key) {
        wrong.push(platform);
    }
    wrong.extend(definition.faults().iter().map(fault));
    wrong
}

fn platform_key(key: &AttributeKey) -> Option<ProblemItem> {
    (key.namespace() == Namespace::Platform).then(|| {
        let detail = format!(
            "`{key}` is a platform key; only `custom.*` is registered, the platform catalogue is configured"
        );
        item("/key", "platform_key", detail)
    })
}

fn fault(fault: &DefinitionFault) -> ProblemItem {
    let DefinitionFault { member, entry, error } = fault;
    let entry = entry.map(|entry| format!("/{entry}")).unwrap_or_default();
    item(format!("/{member}{entry}"), error.kind().code(), format!("the {error}"))
}

pub(in crate::http) struct SetState;

impl Operate for SetState {
    const OPERATION: Operation = SET_ATTRIBUTE_STATE;
    type Answer = AttributeDefinition;

    async fn operate(call: &mut Call) -> Result<AttributeDefinition, Problem> {
        let AttributeStateRequest { key, state } = call.json().await?;
        call.audit.target = Some(key.to_string());
        let retired = match state {
            AttributeState::Active => false,
            AttributeState::Retired => true,
            _ => {
                let kind = ErrorKind::UnknownState;
                return Err(Problem::invalid_at("/state", kind.code(), format!("the state {kind}")));
            }
        };
        call.audit.outcome = Some(json!({"state": state.as_str()}));
        if let Some(platform) = platform_key(&key) {
            return Err(Problem::invalid(vec![platform]));
        }
        let registered = call.app.store.attributes().get(&key).cloned();
        // Storing the state of one that is not registered is refused below.
        let mut definition = registered.unwrap_or_else(|| AttributeDefinition::new(key.clone()));
        definition.state = retired.then_some(AttributeState::Retired);
        let trace = call.trace::<Self>(|| to_json(&definition));
        call.app.store.retire_attribute(&key, retired, trace).await?;
        call.audited = true;
        Ok(definition)
    }
}

pub(in crate::http) struct Use;

impl Operate for Use {
    const OPERATION: Operation = GET_ATTRIBUTE_USE;
    type Answer = AttributeUse;

    async fn operate(call: &mut Call) -> Result<AttributeUse, Problem> {
        let parameters = &call.parameters;
        let key = parameters.attribute_key()?;
        call.audit.target = Some(key.to_string());
        let limit = parameters.limit()?;
        call.expect_long_answer().await?;
        let found = call.app.store.attribute_use(&key, limit).await?;
        // One that is carried though it is not known was known once.
        if found.users == 0
            && let Some(unknown) = call.app.registry().check_key(&key)
        {
            return Err(Problem::new(Kind::NOT_FOUND, unknown.to_string()));
        }
        let values = found.values.into_iter().map(|(value, users)| ValueUse::new(value, users));
        let mut answer = AttributeUse::new(key, found.users, values.collect());
        answer.distinct = found.distinct;
        Ok(answer)
    }
}
