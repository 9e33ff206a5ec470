//! Clear Faults: no call meets a fault any more.

use fanpass_model::FaultReport;
use fanpass_model::operations::CLEAR_FAULTS;
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::clear_faults`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn clear_faults(&self) -> Result<Request, Error> {
        self.bare(&CLEAR_FAULTS, self.uri(&CLEAR_FAULTS, &[])?)
    }
}

impl Client {
    /// Makes no call to the service meet a fault any more, and lets go of imports that are stuck. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn clear_faults(&self) -> Result<FaultReport, Error> {
        self.call(&CLEAR_FAULTS, self.requests().clear_faults()).await
    }
}
