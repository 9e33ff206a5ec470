//! An import as programs read of it, in whichever command: in the members that the report of a push has.

use fanpass_model::{ImportId, ImportMode, ImportStage, ImportState, ImportStatus, SegmentName};
use serde::Serialize;

use super::buckets::Buckets;

/// What is known of an import. What the service does not tell is not there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import_id: Option<ImportId>,
    status: ImportState,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ImportMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<ImportStage>,
    /// Rows with data in what the service received.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<u64>,
    /// How many of them it has looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    processed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_members: Option<u64>,
    /// `null` while it is not known, or the service never tells enough.
    adds_up: Option<bool>,
    /// Whether the service has told that the import is completed.
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_completion_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
}

impl From<&ImportStatus> for ImportRecord {
    fn from(status: &ImportStatus) -> Self {
        let buckets = Buckets::from(status);
        let complete = status.status == ImportState::Completed;
        let known = status.clone();
        Self {
            segment: known.segment_name,
            file: known.file_name,
            import_id: known.firebase_imported_segment_id,
            status: known.status,
            message: known.message,
            mode: known.mode,
            stage: known.stage,
            read: buckets.total,
            processed: known.processed_rows,
            imported: buckets.imported,
            duplicate: buckets.duplicate,
            rejected: buckets.rejected,
            changed_members: known.changed_members,
            adds_up: buckets.add_up().filter(|_| complete),
            complete,
            created_at: known.created_at,
            updated_at: known.updated_at,
            estimated_completion_at: known.estimated_completion_at,
            completed_at: known.completed_at,
        }
    }
}
