//! Get Segment: one segment's count and last import.

use fanpass_model::operations::GET_SEGMENT;
use fanpass_model::{SegmentName, SegmentSummary};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::get_segment`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn get_segment(&self, segment: &SegmentName) -> Result<Request, Error> {
        let uri = self.uri(&GET_SEGMENT, &[("segmentName", segment.as_str())])?;
        self.bare(&GET_SEGMENT, uri)
    }
}

impl Client {
    /// One segment's count and last import. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn get_segment(&self, segment: &SegmentName) -> Result<SegmentSummary, Error> {
        self.call(&GET_SEGMENT, self.requests().get_segment(segment)).await
    }
}
