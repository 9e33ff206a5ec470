//! Create/Update Segment: a segment from an inline list of user ids.

use fanpass_model::operations::CREATE_SEGMENT;
use fanpass_model::{CreateSegmentRequest, ImportMode, SegmentName, SegmentReceipt};
use fanpass_transport::Request;

use crate::requests::{JSON, to_json};
use crate::{Client, Error, ErrorKind, Requests, UserIds};

/// How an empty list ends the JSON of a request.
const EMPTY_ARRAY_AND_END: &[u8] = b"[]}";

impl Requests {
    /// The request of [`Client::create_segment`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a list in memory without an id.
    pub fn create_segment<'a>(
        &self,
        segment: &SegmentName,
        ids: impl Into<UserIds<'a>>,
    ) -> Result<Request, Error> {
        self.change_segment(segment, None, ids)
    }

    /// The request of [`Client::change_segment`]; without a mode, that of [`Client::create_segment`].
    ///
    /// # Errors
    /// As there.
    pub fn change_segment<'a>(
        &self,
        segment: &SegmentName,
        mode: Option<ImportMode>,
        ids: impl Into<UserIds<'a>>,
    ) -> Result<Request, Error> {
        let ids = ids.into();
        let request = CreateSegmentRequest { mode, ..CreateSegmentRequest::new(segment.clone(), Vec::new()) };
        if ids.is_empty() {
            return Err(request.validate().err().map_or_else(unwritable, Error::invalid));
        }
        // The ids take the place of the empty array, so that the names of the members stand in the model only.
        let mut head = to_json(&request)?;
        if !head.ends_with(EMPTY_ARRAY_AND_END) {
            return Err(unwritable());
        }
        head.truncate(head.len() - EMPTY_ARRAY_AND_END.len());
        let body = ids.into_body(head, b"}").map_err(|_| unwritable())?;
        self.with_body(&CREATE_SEGMENT, self.segments.clone(), JSON, body)
    }
}

fn unwritable() -> Error {
    Error::unsent(ErrorKind::InvalidRequest, "the list of user ids cannot be written as JSON")
}

impl Client {
    /// Creates a segment, or replaces the membership of one, from user ids in the request itself.
    ///
    /// For very large lists the API recommends [`import_segment`](Self::import_segment).
    ///
    /// ```
    /// # async fn example(client: fanpass_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use fanpass_model::{SegmentName, UserId};
    /// let segment = SegmentName::new("season-ticket-holders")?;
    /// client.create_segment(&segment, &[UserId::new("00042")?, UserId::new("fan-7")?]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] without any id, before anything is sent; [`ErrorKind::Source`] where a source of
    /// ids fails; otherwise what the call came to.
    pub async fn create_segment<'a>(
        &self,
        segment: &SegmentName,
        ids: impl Into<UserIds<'a>>,
    ) -> Result<SegmentReceipt, Error> {
        self.call(&CREATE_SEGMENT, self.requests().create_segment(segment, ids)).await
    }
}
