//! Register Attribute: a custom attribute that users can carry from then on.

use fanpass_model::AttributeDefinition;
use fanpass_model::operations::REGISTER_ATTRIBUTE;
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::register_attribute`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn register_attribute(&self, definition: &AttributeDefinition) -> Result<Request, Error> {
        self.json(&REGISTER_ATTRIBUTE, self.uri(&REGISTER_ATTRIBUTE, &[])?, definition)
    }
}

impl Client {
    /// Registers a custom attribute. Registering a key again replaces what is said of it besides its type; what users carry
    /// stays. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) for a key that is taken by another type. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn register_attribute(
        &self,
        definition: &AttributeDefinition,
    ) -> Result<AttributeDefinition, Error> {
        self.call(&REGISTER_ATTRIBUTE, self.requests().register_attribute(definition)).await
    }
}
