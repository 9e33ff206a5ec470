//! Export User and Delete User: what a fan may ask of a club.

use std::collections::BTreeMap;

use fanpass_model::operations::{DELETE_USER, EXPORT_USER};
use fanpass_model::{
    AttributeKey, DeletedUser, ExportedAttribute, Operation, SegmentName, UserExport, WaitingAttribute,
};

use super::audit::record;
use super::forwarding::letter;
use super::stored_users::change;
use super::users::{no_user, pseudonym};
use crate::http::call::{Call, Operate};
use crate::http::json::to_json;
use crate::http::problem::Problem;
use crate::store::{
    AuditFilter, AuditRecord, Erased, Store, StoreError, UserChange, UserChangePage, UserFile,
};

/// Changes, and records, of one export at most. The changes end at the bytes of a page, too.
const ENTRIES_MAX: u32 = 10_000;

pub(in crate::http) struct Delete;

impl Operate for Delete {
    const OPERATION: Operation = DELETE_USER;
    type Answer = DeletedUser;

    async fn operate(call: &mut Call) -> Result<DeletedUser, Problem> {
        let user = call.parameters.user_id()?;
        let pseudonym = pseudonym(&user);
        call.audit.target = Some(pseudonym.clone());
        let store = call.app.store.clone();
        let segments = store.segments_of(&user).await?;
        if segments.is_empty() && store.user(&user).await?.is_none() {
            return Err(no_user());
        }
        let answer = deleted(pseudonym.clone(), Erased::default(), segments);
        let mut trace = call.trace::<Self>(String::new);
        let kept = answer.clone();
        let traced = move |erased: Erased| {
            if let Some((_, text)) = &mut trace.answer {
                *text = to_json(&deleted(kept.user, erased, kept.segments));
            }
            trace
        };
        let erased = store.erase_user(&user, &pseudonym, traced).await?;
        call.audited = true;
        Ok(deleted(answer.user, erased, answer.segments))
    }
}

fn deleted(user: String, erased: Erased, segments: Vec<SegmentName>) -> DeletedUser {
    DeletedUser::new(user, erased.attributes, erased.changes, segments)
}

pub(in crate::http) struct Export;

impl Operate for Export {
    const OPERATION: Operation = EXPORT_USER;
    type Answer = UserExport;

    async fn operate(call: &mut Call) -> Result<UserExport, Problem> {
        let user = call.parameters.user_id()?;
        let pseudonym = pseudonym(&user);
        call.audit.target = Some(pseudonym.clone());
        call.expect_long_answer().await?;
        let store = &call.app.store;
        let UserFile { stored, history, waiting, dead } = store.user_file(&user, ENTRIES_MAX).await?;
        let segments = store.segments_of(&user).await?;
        if stored.is_none() && segments.is_empty() {
            return Err(no_user());
        }
        let UserChangePage { changes: history, next } = history;
        let (audit, audit_next) = audit_about(store, &pseudonym).await?;
        let now = store.clock().now().to_string();
        let mut export = UserExport::new(user, now, Vec::new(), segments, Vec::new(), Vec::new(), true);
        if let Some(stored) = stored {
            export.updated_at = Some(stored.updated_at.to_string());
            let mut times = times(&history);
            export.attributes = stored
                .attributes
                .iter()
                .map(|(key, value)| {
                    let mut attribute = ExportedAttribute::new(key.clone(), value.clone());
                    attribute.changed_at = times.remove(key);
                    attribute
                })
                .collect();
        }
        export.history = history.into_iter().map(change).collect();
        export.audit = audit.into_iter().map(record).collect();
        let waiting = waiting.into_iter().map(|(key, at)| WaitingAttribute::new(key, at.to_string()));
        export.waiting = waiting.collect();
        export.dead_letters = dead.into_iter().map(letter).collect();
        export.history_next = next.map(|next| next.to_string());
        export.audit_next = audit_next.map(|next| next.to_string());
        export.complete = export.history_next.is_none() && export.audit_next.is_none();
        Ok(export)
    }
}

/// When each attribute last changed, as far as `history` tells.
fn times(history: &[UserChange]) -> BTreeMap<AttributeKey, String> {
    let mut times = BTreeMap::new();
    for change in history.iter().rev() {
        let changed = change.attributes.iter();
        times.extend(changed.map(|attribute| (attribute.key.clone(), change.at.to_string())));
    }
    times
}

/// Records of calls about a user. There is no index of them, which every update would have to pay for: the audit is
/// looked through, a bounded part at a time. Says where it goes on, if there may be more.
async fn audit_about(store: &Store, pseudonym: &str) -> Result<(Vec<AuditRecord>, Option<i64>), StoreError> {
    let mut records = Vec::new();
    let mut filter =
        AuditFilter { limit: ENTRIES_MAX, target: Some(pseudonym.to_owned()), ..AuditFilter::default() };
    loop {
        let page = store.audit_page(filter.clone()).await?;
        filter.limit = filter.limit.saturating_sub(u32::try_from(page.records.len()).unwrap_or(u32::MAX));
        filter.before = page.next;
        records.extend(page.records);
        if page.next.is_none() || filter.limit == 0 {
            return Ok((records, page.next));
        }
    }
}
