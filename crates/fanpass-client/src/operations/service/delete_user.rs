//! Delete User: the erasure of what is stored of one user.

use fanpass_model::operations::DELETE_USER;
use fanpass_model::{DeletedUser, UserId};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::delete_user`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn delete_user(&self, user: &UserId) -> Result<Request, Error> {
        let uri = self.uri(&DELETE_USER, &[("userId", user.as_str())])?;
        self.bare(&DELETE_USER, uri)
    }
}

impl Client {
    /// Erases a user's attributes and their history. The answer names the segments that hold the id still, which the
    /// club has to send without it. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn delete_user(&self, user: &UserId) -> Result<DeletedUser, Error> {
        self.call(&DELETE_USER, self.requests().delete_user(user)).await
    }
}
