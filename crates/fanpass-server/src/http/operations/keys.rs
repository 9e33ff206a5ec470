//! List, Rotate and Retire Key.

use std::sync::Arc;

use fanpass_model::operations::{LIST_KEYS, RETIRE_KEY, ROTATE_KEY};
use fanpass_model::{KeyList, KeySummary, Operation};
use tokio::task::spawn_blocking;

use crate::app::App;
use crate::auth::{ALGORITHM, Authority, FIRST, name_of};
use crate::error::ServiceError;
use crate::http::call::{Call, Operate};
use crate::http::json::to_json;
use crate::http::problem::{Kind, Problem};

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_KEYS;
    type Answer = KeyList;

    async fn operate(call: &mut Call) -> Result<KeyList, Problem> {
        Ok(KeyList::new(summaries(&call.app).await?))
    }
}

pub(in crate::http) struct Rotate;

impl Operate for Rotate {
    const OPERATION: Operation = ROTATE_KEY;
    type Answer = KeySummary;

    async fn operate(call: &mut Call) -> Result<KeySummary, Problem> {
        let kid = call.app.store.ids().next();
        call.audit.target = Some(kid.clone());
        let answer = KeySummary::new(kid.clone(), ALGORITHM.to_owned(), true, 0);
        let named = kid.clone();
        let key = on_disk(&call.app, move |authority| authority.make_key(kid)).await?;
        // The record decides whether the key was made; without it, its file is gone with `key`.
        let trace = call.trace::<Self>(|| to_json(&answer));
        call.app.store.record_new_key(trace, named, key.thumbprint()).await?;
        call.audited = true;
        let take_up = |authority: &Authority| {
            authority.take_up(key);
            Ok(())
        };
        on_disk(&call.app, take_up).await?;
        Ok(answer)
    }
}

pub(in crate::http) struct Retire;

impl Operate for Retire {
    const OPERATION: Operation = RETIRE_KEY;
    type Answer = KeySummary;

    async fn operate(call: &mut Call) -> Result<KeySummary, Problem> {
        let parameters = &call.parameters;
        let name = parameters
            .text("kid")
            .ok_or_else(|| Problem::invalid_at("kid", "missing", "the parameter `kid` is missing"))?;
        call.audit.target = Some(name.clone());
        let known = summaries(&call.app).await?.into_iter().find(|key| key.kid == name);
        let key = known.ok_or_else(no_key)?;
        if key.signs {
            let detail = "this key signs new tokens; rotate first, then retire it";
            return Err(Problem::new(Kind::CONFLICT, detail));
        }
        let kid = (name != FIRST).then(|| name.clone());
        let aside = on_disk(&call.app, move |authority| authority.set_aside(kid)).await?;
        let aside = aside.ok_or_else(no_key)?;
        // The record decides whether the key is retired; without it, `aside` puts it back.
        let trace = call.trace::<Self>(|| to_json(&key));
        call.app.store.record_retired_key(trace, name).await?;
        call.audited = true;
        let retire = |authority: &Authority| {
            authority.retire(aside);
            Ok(())
        };
        on_disk(&call.app, retire).await?;
        Ok(key)
    }
}

fn no_key() -> Problem {
    Problem::new(Kind::NOT_FOUND, "there is no such key; list the keys to see their ids")
}

async fn summaries(app: &App) -> Result<Vec<KeySummary>, Problem> {
    let mut counts = app.store.tokens_by_key().await?;
    let kids = app.authority.kids();
    let signing = kids.last().cloned();
    let summary = |kid: Option<String>| {
        let tokens = counts.remove(&kid).unwrap_or_default();
        let signs = signing.as_ref() == Some(&kid);
        KeySummary::new(name_of(kid.as_deref()).to_owned(), ALGORITHM.to_owned(), signs, tokens)
    };
    Ok(kids.into_iter().map(summary).collect())
}

/// Runs what writes files on a thread that may wait for them.
async fn on_disk<R: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&Authority) -> Result<R, ServiceError> + Send + 'static,
) -> Result<R, Problem> {
    let app = Arc::clone(app);
    let done = spawn_blocking(move || work(&app.authority)).await;
    Ok(done.map_err(|error| Problem::internal(&error))??)
}
