//! Cancel Import: an import that is to change nothing.

use fanpass_model::operations::CANCEL_IMPORT;
use fanpass_model::{ImportId, ImportStatus};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::cancel_import`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn cancel_import(&self, import: &ImportId) -> Result<Request, Error> {
        self.bare(&CANCEL_IMPORT, self.uri(&CANCEL_IMPORT, &[("importId", import.as_str())])?)
    }
}

impl Client {
    /// Ends an import that has not ended; its segment stays as it was. Cancelling it again changes nothing. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id, [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) for an import that has completed or failed. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn cancel_import(&self, import: &ImportId) -> Result<ImportStatus, Error> {
        self.call(&CANCEL_IMPORT, self.requests().cancel_import(import)).await
    }
}
