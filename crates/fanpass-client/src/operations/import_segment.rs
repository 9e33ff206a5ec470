//! Import Segment: a segment from an uploaded file.

use fanpass_model::import_segment_form::{FILE, MODE, SEGMENT_NAME};
use fanpass_model::operations::IMPORT_SEGMENT;
use fanpass_model::{ImportMode, SegmentName, SegmentReceipt};
use fanpass_transport::Request;

use crate::multipart::Form;
use crate::{Client, Error, Requests, Upload, UploadFile};

impl Requests {
    /// The request of [`Client::import_segment`], with a file that [`Upload::open`] has opened.
    ///
    /// # Errors
    /// None so far.
    pub fn import_segment(&self, segment: &SegmentName, file: UploadFile) -> Result<Request, Error> {
        self.change_segment_by_file(segment, None, file)
    }

    /// The request of [`Client::change_segment_by_file`]; without a mode, that of [`Client::import_segment`].
    ///
    /// # Errors
    /// None so far.
    pub fn change_segment_by_file(
        &self,
        segment: &SegmentName,
        mode: Option<ImportMode>,
        file: UploadFile,
    ) -> Result<Request, Error> {
        let content_type = file.content_type();
        let mut form = Form::new(self.boundary()).text(SEGMENT_NAME, segment.as_str());
        if let Some(mode) = mode {
            form = form.text(MODE, mode.as_str());
        }
        let form = form.file(FILE, &file.file_name, content_type, file.content);
        let (content_type, body) = form.finish();
        self.with_body(&IMPORT_SEGMENT, self.segments.clone(), content_type, body)
    }
}

impl Client {
    /// Creates a segment, or replaces the membership of one, from a CSV, XLSX, XLS or ZIP file.
    ///
    /// The answer comes when the file was received; [`wait_for_import`](Self::wait_for_import) follows what becomes of
    /// it.
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source) if the file cannot be read, or changed while it was; otherwise
    /// what the call came to.
    pub async fn import_segment(
        &self,
        segment: &SegmentName,
        upload: Upload,
    ) -> Result<SegmentReceipt, Error> {
        let request = match upload.open().await {
            Ok(file) => self.requests().import_segment(segment, file),
            Err(error) => Err(error),
        };
        self.call(&IMPORT_SEGMENT, request).await
    }
}
