//! What a file import sends: a path, bytes in memory, or a reader that can be read once.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use fanpass_transport::RequestBody;
use tokio::io::AsyncRead;

use crate::Error;

/// A file to import, under a name that tells the service its format.
///
/// A path and bytes can be sent again when an attempt fails; a reader cannot. Paths and readers stream in chunks of
/// 256 KiB, so that an upload of any size holds a constant amount of memory.
pub struct Upload {
    file_name: String,
    content: Content,
    watch: Option<Arc<dyn Fn(usize) + Send + Sync>>,
}

enum Content {
    Path(PathBuf),
    Body(RequestBody),
}

/// A file that is ready to be sent: a path was opened once, its length is known.
#[derive(Debug)]
pub struct UploadFile {
    pub(crate) file_name: String,
    pub(crate) content: RequestBody,
}

impl Upload {
    /// A file of this machine, under its own name.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let file_name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default().into_owned();
        Self { file_name, content: Content::Path(path), watch: None }
    }

    /// Bytes in memory. The extension of `file_name` says what they are: `.csv`, `.xlsx`, `.xls` or `.zip`.
    pub fn bytes(file_name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let content = Content::Body(bytes.into().into());
        Self { file_name: file_name.into(), content, watch: None }
    }

    /// What a reader gives, such as standard input, to be sent once: no second attempt is made.
    ///
    /// With a `length` the request announces it, and fails if the reader gives more or fewer bytes; without one the
    /// request is sent in chunks.
    pub fn reader(
        file_name: impl Into<String>,
        reader: impl AsyncRead + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        let body = RequestBody::reader(reader);
        let body = match length {
            Some(length) => body.with_length(length),
            None => body,
        };
        Self { file_name: file_name.into(), content: Content::Body(body), watch: None }
    }

    /// The same file under another name.
    #[must_use]
    pub fn named(mut self, file_name: impl Into<String>) -> Self {
        self.file_name = file_name.into();
        self
    }

    /// Calls `watch` with the length of each chunk of the file as it is handed to the connection. A second attempt
    /// hands them out again.
    #[must_use]
    pub fn watched(mut self, watch: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.watch = Some(Arc::new(watch));
        self
    }

    /// Opens a path, to learn its length and whether it can be read at all.
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source) if it cannot.
    pub async fn open(self) -> Result<UploadFile, Error> {
        let content = match self.content {
            Content::Path(path) => RequestBody::file(path).await.map_err(Error::transport)?,
            Content::Body(body) => body,
        };
        let content = match self.watch {
            Some(watch) => content.watched(move |length| watch(length)),
            None => content,
        };
        Ok(UploadFile { file_name: self.file_name, content })
    }
}

impl UploadFile {
    /// The media type of the part, by the extension of its name.
    pub(crate) fn content_type(&self) -> &'static str {
        let extension = Path::new(&self.file_name).extension().and_then(OsStr::to_str).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "csv" => "text/csv",
            "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xls" => "application/vnd.ms-excel",
            "zip" => "application/zip",
            _ => "application/octet-stream",
        }
    }
}

impl fmt::Debug for Upload {
    /// Shows the name, never the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("file_name", &self.file_name).finish_non_exhaustive()
    }
}
