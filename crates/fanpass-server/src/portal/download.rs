//! Downloads: a list of any length, asked for page by page while the browser takes it.

use std::fmt::Display;
use std::future::Future;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use fanpass_model::{Operation, UserId};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use super::Portal;
use super::frame::Answer;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::http::problem::Problem;

/// Entries of a page while a list is downloaded: as many as an operation gives.
pub(super) const PAGE: &str = "1000";

impl Portal {
    /// A place among the streams that are open at a time.
    pub(super) fn stream_permit(&self) -> Result<OwnedSemaphorePermit, Trouble> {
        let permit = std::sync::Arc::clone(&self.streams).try_acquire_owned();
        permit.map_err(|_| {
            Problem::unavailable("as many downloads and live pages as the Portal serves at a time are open; try again in a moment")
                .into()
        })
    }
}

/// Text in parts: `page` gives the part that begins after what the part before gave, and where the next one begins.
/// What is refused before the first part is an answer; later the download breaks off, so that nobody takes it for whole.
pub(super) async fn pages<F, P>(portal: &Portal, page: F) -> Result<Body, Trouble>
where
    F: Fn(String) -> P + Send + 'static,
    P: Future<Output = Result<(String, Option<String>), Trouble>> + Send,
{
    let permit = portal.stream_permit()?;
    let (first, next) = page(String::new()).await?;
    let rest = stream::try_unfold((next, page, permit), |(next, page, permit)| async move {
        let Some(after) = next else { return Ok(None) };
        let (text, next) = page(after).await.map_err(|trouble| std::io::Error::other(trouble.title))?;
        Ok::<_, std::io::Error>(Some((text, (next, page, permit))))
    });
    Ok(Body::from_stream(stream::iter([Ok(first)]).chain(rest).map_ok(bytes::Bytes::from)))
}

/// The ids that an operation lists of what the page's `name` names by `parameter`, as CSV; `of` takes them, and where they go
/// on, out of an answer.
pub(super) async fn ids<T: DeserializeOwned + 'static>(
    visit: &Visit,
    operation: &'static Operation,
    parameter: &'static str,
    stem: &str,
    of: fn(T) -> (Vec<UserId>, Option<String>),
) -> Answer {
    let name = visit.query.text("name");
    let (asking, about) = (visit.clone(), name.to_owned());
    let page = move |after: String| {
        let (visit, name) = (asking.clone(), about.clone());
        async move {
            let asked = [(parameter, &*name), ("after", &*after), ("limit", PAGE)];
            let (ids, next) = of(visit.call(operation, &asked).await?);
            let head = if after.is_empty() { "user_id\r\n" } else { "" };
            Ok((ids.iter().map(id_line).fold(head.to_owned(), |text, line| text + &line), next))
        }
    };
    file(pages(&visit.portal, page).await?, "text/csv; charset=utf-8", stem, name, "csv")
}

/// A file that is not to be looked at but kept, under a name that is ours but for letters and digits of `about`.
pub(super) fn file(body: Body, kind: &'static str, stem: &str, about: &str, extension: &str) -> Answer {
    let about: String =
        about.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(64).collect();
    let name = format!("attachment; filename=\"{stem}-{about}.{extension}\"");
    let name = HeaderValue::try_from(name).map_err(|error| Problem::internal(&error))?;
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CONTENT_DISPOSITION, name)];
    let response: Response = (headers, body).into_response();
    Ok(response)
}

/// A line of CSV (RFC 4180) for people: cells are quoted where they have to be. Text that a spreadsheet would carry out as a
/// formula has an apostrophe before it, which makes it text there.
pub(super) fn line<const N: usize>(cells: [&dyn Display; N]) -> String {
    written(cells.map(|cell| {
        let text = cell.to_string();
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
    }))
}

/// A line with an id alone. It is what it is, so that the file can be sent again.
fn id_line(id: &UserId) -> String {
    written([id.to_string()])
}

fn written<const N: usize>(cells: [String; N]) -> String {
    let cells = cells.map(|text| {
        if text.contains([',', '"', '\r', '\n']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    });
    let mut line = cells.join(",");
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::{id_line, line};

    #[test]
    fn a_line_can_be_read_again() {
        assert_eq!(
            line([&"00042", &7, &"a,b", &"say \"no\"", &"x\ny"]),
            "00042,7,\"a,b\",\"say \"\"no\"\"\",\"x\ny\"\r\n"
        );
    }

    #[test]
    fn a_formula_is_text_but_an_id_is_an_id() {
        assert_eq!(line([&"=1+1", &"@a", &"-1,2", &7, &"a=b"]), "'=1+1,'@a,\"'-1,2\",7,a=b\r\n");
        let id = "=HYPERLINK(\"x\")".parse().unwrap();
        assert_eq!(id_line(&id), "\"=HYPERLINK(\"\"x\"\")\"\r\n");
    }
}
