//! Get Faults: which faults calls meet.

use fanpass_model::FaultReport;
use fanpass_model::operations::GET_FAULTS;
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::get_faults`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn get_faults(&self) -> Result<Request, Error> {
        self.bare(&GET_FAULTS, self.uri(&GET_FAULTS, &[])?)
    }
}

impl Client {
    /// Which faults calls to the service meet, on demand. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn get_faults(&self) -> Result<FaultReport, Error> {
        self.call(&GET_FAULTS, self.requests().get_faults()).await
    }
}
