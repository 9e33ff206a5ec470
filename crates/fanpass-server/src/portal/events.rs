//! Live progress: a stream of events (server-sent events, WHATWG HTML, section 9.2) of imports under way.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use fanpass_model::operations::{GET_SEGMENT_IMPORT_STATUS, LIST_IMPORTS};
use fanpass_model::{ImportId, ImportList, ImportStatus, ImportStatusRequest};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;

use super::import_row::Progress;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::http::problem::Problem;

/// How often it is looked how far the imports are.
const EVERY: Duration = Duration::from_secs(1);
/// Imports, the newest ones, among which those under way are looked for.
const LOOKED_AT: &str = "100";

/// Tells of the import `id`, or of all that are under way, until they have ended. A page that then asks again is shown what
/// has become of them, so that they have is all that has to be told.
pub(super) async fn stream(visit: Visit) -> Result<Response, Trouble> {
    let mut watch = Watch {
        _permit: visit.portal.stream_permit()?,
        id: Some(visit.query.text("id").to_owned()).filter(|id| !id.is_empty()),
        told: HashSet::new(),
        over: false,
        visit,
    };
    let first = watch.look().await?;
    let events = stream::unfold((watch, Some(first)), |(mut watch, first)| async move {
        let event = match first {
            Some(first) => first,
            None => watch.next().await?,
        };
        Some((Ok::<_, Infallible>(event), (watch, None)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// Somebody who looks on.
struct Watch {
    visit: Visit,
    _permit: OwnedSemaphorePermit,
    id: Option<String>,
    /// Imports that were told of as under way.
    told: HashSet<String>,
    /// Whether the last event has said that all have ended.
    over: bool,
}

impl Watch {
    /// The next event; none when there is nothing more to tell, or nobody who could.
    async fn next(&mut self) -> Option<Event> {
        if self.over {
            return None;
        }
        sleep(EVERY).await;
        // A service that stops waits for nobody who only looks on.
        let draining = self.visit.portal.app.draining.load(Ordering::Relaxed);
        if draining { None } else { self.look().await.ok() }
    }

    async fn look(&mut self) -> Result<Event, Trouble> {
        let now = self.visit.portal.app.store.clock().now();
        let imports = self.imports().await?;
        let all = imports.iter().map(|status| Progress::of(status, now));
        // One that was under way before is told of once more.
        let news: Vec<_> = all.filter(|import| !import.ended || self.told.contains(&import.id)).collect();
        self.told = news.iter().filter(|import| !import.ended).map(|import| import.id.clone()).collect();
        self.over = self.told.is_empty();
        let name = if self.over { "end" } else { "progress" };
        let news = serde_json::to_string(&news).map_err(|error| Problem::internal(&error))?;
        Ok(Event::default().event(name).data(news))
    }

    async fn imports(&self) -> Result<Vec<ImportStatus>, Trouble> {
        let Some(id) = &self.id else {
            let list: ImportList = self.visit.call(&LIST_IMPORTS, &[("limit", LOOKED_AT)]).await?;
            return Ok(list.imports);
        };
        let id = ImportId::new(id.as_str())
            .map_err(|error| Problem::invalid_at("id", error.kind().code(), error.to_string()))?;
        Ok(vec![self.visit.send(&GET_SEGMENT_IMPORT_STATUS, &ImportStatusRequest::new(id)).await?])
    }
}
