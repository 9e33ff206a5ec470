//! Imports: Import Segment, Get Segment Import Status, List Imports, List Import Errors, Cancel Import.

use fanpass_model::operations::{
    CANCEL_IMPORT, GET_SEGMENT_IMPORT_STATUS, IMPORT_SEGMENT, LIST_IMPORT_ERRORS, LIST_IMPORTS,
};
use fanpass_model::{
    ImportErrorList, ImportId, ImportList, ImportMode, ImportStage, ImportState, ImportStatus,
    ImportStatusRequest, Operation, ProblemItem, RowError, SegmentName, SegmentReceipt,
};

use crate::app::App;
use crate::faults::Fault;
use crate::http::call::{Call, Operate};
use crate::http::json::to_json;
use crate::http::problem::{Kind, Problem, item};
use crate::http::query::cut;
use crate::http::upload::{self, Form};
use crate::store::{ImportJob, Mode, RowReject, Stage, Store};

/// Refused rows that stand in a status; the others are asked for a page at a time.
const REJECTS_IN_STATUS: u32 = 1_000;

pub(in crate::http) struct Import;

impl Operate for Import {
    const OPERATION: Operation = IMPORT_SEGMENT;
    type Answer = SegmentReceipt;

    async fn operate(call: &mut Call) -> Result<SegmentReceipt, Problem> {
        let mut form = upload::receive(call).await?;
        call.audit.target = Some(form.segment.to_string());
        form.check(&call.app).await?;
        let Form { segment, mode, file_name, file } = form;
        if call.parts.extensions.get() == Some(&Fault::StuckJob) {
            call.app.imports.hold(file.id());
        }
        let caller = call.caller();
        let job = call.app.imports.submit(file, segment, mode, file_name, caller).await?;
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
        let job = find(&call.app.store, &id).await?;
        let rejects = call.app.store.import_rejects(&id, 0, REJECTS_IN_STATUS).await?;
        let mut status = status(job);
        status.errors = rejects.into_iter().map(row_error).collect();
        Ok(status)
    }
}

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_IMPORTS;
    type Answer = ImportList;

    async fn operate(call: &mut Call) -> Result<ImportList, Problem> {
        let parameters = &call.parameters;
        let segment = parameters.optional("segmentName", |text| SegmentName::new(text))?;
        let after = parameters.optional("after", |text| ImportId::new(text))?;
        let limit = parameters.limit();
        call.audit.target = segment.as_ref().map(ToString::to_string);
        let store = &call.app.store;
        let mut jobs = store.import_jobs(segment.as_ref(), after.as_ref(), limit + 1).await?;
        if jobs.is_empty() {
            // Nothing is known by that name.
            call.audit.hide();
        }
        let more = cut(&mut jobs, limit);
        let next = jobs.last().filter(|_| more).map(|last| last.id.to_string());
        let mut list = ImportList::new(jobs.into_iter().map(status).collect());
        list.next = next;
        Ok(list)
    }
}

pub(in crate::http) struct Errors;

impl Operate for Errors {
    const OPERATION: Operation = LIST_IMPORT_ERRORS;
    type Answer = ImportErrorList;

    async fn operate(call: &mut Call) -> Result<ImportErrorList, Problem> {
        let parameters = &call.parameters;
        let id = parameters.import_id()?;
        let after = parameters.after_number()?.unwrap_or_default();
        let limit = parameters.limit();
        call.audit.target = Some(id.to_string());
        let job = find(&call.app.store, &id).await?;
        let mut rejects = call.app.store.import_rejects(&id, after, limit + 1).await?;
        let more = cut(&mut rejects, limit);
        let errors = rejects.into_iter().map(row_error).collect();
        let mut list = ImportErrorList::new(id, job.rejected, errors);
        list.next = more.then(|| (after + i64::from(limit)).to_string());
        Ok(list)
    }
}

pub(in crate::http) struct Cancel;

impl Operate for Cancel {
    const OPERATION: Operation = CANCEL_IMPORT;
    type Answer = ImportStatus;

    async fn operate(call: &mut Call) -> Result<ImportStatus, Problem> {
        let id = call.parameters.import_id()?;
        call.audit.target = Some(id.to_string());
        Ok(status(call.app.imports.cancel(&id).await?))
    }
}

/// What a request asks an import to do; its absence means to replace.
pub(in crate::http) fn mode(pointer: &str, asked: Option<ImportMode>) -> Result<Mode, ProblemItem> {
    match asked {
        None | Some(ImportMode::Replace) => Ok(Mode::Replace),
        Some(ImportMode::Append) => Ok(Mode::Append),
        Some(ImportMode::Remove) => Ok(Mode::Remove),
        Some(other) => Err(wrong_mode(pointer, &format!("`{other}`"))),
    }
}

pub(super) fn wrong_mode(pointer: &str, found: &str) -> ProblemItem {
    let detail = format!("found {found}; the mode is `replace`, `append` or `remove`");
    item(pointer, "invalid_value", detail)
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

/// A mode as the contract has it.
pub(super) fn mode_on_the_wire(mode: Mode) -> ImportMode {
    ImportMode::from(mode.as_str().to_owned())
}

async fn find(store: &Store, id: &ImportId) -> Result<ImportJob, Problem> {
    let job = store.import_job(id).await?;
    job.ok_or_else(|| {
        let detail = format!(
            "there is no import `{id}`; the id is `firebase_imported_segment_id` of the answer to the upload"
        );
        Problem::new(Kind::NOT_FOUND, detail)
    })
}

fn state(stage: Stage) -> ImportState {
    match stage {
        Stage::Received => ImportState::Pending,
        Stage::Validating | Stage::Applying => ImportState::Processing,
        Stage::Published => ImportState::Completed,
        Stage::Failed => ImportState::Failed,
        Stage::Cancelled => ImportState::Cancelled,
    }
}

/// An import without the rows that it refused.
fn status(job: ImportJob) -> ImportStatus {
    let over = job.completed_at.is_some();
    let told = over && job.stage != Stage::Cancelled;
    let mut status = ImportStatus::new(state(job.stage));
    status.stage = Some(ImportStage::from(job.stage.as_str().to_owned()));
    status.firebase_imported_segment_id = Some(job.id);
    status.segment_name = Some(job.segment);
    status.mode = Some(mode_on_the_wire(job.mode));
    status.file_name = job.file_name;
    status.total_rows = job.total;
    status.processed_rows = Some(job.processed);
    status.imported_rows = told.then_some(job.imported);
    status.duplicate_rows = told.then_some(job.duplicate);
    status.rejected_rows = Some(job.rejected);
    status.changed_members = job.changed;
    status.message = job.message;
    status.created_at = Some(job.created_at.to_string());
    status.updated_at = Some(job.updated_at.to_string());
    status.estimated_completion_at = job.estimated_at.map(|at| at.to_string());
    status.completed_at = job.completed_at.map(|at| at.to_string());
    status
}

fn row_error(reject: RowReject) -> RowError {
    let mut error = RowError::new(reject.row, reject.code, reject.message);
    error.location = reject.location;
    error
}
