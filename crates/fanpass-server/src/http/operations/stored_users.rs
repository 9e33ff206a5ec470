//! List Users and Get User History.

use fanpass_model::operations::{GET_USER_HISTORY, LIST_USERS};
use fanpass_model::{AttributeChange, Operation, UserChange, UserHistory, UserId, UserList, UserSummary};

use super::users::{no_user, pseudonym};
use crate::http::call::{Call, Operate};
use crate::http::problem::Problem;
use crate::http::query::cut;
use crate::store;

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_USERS;
    type Answer = UserList;

    async fn operate(call: &mut Call) -> Result<UserList, Problem> {
        let parameters = &call.parameters;
        let after = parameters.optional("after", |text| UserId::new(text))?;
        let limit = parameters.limit();
        // One more than asked for tells whether there is a next page.
        let mut page = call.app.store.users(after.as_ref(), limit + 1).await?;
        let more = cut(&mut page.users, limit);
        let users =
            page.users.into_iter().map(|(id, updated_at)| UserSummary::new(id, updated_at.to_string()));
        let mut list = UserList::new(users.collect(), page.total);
        if more {
            list.next = list.users.last().map(|last| last.user_id.to_string());
        }
        Ok(list)
    }
}

pub(in crate::http) struct History;

impl Operate for History {
    const OPERATION: Operation = GET_USER_HISTORY;
    type Answer = UserHistory;

    async fn operate(call: &mut Call) -> Result<UserHistory, Problem> {
        let parameters = &call.parameters;
        let user = parameters.user_id()?;
        call.audit.target = Some(pseudonym(&user));
        let limit = parameters.limit();
        let before = parameters.after_number()?;
        call.expect_long_answer().await?;
        let page = call.app.store.user_changes(&user, before, limit).await?;
        if page.changes.is_empty() && call.app.store.user(&user).await?.is_none() {
            return Err(no_user());
        }
        let mut history = UserHistory::new(page.changes.into_iter().map(change).collect());
        history.next = page.next.map(|next| next.to_string());
        Ok(history)
    }
}

pub(super) fn change(stored: store::UserChange) -> UserChange {
    let attributes = stored.attributes.into_iter();
    let attributes = attributes.map(|change| AttributeChange::new(change.key, change.before, change.after));
    let mut change = UserChange::new(stored.at.to_string(), attributes.collect());
    change.subject = stored.subject;
    change.jti = stored.jti;
    change.request_id = stored.request_id.filter(|id| !id.is_empty());
    change
}
