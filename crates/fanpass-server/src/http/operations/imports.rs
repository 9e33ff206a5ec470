//! Import Segment and Get Segment Import Status.

use fanpass_model::operations::{GET_SEGMENT_IMPORT_STATUS, IMPORT_SEGMENT};
use fanpass_model::{
    ImportId, ImportState, ImportStatus, ImportStatusRequest, Operation, RowError, SegmentReceipt,
};

use crate::app::App;
use crate::http::call::{Call, Operate};
use crate::http::json::to_json;
use crate::http::problem::{Kind, Problem};
use crate::http::upload::{self, Form};
use crate::store::{ImportJob, JobState, RowReject};

pub(in crate::http) struct Import;

impl Operate for Import {
    const OPERATION: Operation = IMPORT_SEGMENT;
    type Answer = SegmentReceipt;

    async fn operate(call: &mut Call) -> Result<SegmentReceipt, Problem> {
        let mut form = upload::receive(call).await?;
        call.audit.target = Some(form.segment.to_string());
        form.check(&call.app).await?;
        let Form { segment, file_name, file } = form;
        let caller = call.caller();
        let job = call.app.imports.submit(file, segment, file_name, caller).await?;
        call.audit.file_sha256.clone_from(&job.file_sha256);
        // What the job did is asked for by its status; here it was received.
        Ok(receipt(job.id, ImportState::Pending))
    }

    async fn answer_again(_: &App, kept: String) -> Result<Vec<u8>, Problem> {
        receipt_again(kept, ImportState::Pending)
    }
}

pub(in crate::http) struct Status;

impl Operate for Status {
    const OPERATION: Operation = GET_SEGMENT_IMPORT_STATUS;
    type Answer = ImportStatus;

    async fn operate(call: &mut Call) -> Result<ImportStatus, Problem> {
        let id = call.json::<ImportStatusRequest>().await?.firebase_imported_segment_id;
        call.audit.target = Some(id.to_string());
        let Some(job) = call.app.store.import_job(&id).await? else { return Err(no_import(&id)) };
        let rejects = call.app.store.import_rejects(&id).await?;
        Ok(status(job, rejects))
    }
}

pub(super) fn receipt(id: ImportId, state: ImportState) -> SegmentReceipt {
    let mut receipt = SegmentReceipt::new(id);
    receipt.status = Some(state);
    receipt
}

/// The receipt of an import whose id was kept under an idempotency key.
pub(super) fn receipt_again(id: String, state: ImportState) -> Result<Vec<u8>, Problem> {
    let id = ImportId::new(id).map_err(|error| Problem::internal(&error))?;
    Ok(to_json(&receipt(id, state)).into_bytes())
}

fn no_import(id: &ImportId) -> Problem {
    let detail = format!(
        "there is no import `{id}`; the id is `firebase_imported_segment_id` of the answer to the upload"
    );
    Problem::new(Kind::NOT_FOUND, detail)
}

fn state(state: JobState) -> ImportState {
    match state {
        JobState::Pending => ImportState::Pending,
        JobState::Processing => ImportState::Processing,
        JobState::Completed => ImportState::Completed,
        JobState::Failed => ImportState::Failed,
    }
}

fn status(job: ImportJob, rejects: Vec<RowReject>) -> ImportStatus {
    let over = job.completed_at.is_some();
    let mut status = ImportStatus::new(state(job.state));
    status.firebase_imported_segment_id = Some(job.id);
    status.total_rows = job.total;
    status.processed_rows = Some(job.processed);
    status.imported_rows = over.then_some(job.imported);
    status.duplicate_rows = over.then_some(job.duplicate);
    status.rejected_rows = Some(job.rejected);
    status.errors = rejects.into_iter().map(row_error).collect();
    status.message = job.message;
    status.created_at = Some(job.created_at.to_string());
    status.updated_at = Some(job.updated_at.to_string());
    status.completed_at = job.completed_at.map(|at| at.to_string());
    status
}

fn row_error(reject: RowReject) -> RowError {
    let mut error = RowError::new(reject.row, reject.code, reject.message);
    error.location = reject.location;
    error
}
