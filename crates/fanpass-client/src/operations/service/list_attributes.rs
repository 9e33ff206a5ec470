//! List Attributes: the platform catalogue and the registered custom attributes.

use fanpass_model::AttributeList;
use fanpass_model::operations::LIST_ATTRIBUTES;
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::list_attributes`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn list_attributes(&self) -> Result<Request, Error> {
        self.bare(&LIST_ATTRIBUTES, self.uri(&LIST_ATTRIBUTES, &[])?)
    }
}

impl Client {
    /// All attributes that a user can carry: the platform's, then the registered ones. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_attributes(&self) -> Result<AttributeList, Error> {
        self.call(&LIST_ATTRIBUTES, self.requests().list_attributes()).await
    }
}
