//! List User Segments: the segments that a user is in.

use fanpass_model::operations::LIST_USER_SEGMENTS;
use fanpass_model::{UserId, UserSegments};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::list_user_segments`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_user_segments(&self, user: &UserId) -> Result<Request, Error> {
        self.bare(&LIST_USER_SEGMENTS, self.uri(&LIST_USER_SEGMENTS, &[("userId", user.as_str())])?)
    }
}

impl Client {
    /// The segments that a user is in; none for a user that nobody knows. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_user_segments(&self, user: &UserId) -> Result<UserSegments, Error> {
        self.call(&LIST_USER_SEGMENTS, self.requests().list_user_segments(user)).await
    }
}
