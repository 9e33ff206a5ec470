//! An import as the lists, its own page and the stream of events show it.

use fanpass_model::{ImportStage, ImportState, ImportStatus};
use jiff::Timestamp;
use serde::Serialize;

use super::link;
use super::show::{When, count, maybe_count};

/// One import, in words.
pub(super) struct ImportRow {
    pub(super) id: String,
    pub(super) address: String,
    pub(super) segment: String,
    pub(super) segment_address: String,
    /// The name of the file, or how the list came without one.
    pub(super) source: String,
    pub(super) mode: String,
    pub(super) rejected: u64,
    pub(super) total: String,
    pub(super) imported: String,
    pub(super) duplicate: String,
    pub(super) changed: Option<String>,
    pub(super) begun: Option<When>,
    pub(super) updated: Option<When>,
    pub(super) ended_at: Option<When>,
    pub(super) message: Option<String>,
    pub(super) progress: Progress,
}

/// What changes while an import runs: what the stream of events tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Progress {
    pub(super) id: String,
    /// How far it is, in a word.
    pub(super) stage: String,
    pub(super) processed: String,
    pub(super) rejected: String,
    /// How much of it is done, where that can be told.
    pub(super) percent: Option<i64>,
    /// When it will presumably have ended.
    pub(super) until: Option<String>,
    pub(super) ended: bool,
}

impl Progress {
    pub(super) fn of(status: &ImportStatus, now: Timestamp) -> Self {
        let ended = is_over(&status.status);
        let until = status.estimated_completion_at.as_deref().filter(|_| !ended);
        let id = status.firebase_imported_segment_id.as_ref();
        Self {
            id: id.map(ToString::to_string).unwrap_or_default(),
            stage: status.stage.as_ref().map_or_else(|| status.status.to_string(), ImportStage::to_string),
            processed: maybe_count(status.processed_rows),
            rejected: maybe_count(status.rejected_rows),
            percent: if ended { Some(100) } else { percent(status, now) },
            until: until.map(|until| When::of(until).human),
            ended,
        }
    }
}

/// How much of an import is done, of the time that it will presumably take.
fn percent(status: &ImportStatus, now: Timestamp) -> Option<i64> {
    let begun: Timestamp = status.created_at.as_deref()?.parse().ok()?;
    let end: Timestamp = status.estimated_completion_at.as_deref()?.parse().ok()?;
    let whole = end.as_millisecond().saturating_sub(begun.as_millisecond());
    let done = now.as_millisecond().saturating_sub(begun.as_millisecond());
    // 100 is for the end alone.
    done.saturating_mul(100).checked_div(whole).map(|percent| percent.clamp(0, 99))
}

/// Whether nothing more will happen.
pub(super) fn is_over(state: &ImportState) -> bool {
    !matches!(state, ImportState::Pending | ImportState::Processing)
}

impl ImportRow {
    pub(super) fn of(status: ImportStatus, now: Timestamp) -> Self {
        let progress = Progress::of(&status, now);
        let segment = status.segment_name.map(String::from).unwrap_or_default();
        Self {
            id: progress.id.clone(),
            address: link::import(&progress.id),
            segment_address: link::segment(&segment),
            segment,
            source: status.file_name.unwrap_or_else(|| "inline list".to_owned()),
            mode: status.mode.map(String::from).unwrap_or_default(),
            rejected: status.rejected_rows.unwrap_or(0),
            total: maybe_count(status.total_rows),
            imported: maybe_count(status.imported_rows),
            duplicate: maybe_count(status.duplicate_rows),
            changed: status.changed_members.map(count),
            begun: When::maybe(status.created_at.as_deref()),
            updated: When::maybe(status.updated_at.as_deref()),
            ended_at: When::maybe(status.completed_at.as_deref()),
            message: status.message,
            progress,
        }
    }

    /// All of a list.
    pub(super) fn all(statuses: Vec<ImportStatus>, now: Timestamp) -> Vec<Self> {
        statuses.into_iter().map(|status| Self::of(status, now)).collect()
    }
}
