//! The form of a file import, taken part by part; its file goes to the disk as it arrives.

use std::future::Future;
use std::sync::Arc;

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest as _, Request};
use fanpass_model::SegmentName;
use fanpass_model::import_segment_form::{FILE, SEGMENT_NAME};
use fanpass_table::{ErrorKind as TableErrorKind, Table, TableError};
use http::StatusCode;
use tokio::task::spawn_blocking;

use super::body::{Pace, refuse_encoded, too_large, truncated};
use super::call::Call;
use super::problem::{Kind, Problem, item};
use crate::app::App;
use crate::imports::{self, Upload};

/// Bytes of a part that is not the file: more than any segment name has.
const TEXT_PART_MAX_BYTES: usize = 4096;

/// A form that is whole. Dropping it deletes the file.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) segment: SegmentName,
    /// As the client calls the file.
    pub(super) file_name: Option<String>,
    pub(super) file: Upload,
}

impl Form {
    /// Opens the file and finds its ids, so that one which can never be imported is refused now and not by its job.
    pub(super) async fn check(&mut self, app: &App) -> Result<(), Problem> {
        let _permit = app.checks.acquire().await.map_err(|error| Problem::internal(&error))?;
        let path = self.file.path().await?.to_owned();
        let name = self.file_name.clone().unwrap_or_else(|| FILE.to_owned());
        let opened = spawn_blocking(move || -> Result<(), TableError> {
            Table::open_named(&path, &name, &imports::reading())?.ids(None).map(drop)
        });
        match opened.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if error.kind() == TableErrorKind::Io => Err(Problem::internal(&error)),
            Ok(Err(error)) => Err(Problem::invalid_at(FILE, error.kind().as_str(), error.to_string())),
            // A fault in a parser costs its own call and no other.
            Err(panic) => {
                tracing::error!(%panic, "a file made its reader fail");
                Err(Problem::invalid_at(
                    FILE,
                    "unreadable",
                    "the file made its reader fail; please report it",
                ))
            }
        }
    }
}

/// The parts seen so far; they may stand in any order.
#[derive(Default)]
struct Parts {
    segment: Option<String>,
    file: Option<(Option<String>, Upload)>,
}

/// Receives the form. What was written of one that is refused is deleted.
pub(super) async fn receive(call: &mut Call) -> Result<Form, Problem> {
    refuse_encoded(&call.parts.headers)?;
    let app = &*Arc::clone(&call.app);
    let pace = &mut Pace::new(&app.limits);
    let permit = app.uploads.clone().try_acquire_owned();
    let _permit = permit.map_err(|_| {
        Problem::unavailable(
            "as many uploads as this service takes at a time are under way; try again in a moment",
        )
    })?;
    let request = Request::from_parts(call.parts.clone(), std::mem::take(&mut call.body));
    let mut form = Multipart::from_request(request, &()).await.map_err(|rejection| {
        let detail = format!(
            "the form cannot be read: {}; send `multipart/form-data` with a boundary",
            rejection.body_text()
        );
        Problem::new(Kind::MALFORMED, detail)
    })?;
    let mut parts = Parts::default();
    while let Some(field) = within(pace, form.next_field()).await? {
        take(app, pace, field, &mut parts).await?;
    }
    let form = complete(parts)?;
    call.saw(form.segment.as_str().as_bytes());
    call.saw(&form.file.digest());
    Ok(form)
}

async fn take(app: &App, pace: &mut Pace, field: Field<'_>, parts: &mut Parts) -> Result<(), Problem> {
    match field.name() {
        Some(SEGMENT_NAME) => {
            let text = text(pace, field).await?;
            if parts.segment.replace(text).is_some() {
                return Err(twice(SEGMENT_NAME));
            }
        }
        Some(FILE) if parts.file.is_some() => return Err(twice(FILE)),
        Some(FILE) => {
            let name = field.file_name().map(bare_name);
            parts.file = Some((name, spool(app, pace, field).await?));
        }
        other => {
            let name = other.unwrap_or_default().to_owned();
            let detail =
                format!("`{name}` is not a part of this form; it takes `{SEGMENT_NAME}` and `{FILE}`");
            return Err(Problem::invalid_at(name, "unknown_part", detail));
        }
    }
    Ok(())
}

fn complete(parts: Parts) -> Result<Form, Problem> {
    let mut items = Vec::new();
    let segment = match parts.segment.map(SegmentName::new) {
        Some(Ok(segment)) => Some(segment),
        Some(Err(error)) => {
            items.push(item(SEGMENT_NAME, error.kind().code(), error.to_string()));
            None
        }
        None => {
            let detail = format!("the part `{SEGMENT_NAME}` is missing: which segment is the file for?");
            items.push(item(SEGMENT_NAME, "missing", detail));
            None
        }
    };
    if parts.file.is_none() {
        let detail = format!("the part `{FILE}` is missing; to send ids without a file, send them as JSON");
        items.push(item(FILE, "missing", detail));
    }
    match (segment, parts.file) {
        (Some(segment), Some((file_name, file))) => Ok(Form { segment, file_name, file }),
        _ => Err(Problem::invalid(items)),
    }
}

async fn spool(app: &App, pace: &mut Pace, mut field: Field<'_>) -> Result<Upload, Problem> {
    let limit = app.limits.upload_bytes;
    let mut upload = app.imports.receive().await?;
    while let Some(chunk) = within(pace, field.chunk()).await? {
        pace.arrived(chunk.len());
        upload.write(&chunk).await?;
        if upload.length() > limit {
            return Err(too_large("the file", limit));
        }
    }
    Ok(upload)
}

async fn text(pace: &mut Pace, mut field: Field<'_>) -> Result<String, Problem> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = within(pace, field.chunk()).await? {
        pace.arrived(chunk.len());
        bytes.extend_from_slice(&chunk);
        if bytes.len() > TEXT_PART_MAX_BYTES {
            let detail = format!("the part `{name}` is longer than {TEXT_PART_MAX_BYTES} bytes");
            return Err(Problem::invalid_at(name, "too_long", detail));
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Problem::invalid_at(&*name, "not_utf8", format!("the part `{name}` is not UTF-8")))
}

/// Waits for more of the form, as long as its pace allows.
async fn within<T>(pace: &Pace, more: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    pace.wait(more).await?.map_err(|error| {
        // The form's own mistakes are the client's (400); anything else is a connection that ended.
        let text = error.body_text();
        if error.status() == StatusCode::BAD_REQUEST && !text.contains("incomplete") {
            Problem::new(Kind::MALFORMED, format!("the form cannot be read: {text}; nothing was stored"))
        } else {
            truncated()
        }
    })
}

fn twice(part: &str) -> Problem {
    Problem::invalid_at(part, "duplicate_part", format!("the part `{part}` stands twice; a form carries one"))
}

/// The last step of a path that a client may have sent as the file's name.
fn bare_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}
