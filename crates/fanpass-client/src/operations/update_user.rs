//! Update User Properties: attributes of one user.

use fanpass_model::operations::UPDATE_USER;
use fanpass_model::{UpdateUserRequest, UpdateUserResponse, UserId, UserProperties};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::update_user`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) without any attribute, or for a value past a
    /// limit.
    pub fn update_user(&self, update: &UpdateUserRequest) -> Result<Request, Error> {
        update.validate().map_err(Error::invalid)?;
        self.json(&UPDATE_USER, self.update_user.clone(), update)
    }

    /// The request of an update that was validated, for [`Client::update_once`].
    pub(crate) fn single_update(&self, update: &UpdateUserRequest) -> Result<Request, Error> {
        self.unmarked_json(self.update_user.clone(), update)
    }
}

impl Client {
    /// Sets attributes on one user's record and leaves the others as they are;
    /// [`AttributeValue::Unset`](fanpass_model::AttributeValue::Unset) takes one off.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) without any attribute, or for a value past a
    /// limit, before anything is sent; [`ErrorKind::Rejected`](crate::ErrorKind::Rejected) for an attribute that is
    /// not registered; otherwise what the call came to.
    pub async fn update_user(
        &self,
        user: &UserId,
        properties: UserProperties,
    ) -> Result<UpdateUserResponse, Error> {
        let update = UpdateUserRequest::new(user.clone(), properties);
        self.call(&UPDATE_USER, self.requests().update_user(&update)).await
    }
}
