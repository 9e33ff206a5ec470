//! Audiences: Preview Audience, Save Audience, List Audiences, Get Audience, Delete Audience, List Audience Members, List User
//! Audiences.

use std::ops::Bound;
use std::sync::Arc;

use fanpass_model::operations::{
    DELETE_AUDIENCE, GET_AUDIENCE, LIST_AUDIENCE_MEMBERS, LIST_AUDIENCES, LIST_USER_AUDIENCES,
    PREVIEW_AUDIENCE, SAVE_AUDIENCE,
};
use fanpass_model::{
    Audience, AudienceList, AudienceName, AudiencePart, Operation, PreviewAudienceRequest, ProblemItem,
    SaveAudienceRequest, UserAudiences, UserId,
};

use super::users::pseudonym;
use crate::app::App;
use crate::http::call::{Call, Operate};
use crate::http::json::to_json;
use crate::http::problem::{Problem, item};
use crate::http::query::page_of;
use crate::store::{AudienceRecord, PageRoom, Trace, UserPart, no_audience};
use crate::targeting::{Draft, Expression, Fault};

/// Bytes that the description of an audience has at most.
const DESCRIPTION_MAX_BYTES: usize = 1024;

pub(in crate::http) struct Preview;

impl Operate for Preview {
    const OPERATION: Operation = PREVIEW_AUDIENCE;
    type Answer = AudiencePart;

    async fn operate(call: &mut Call) -> Result<AudiencePart, Problem> {
        let PreviewAudienceRequest { expression, after, limit, count, .. } = call.json().await?;
        let mut items = Vec::new();
        let (after, limit) = page_of(after.as_deref(), limit, &mut items);
        let expression = Arc::new(understand(&call.app, &expression, items).await?);
        let limit = (count != Some(true)).then_some(limit);
        Ok(part(call.app.store.select(expression, after.as_ref(), limit).await?))
    }
}

pub(in crate::http) struct Save;

impl Operate for Save {
    const OPERATION: Operation = SAVE_AUDIENCE;
    type Answer = Audience;

    async fn operate(call: &mut Call) -> Result<Audience, Problem> {
        let SaveAudienceRequest { audience_name, expression: text, description, .. } = call.json().await?;
        call.audit.target = Some(audience_name.to_string());
        let mut items = Vec::new();
        if let Some(length) =
            description.as_ref().map(String::len).filter(|length| *length > DESCRIPTION_MAX_BYTES)
        {
            let detail =
                format!("the description has {length} bytes; at most {DESCRIPTION_MAX_BYTES} are allowed");
            items.push(item("/description", "too_long", detail));
        }
        let expression = understand(&call.app, &text, items).await?;
        let (subject, trace) = (call.audit.subject.clone(), answered::<Self>(call));
        let record = call
            .app
            .store
            .save_audience(audience_name, (text, expression), description, subject, trace)
            .await?;
        call.audited = true;
        Ok(audience(&record))
    }
}

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_AUDIENCES;
    type Answer = AudienceList;

    async fn operate(call: &mut Call) -> Result<AudienceList, Problem> {
        call.expect_long_answer().await?;
        let parameters = &call.parameters;
        let after = parameters.optional("after", |text| AudienceName::new(text))?;
        let limit = parameters.limit();
        let all = call.app.store.audiences();
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        // One more than asked for tells whether there is a next page.
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let records: Vec<_> =
            all.range((behind, Bound::Unbounded)).map(|(_, record)| record).take(wanted).collect();
        let (mut list, mut room) = (AudienceList::new(Vec::new()), PageRoom::new(limit));
        for audience in with_problems(&call.app, &records).await? {
            if !room.take(to_json(&audience).len()) {
                list.next = list.audiences.last().map(|last| last.audience_name.to_string());
                break;
            }
            list.audiences.push(audience);
        }
        Ok(list)
    }
}

pub(in crate::http) struct Get;

impl Operate for Get {
    const OPERATION: Operation = GET_AUDIENCE;
    type Answer = Audience;

    async fn operate(call: &mut Call) -> Result<Audience, Problem> {
        let name = call.parameters.audience_name()?;
        let record = named(call, &name)?;
        let mut found = with_problems(&call.app, &[&record]).await?;
        Ok(found.pop().unwrap_or_else(|| audience(&record)))
    }
}

pub(in crate::http) struct Delete;

impl Operate for Delete {
    const OPERATION: Operation = DELETE_AUDIENCE;
    type Answer = Audience;

    async fn operate(call: &mut Call) -> Result<Audience, Problem> {
        let name = call.parameters.audience_name()?;
        let record = named(call, &name)?;
        let trace = answered::<Self>(call);
        let deleted = call.app.store.delete_audience(record.name.clone(), trace).await?;
        call.audited = true;
        Ok(audience(&deleted))
    }
}

pub(in crate::http) struct ListMembers;

impl Operate for ListMembers {
    const OPERATION: Operation = LIST_AUDIENCE_MEMBERS;
    type Answer = AudiencePart;

    async fn operate(call: &mut Call) -> Result<AudiencePart, Problem> {
        let parameters = &call.parameters;
        let after = parameters.optional("after", |text| UserId::new(text))?;
        let limit = parameters.limit();
        let limit = (parameters.boolean("count")? != Some(true)).then_some(limit);
        let name = parameters.audience_name()?;
        let record = named(call, &name)?;
        let expression = Arc::clone(&record.expression);
        Ok(part(call.app.store.select(expression, after.as_ref(), limit).await?))
    }
}

pub(in crate::http) struct ListOfUser;

impl Operate for ListOfUser {
    const OPERATION: Operation = LIST_USER_AUDIENCES;
    type Answer = UserAudiences;

    async fn operate(call: &mut Call) -> Result<UserAudiences, Problem> {
        let user = call.parameters.user_id()?;
        call.audit.target = Some(pseudonym(&user));
        let audiences = call.app.store.audiences_of(&user).await?;
        Ok(UserAudiences::new(user, audiences))
    }
}

/// The audience of that name, which the call is about.
fn named(call: &mut Call, name: &AudienceName) -> Result<Arc<AudienceRecord>, Problem> {
    call.audit.target = Some(name.to_string());
    let record = call.app.store.audiences().get(name).map(Arc::clone);
    record.ok_or_else(|| no_audience(name).into())
}

/// What to store with an audience that is saved or deleted.
fn answered<O: Operate>(call: &mut Call) -> impl FnOnce(&AudienceRecord) -> Trace + Send + 'static {
    let (once, audit) = (call.once(), call.audit_with(O::OPERATION.success));
    move |record| Trace { audit, answer: once.map(|once| (once, to_json(&audience(record)))) }
}

/// The expression that `text` says, or all that is wrong with it, behind what else is wrong with the request.
async fn understand(app: &App, text: &str, mut items: Vec<ProblemItem>) -> Result<Expression, Problem> {
    let draft = Draft::read(text);
    items.extend(faults(app, &draft).await?.iter().map(fault));
    match draft.into_expression() {
        Ok(expression) if items.is_empty() => Ok(expression),
        _ => Err(Problem::invalid(items)),
    }
}

async fn faults(app: &App, draft: &Draft<'_>) -> Result<Vec<Fault>, Problem> {
    let names: Vec<_> = draft.segments().into_iter().cloned().collect();
    let missing = app.store.missing_segments(names).await?;
    Ok(draft.faults(&app.registry(), &missing))
}

fn fault(fault: &Fault) -> ProblemItem {
    let mut item = item("/expression", fault.code, fault.to_string());
    item.offset = u64::try_from(fault.offset).ok();
    item
}

/// Audiences with what has become wrong with them since they were saved.
async fn with_problems(app: &App, records: &[&Arc<AudienceRecord>]) -> Result<Vec<Audience>, Problem> {
    let drafts: Vec<_> = records.iter().map(|record| Draft::read(&record.text)).collect();
    let names: Vec<_> = drafts.iter().flat_map(Draft::segments).cloned().collect();
    let missing = app.store.missing_segments(names).await?;
    let registry = app.registry();
    let with_problems = records.iter().zip(&drafts).map(|(record, draft)| {
        let mut audience = audience(record);
        audience.problems = draft.faults(&registry, &missing).iter().map(fault).collect();
        audience
    });
    Ok(with_problems.collect())
}

fn audience(record: &AudienceRecord) -> Audience {
    let (created_at, updated_at) = (record.created_at.to_string(), record.updated_at.to_string());
    let mut audience = Audience::new(record.name.clone(), record.text.clone(), created_at, updated_at);
    audience.description.clone_from(&record.description);
    audience.subject.clone_from(&record.subject);
    audience
}

fn part(found: UserPart) -> AudiencePart {
    let mut part = AudiencePart::new(found.users, found.count);
    part.next = found.next.map(|next| next.to_string());
    part
}
