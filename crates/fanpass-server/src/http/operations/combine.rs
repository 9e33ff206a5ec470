//! Combine Segments: users by the segments they are in and are not in.

use fanpass_model::Combination as Answer;
use fanpass_model::operations::COMBINE_SEGMENTS;
use fanpass_model::{CombineRequest, Operation, UserId};

use crate::http::call::{Call, Operate};
use crate::http::problem::{Problem, item};
use crate::http::query::page_of;
use crate::store::Combination;

/// Segments of one combination at most.
const SEGMENTS_MAX: usize = 32;

pub(in crate::http) struct Combine;

impl Operate for Combine {
    const OPERATION: Operation = COMBINE_SEGMENTS;
    type Answer = Answer;

    async fn operate(call: &mut Call) -> Result<Answer, Problem> {
        let request: CombineRequest = call.json().await?;
        let (after, limit) = check(&request)?;
        let CombineRequest { all, any, none, .. } = request;
        let part = call.app.store.combine(Combination { all, any, none }, after.as_ref(), limit).await?;
        let mut answer = Answer::new(part.users, part.count);
        answer.next = part.next.map(|next| next.to_string());
        Ok(answer)
    }
}

/// Where to begin and how many users to list, none of them where they are counted.
fn check(request: &CombineRequest) -> Result<(Option<UserId>, Option<u32>), Problem> {
    let CombineRequest { all, any, none, after, limit, count } = request;
    let mut items = Vec::new();
    if all.is_empty() && any.is_empty() {
        let detail = "name at least one segment in `all` or in `any`: the users are taken from those";
        items.push(item("", "missing", detail));
    }
    if all.len() + any.len() + none.len() > SEGMENTS_MAX {
        items.push(item("", "too_many", format!("a combination takes {SEGMENTS_MAX} segments")));
    }
    let (after, limit) = page_of(after.as_deref(), *limit, &mut items);
    if !items.is_empty() {
        return Err(Problem::invalid(items));
    }
    Ok((after, (*count != Some(true)).then_some(limit)))
}
