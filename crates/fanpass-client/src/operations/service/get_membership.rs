//! Get Membership: whether a user is in a segment.

use fanpass_model::operations::GET_MEMBERSHIP;
use fanpass_model::{Membership, SegmentName, UserId};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::get_membership`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn get_membership(&self, segment: &SegmentName, user: &UserId) -> Result<Request, Error> {
        self.bare(
            &GET_MEMBERSHIP,
            self.uri(&GET_MEMBERSHIP, &[("segmentName", segment.as_str()), ("userId", user.as_str())])?,
        )
    }
}

impl Client {
    /// Whether a user is in a segment. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn get_membership(&self, segment: &SegmentName, user: &UserId) -> Result<Membership, Error> {
        self.call(&GET_MEMBERSHIP, self.requests().get_membership(segment, user)).await
    }
}
