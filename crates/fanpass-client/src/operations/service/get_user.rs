//! Get User: one user's attributes and segments.

use fanpass_model::operations::GET_USER;
use fanpass_model::{UserId, UserRecord};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::get_user`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn get_user(&self, user: &UserId) -> Result<Request, Error> {
        let uri = self.uri(&GET_USER, &[("userId", user.as_str())])?;
        self.bare(&GET_USER, uri)
    }
}

impl Client {
    /// One user's attributes and segments. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn get_user(&self, user: &UserId) -> Result<UserRecord, Error> {
        self.call(&GET_USER, self.requests().get_user(user)).await
    }
}
