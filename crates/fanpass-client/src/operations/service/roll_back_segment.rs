//! Roll Back Segment: an earlier version is served again.

use fanpass_model::operations::ROLL_BACK_SEGMENT;
use fanpass_model::{RollbackRequest, SegmentVersion};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::roll_back_segment`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn roll_back_segment(&self, request: &RollbackRequest) -> Result<Request, Error> {
        self.json(&ROLL_BACK_SEGMENT, self.uri(&ROLL_BACK_SEGMENT, &[])?, request)
    }
}

impl Client {
    /// Serves an earlier version of a segment again, at once, and gives back the version that is served now: a new one. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name or version, [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) for the version that is served. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn roll_back_segment(&self, request: &RollbackRequest) -> Result<SegmentVersion, Error> {
        self.call(&ROLL_BACK_SEGMENT, self.requests().roll_back_segment(request)).await
    }
}
