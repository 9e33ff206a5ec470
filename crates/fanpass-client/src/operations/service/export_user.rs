//! Export User: all that is stored of one user.

use fanpass_model::operations::EXPORT_USER;
use fanpass_model::{UserExport, UserId};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::export_user`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn export_user(&self, user: &UserId) -> Result<Request, Error> {
        let uri = self.uri(&EXPORT_USER, &[("userId", user.as_str())])?;
        self.bare(&EXPORT_USER, uri)
    }
}

impl Client {
    /// All that is stored of a user: attributes with their times, segments, history, audit records. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn export_user(&self, user: &UserId) -> Result<UserExport, Error> {
        self.call(&EXPORT_USER, self.requests().export_user(user)).await
    }
}
