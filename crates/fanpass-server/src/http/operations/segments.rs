//! Create/Update Segment: an inline list, published before the answer.

use std::fmt;

use fanpass_model::operations::CREATE_SEGMENT;
use fanpass_model::{
    CreateSegmentRequest, ImportState, Operation, ProblemItem, SegmentName, SegmentReceipt, UserId,
};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::imports::{mode, receipt, receipt_again, wrong_mode};
use crate::app::App;
use crate::http::body::{self, ContentType, Room};
use crate::http::call::{Call, Operate};
use crate::http::json;
use crate::http::loose::Loose;
use crate::http::problem::{ITEMS_MAX, Kind, Problem, item};
use crate::store::{Mode, Stage};

const SEGMENT_NAME: &str = "segmentName";
const USER_IDS: &str = "userIds";
const MODE: &str = "mode";

pub(in crate::http) struct Create;

impl Operate for Create {
    const OPERATION: Operation = CREATE_SEGMENT;
    type Answer = SegmentReceipt;

    async fn operate(call: &mut Call) -> Result<SegmentReceipt, Problem> {
        if ContentType::of(&call.parts.headers) != ContentType::Json {
            let taken = "application/json (an inline list) or multipart/form-data (a file)";
            return Err(body::wrong_type(&call.parts.headers, taken));
        }
        call.app.check_room(0)?;
        let room = Room::new(&call.app.inline_room);
        let body = call.json_bytes(call.app.limits.inline_body_bytes, room).await?;
        let request: CreateSegmentRequest =
            json::read(&body).map_err(|first| everything_wrong(&body).unwrap_or(first))?;
        drop(body);
        call.audit.target = Some(request.segment_name.to_string());
        if request.user_ids.is_empty() {
            return Err(Problem::invalid(vec![no_ids()]));
        }
        let most = call.app.limits.ids_per_list;
        if request.user_ids.len() > most {
            let detail = format!(
                "`{USER_IDS}` has {} ids and an inline list takes {most}; import a file instead",
                request.user_ids.len()
            );
            return Err(Problem::invalid_at(format!("/{USER_IDS}"), "too_many", detail));
        }
        let mode = mode(&format!("/{MODE}"), request.mode).map_err(|wrong| Problem::invalid(vec![wrong]))?;
        let ids = request.user_ids.into_iter().map(Ok);
        let caller = call.caller();
        let job = call.app.imports.publish(request.segment_name, mode, ids, caller).await?;
        match job.stage {
            // Nothing is wrong with the ids: there is no segment to remove them from.
            Stage::Failed if mode == Mode::Remove => {
                Err(Problem::new(Kind::NOT_FOUND, job.message.unwrap_or_default()))
            }
            Stage::Failed => Err(Problem::internal(&job.message.unwrap_or_default())),
            Stage::Cancelled => {
                let detail = format!("import `{}` was cancelled; the segment is as it was before", job.id);
                Err(Problem::new(Kind::CONFLICT, detail))
            }
            _ => Ok(receipt(job.id, ImportState::Completed)),
        }
    }

    async fn answer_again(_: &App, kept: String) -> Result<Vec<u8>, Problem> {
        receipt_again(kept, ImportState::Completed)
    }
}

fn no_ids() -> ProblemItem {
    let detail =
        "`userIds` is empty: it would wipe the segment, or add or remove nobody; send at least one user id";
    item(format!("/{USER_IDS}"), "empty", detail)
}

/// The request with ids and name as they come, if they do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Draft {
    #[serde(default, deserialize_with = "present")]
    segment_name: Option<Loose>,
    #[serde(default, deserialize_with = "present")]
    mode: Option<Loose>,
    #[serde(default, deserialize_with = "present")]
    user_ids: Option<WrongIds>,
}

/// A member that stands there, `null` included.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What is wrong with the ids of a list, of which nothing else is kept.
struct WrongIds(Vec<ProblemItem>);

impl<'de> Deserialize<'de> for WrongIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(WrongIdsVisitor)
    }
}

struct WrongIdsVisitor;

impl<'de> Visitor<'de> for WrongIdsVisitor {
    type Value = WrongIds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of user ids")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut ids: A) -> Result<WrongIds, A::Error> {
        let mut wrong = Vec::new();
        let mut position = 0_usize;
        while let Some(id) = ids.next_element::<Loose>()? {
            if wrong.len() < ITEMS_MAX {
                wrong.extend(id.fault(|| format!("/{USER_IDS}/{position}"), UserId::validate));
            }
            position += 1;
        }
        if position == 0 {
            wrong.push(no_ids());
        }
        Ok(WrongIds(wrong))
    }
}

/// All that is wrong with a request that could not be read as one: reading stops at the first fault, and whoever mends
/// an export wants them all. `None` where the first fault says more, such as a list that is none.
fn everything_wrong(body: &[u8]) -> Option<Problem> {
    let (draft, mut items) = json::survey::<Draft>(body)?;
    let place = || format!("/{SEGMENT_NAME}");
    match draft.segment_name {
        Some(name) => items.extend(name.fault(place, SegmentName::validate)),
        None => items.push(json::missing(place(), SEGMENT_NAME)),
    }
    if let Some(Loose::Other(found)) = draft.mode {
        items.push(wrong_mode(&format!("/{MODE}"), found));
    }
    match draft.user_ids {
        Some(ids) => items.extend(ids.0),
        None => items.push(json::missing(format!("/{USER_IDS}"), USER_IDS)),
    }
    (!items.is_empty()).then(|| Problem::invalid(items))
}
