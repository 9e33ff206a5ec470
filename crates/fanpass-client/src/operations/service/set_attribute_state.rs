//! Set Attribute State: a custom attribute is retired, or restored.

use fanpass_model::operations::SET_ATTRIBUTE_STATE;
use fanpass_model::{AttributeDefinition, AttributeKey, AttributeState, AttributeStateRequest};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::set_attribute_state`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn set_attribute_state(&self, key: &AttributeKey, state: AttributeState) -> Result<Request, Error> {
        let request = AttributeStateRequest::new(key.clone(), state);
        self.json(&SET_ATTRIBUTE_STATE, self.uri(&SET_ATTRIBUTE_STATE, &[])?, &request)
    }
}

impl Client {
    /// Retires a custom attribute, which can be unset and not be set from then on, or makes it active again. What users carry
    /// of it stays. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a key that is not registered. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn set_attribute_state(
        &self,
        key: &AttributeKey,
        state: AttributeState,
    ) -> Result<AttributeDefinition, Error> {
        self.call(&SET_ATTRIBUTE_STATE, self.requests().set_attribute_state(key, state)).await
    }
}
