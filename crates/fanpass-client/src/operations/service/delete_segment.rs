//! Delete Segment: a segment with all of its versions.

use fanpass_model::operations::DELETE_SEGMENT;
use fanpass_model::{DeletedSegment, SegmentName};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::delete_segment`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn delete_segment(&self, segment: &SegmentName) -> Result<Request, Error> {
        self.bare(&DELETE_SEGMENT, self.uri(&DELETE_SEGMENT, &[("segmentName", segment.as_str())])?)
    }
}

impl Client {
    /// Deletes a segment with all of its versions. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn delete_segment(&self, segment: &SegmentName) -> Result<DeletedSegment, Error> {
        self.call(&DELETE_SEGMENT, self.requests().delete_segment(segment)).await
    }
}
