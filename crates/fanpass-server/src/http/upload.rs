//! The form of a file import, taken part by part; its file goes to the disk as it arrives.

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest as _, Request};
use fanpass_model::import_segment_form::{FILE, MODE, SEGMENT_NAME};
use fanpass_model::{ImportMode, SegmentName};
use http::{HeaderMap, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use super::body::{Pace, declared_length, refuse_encoded, too_large, truncated};
use super::call::Call;
use super::head::header_bytes;
use super::held::Held;
use super::problem::{Kind, Problem, item};
use crate::app::App;
use crate::http::operations::imports::mode;
use crate::imports::Upload;
use crate::store::Mode;

/// Bytes of a file between two looks at how much room the disk has left.
const LOOK_BYTES: u64 = 16 << 20;

/// A form that is whole. Dropping it deletes the file.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) segment: SegmentName,
    pub(super) mode: Mode,
    /// As the client calls the file.
    pub(super) file_name: Option<String>,
    pub(super) file: Upload,
}

/// The parts seen so far; they may stand in any order.
#[derive(Default)]
struct Parts {
    segment: Option<String>,
    mode: Option<String>,
    file: Option<(Option<String>, Upload)>,
}

/// Receives the form. What was written of one that is refused is deleted.
pub(super) async fn receive(call: &mut Call) -> Result<Form, Problem> {
    refuse_encoded(&call.parts.headers)?;
    let app = &*Arc::clone(&call.app);
    let _permit = admit(app)?;
    app.check_room(declared_length(&call.parts.headers).unwrap_or(0))?;
    let held = Held::new(app.limits.form_header_bytes);
    let body = Body::new(held.watch(std::mem::take(&mut call.body)));
    let request = Request::from_parts(call.parts.clone(), body);
    let admitted = || app.authority.authenticate(&call.parts.headers).map(drop);
    let line = &mut Line { pace: Pace::new(&app.limits, &admitted), held };
    let mut form = Multipart::from_request(request, &()).await.map_err(|rejection| {
        let detail = format!(
            "the form cannot be read: {}; send `multipart/form-data` with a boundary",
            rejection.body_text()
        );
        Problem::new(Kind::MALFORMED, detail)
    })?;
    let mut parts = Parts::default();
    while let Some(field) = line.within(form.next_field()).await? {
        take(app, line, field, &mut parts).await?;
    }
    admitted()?;
    let mut form = complete(parts)?;
    call.saw(form.segment.as_str().as_bytes());
    call.saw(form.mode.as_str().as_bytes());
    call.saw(&form.file.digest().await?);
    Ok(form)
}

/// A place among the uploads that are received, if there is one and a place for the import behind it.
fn admit(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    let limits = &app.limits;
    let permit = Arc::clone(&app.uploads).try_acquire_owned().map_err(|_| {
        Problem::unavailable(
            "as many uploads as this service takes at a time are under way; try again in a moment",
        )
    })?;
    let under_way = limits.concurrent_uploads.saturating_sub(app.uploads.available_permits());
    if app.imports.waiting().saturating_add(under_way) > limits.imports_waiting {
        return Err(Problem::unavailable(
            "as many imports as this service keeps waiting have been received; try again when some have ended",
        ));
    }
    Ok(permit)
}

async fn take(app: &App, line: &mut Line<'_>, field: Field<'_>, parts: &mut Parts) -> Result<(), Problem> {
    let most = app.limits.form_header_bytes;
    if header_bytes(field.headers()) > most {
        return Err(long_headers(most));
    }
    refuse_encoded_part(field.headers())?;
    match field.name() {
        Some(SEGMENT_NAME) => {
            let text = text(line, field, app.limits.form_text_bytes).await?;
            if parts.segment.replace(text).is_some() {
                return Err(twice(SEGMENT_NAME));
            }
        }
        Some(MODE) => {
            let text = text(line, field, app.limits.form_text_bytes).await?;
            if parts.mode.replace(text).is_some() {
                return Err(twice(MODE));
            }
        }
        Some(FILE) if parts.file.is_some() => return Err(twice(FILE)),
        Some(FILE) => {
            let name = field.file_name().map(bare_name);
            parts.file = Some((name, spool(app, line, field).await?));
        }
        other => {
            let name = other.unwrap_or_default().to_owned();
            let detail = format!(
                "`{name}` is not a part of this form; it takes `{SEGMENT_NAME}`, `{MODE}` and `{FILE}`"
            );
            return Err(Problem::invalid_at(name, "unknown_part", detail));
        }
    }
    Ok(())
}

/// Refuses a part that is not sent as it is: RFC 7578 (section 4.7) has no transfer encodings any more, and what a sender of an older
/// day has encoded would be stored that way.
fn refuse_encoded_part(headers: &HeaderMap) -> Result<(), Problem> {
    refuse_encoded(headers)?;
    if let Some(encoding) = headers.get("content-transfer-encoding") {
        let as_it_is = [&b"7bit"[..], b"8bit", b"binary"];
        if !as_it_is.iter().any(|name| encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(name)) {
            let detail = format!(
                "a part of the form has `Content-Transfer-Encoding` {encoding:?}; send its bytes as they are, without that header; nothing \
                 was stored"
            );
            return Err(Problem::new(Kind::WRONG_TYPE, detail));
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
    let mode = mode(MODE, parts.mode.map(ImportMode::from)).map_err(|wrong| items.push(wrong));
    if parts.file.is_none() {
        let detail = format!("the part `{FILE}` is missing; to send ids without a file, send them as JSON");
        items.push(item(FILE, "missing", detail));
    }
    match (segment, mode, parts.file) {
        (Some(segment), Ok(mode), Some((file_name, file))) => Ok(Form { segment, mode, file_name, file }),
        _ => Err(Problem::invalid(items)),
    }
}

async fn spool(app: &App, line: &mut Line<'_>, mut field: Field<'_>) -> Result<Upload, Problem> {
    let limit = app.limits.upload_bytes;
    let mut upload = app.imports.receive().await?;
    let mut look = LOOK_BYTES;
    while let Some(chunk) = line.within(field.chunk()).await? {
        line.pace.arrived(chunk.len());
        upload.write(&chunk).await?;
        if upload.length() > look {
            app.check_room(0)?;
            look = upload.length().saturating_add(LOOK_BYTES);
        }
        if upload.length() > limit {
            return Err(too_large("the file", limit));
        }
    }
    Ok(upload)
}

async fn text(line: &mut Line<'_>, mut field: Field<'_>, most: usize) -> Result<String, Problem> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = line.within(field.chunk()).await? {
        line.pace.arrived(chunk.len());
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            let detail = format!("the part `{name}` is longer than {most} bytes");
            return Err(Problem::invalid_at(name, "too_long", detail));
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Problem::invalid_at(&*name, "not_utf8", format!("the part `{name}` is not UTF-8")))
}

/// What a form arrives over.
struct Line<'a> {
    pace: Pace<'a>,
    held: Held,
}

impl Line<'_> {
    /// Waits for more of the form, as long as its pace allows.
    async fn within<T>(
        &mut self,
        more: impl Future<Output = Result<T, MultipartError>>,
    ) -> Result<T, Problem> {
        let more = self.pace.wait(more).await?.map_err(|error| {
            if self.held.is_too_much() {
                return long_headers(self.held.most());
            }
            // The form's own mistakes are the client's (400); anything else is a connection that ended.
            let text = error.body_text();
            if error.status() == StatusCode::BAD_REQUEST && !text.contains("incomplete") {
                Problem::new(Kind::MALFORMED, format!("the form cannot be read: {text}; nothing was stored"))
            } else {
                truncated()
            }
        });
        self.held.given();
        more
    }
}

fn long_headers(most: usize) -> Problem {
    let detail = format!("a part of the form has headers of more than {most} bytes; nothing was stored");
    Problem::invalid_at("", "too_long", detail)
}

fn twice(part: &str) -> Problem {
    Problem::invalid_at(part, "duplicate_part", format!("the part `{part}` stands twice; a form carries one"))
}

/// The last step of a path that a client may have sent as the file's name.
fn bare_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}
