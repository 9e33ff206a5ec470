//! List Segment Versions: what a segment was before.

use fanpass_model::operations::LIST_VERSIONS;
use fanpass_model::{SegmentName, SegmentVersionList};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::list_versions`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_versions(&self, segment: &SegmentName) -> Result<Request, Error> {
        self.bare(&LIST_VERSIONS, self.uri(&LIST_VERSIONS, &[("segmentName", segment.as_str())])?)
    }
}

impl Client {
    /// The versions of a segment that are kept, newest first. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_versions(&self, segment: &SegmentName) -> Result<SegmentVersionList, Error> {
        self.call(&LIST_VERSIONS, self.requests().list_versions(segment)).await
    }
}
