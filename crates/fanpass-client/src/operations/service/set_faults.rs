//! Set Faults: makes calls meet faults.

use fanpass_model::operations::SET_FAULTS;
use fanpass_model::{FaultPlan, FaultReport};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::set_faults`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn set_faults(&self, plan: &FaultPlan) -> Result<Request, Error> {
        self.json(&SET_FAULTS, self.uri(&SET_FAULTS, &[])?, plan)
    }
}

impl Client {
    /// Makes calls to the service meet faults, by a plan that takes the place of any before. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn set_faults(&self, plan: &FaultPlan) -> Result<FaultReport, Error> {
        self.call(&SET_FAULTS, self.requests().set_faults(plan)).await
    }
}
