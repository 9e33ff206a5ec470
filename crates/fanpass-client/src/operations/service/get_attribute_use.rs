//! Get Attribute Use: how many users carry an attribute, and its commonest values.

use fanpass_model::operations::GET_ATTRIBUTE_USE;
use fanpass_model::{AttributeKey, AttributeUse};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::get_attribute_use`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn get_attribute_use(&self, key: &AttributeKey, limit: Option<u32>) -> Result<Request, Error> {
        let limit = limit.map(|limit| limit.to_string());
        let mut parameters = vec![("key", key.as_str())];
        parameters.extend(limit.as_deref().map(|limit| ("limit", limit)));
        let uri = self.uri(&GET_ATTRIBUTE_USE, &parameters)?;
        self.bare(&GET_ATTRIBUTE_USE, uri)
    }
}

impl Client {
    /// How many users carry an attribute, and its `limit` commonest values, or as many as the service names when the caller
    /// does not say. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an attribute that is not registered and nobody carries. What
    /// the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn get_attribute_use(
        &self,
        key: &AttributeKey,
        limit: Option<u32>,
    ) -> Result<AttributeUse, Error> {
        self.call(&GET_ATTRIBUTE_USE, self.requests().get_attribute_use(key, limit)).await
    }
}
