//! Get Settings: what the service runs under.

use fanpass_model::ServiceSettings;
use fanpass_model::operations::GET_SETTINGS;
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::get_settings`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn get_settings(&self) -> Result<Request, Error> {
        self.bare(&GET_SETTINGS, self.uri(&GET_SETTINGS, &[])?)
    }
}

impl Client {
    /// The settings that the service runs under, and where each comes from. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn get_settings(&self) -> Result<ServiceSettings, Error> {
        self.call(&GET_SETTINGS, self.requests().get_settings()).await
    }
}
