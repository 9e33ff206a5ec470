//! Users added to a segment, or removed from it, beside those that are in it.

use fanpass_model::operations::{CREATE_SEGMENT, IMPORT_SEGMENT};
use fanpass_model::{ImportMode, SegmentName, SegmentReceipt};

use crate::{Client, Error, ErrorKind, Upload, UserIds};

impl Client {
    /// As [`create_segment`](Self::create_segment), but the ids are added to the members of the segment or removed from
    /// them, as `mode` says. Extension; the token needs the scope `read` as well.
    ///
    /// The mode is a member of a documented request, and another FanPass that passes over it would replace the segment. So
    /// the service is asked first whether it is ours.
    ///
    /// # Errors
    /// As there; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass, to which no id is sent.
    pub async fn change_segment<'a>(
        &self,
        segment: &SegmentName,
        mode: ImportMode,
        ids: impl Into<UserIds<'a>>,
    ) -> Result<SegmentReceipt, Error> {
        let request = self.requests().change_segment(segment, Some(mode), ids)?;
        self.assert_changes_are_offered(segment).await?;
        self.call(&CREATE_SEGMENT, Ok(request)).await
    }

    /// As [`import_segment`](Self::import_segment), but the ids are added to the members of the segment or removed from
    /// them, as `mode` says. Extension; the token needs the scope `read` as well, and the service is asked first whether it
    /// is ours.
    ///
    /// # Errors
    /// As there; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass, to which no id is sent.
    pub async fn change_segment_by_file(
        &self,
        segment: &SegmentName,
        mode: ImportMode,
        upload: Upload,
    ) -> Result<SegmentReceipt, Error> {
        self.assert_changes_are_offered(segment).await?;
        let request = match upload.open().await {
            Ok(file) => self.requests().change_segment_by_file(segment, Some(mode), file),
            Err(error) => Err(error),
        };
        self.call(&IMPORT_SEGMENT, request).await
    }

    /// Asks something that only this project's service can answer.
    async fn assert_changes_are_offered(&self, segment: &SegmentName) -> Result<(), Error> {
        match self.get_segment(segment).await {
            Ok(_) => Ok(()),
            // Its own answer: another FanPass would not be found out by it.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}
