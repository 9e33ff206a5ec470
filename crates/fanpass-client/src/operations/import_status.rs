//! Get Segment Import Status: how far an import is.

use fanpass_model::operations::GET_SEGMENT_IMPORT_STATUS;
use fanpass_model::{ImportId, ImportStatus, ImportStatusRequest};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::import_status`].
    ///
    /// # Errors
    /// None so far.
    pub fn import_status(&self, import: &ImportId) -> Result<Request, Error> {
        let content = ImportStatusRequest::new(import.clone());
        self.json(&GET_SEGMENT_IMPORT_STATUS, self.import_status.clone(), &content)
    }
}

impl Client {
    /// Asks once how far an import is; [`wait_for_import`](Self::wait_for_import) asks until it is over.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id; otherwise what the call came to.
    pub async fn import_status(&self, import: &ImportId) -> Result<ImportStatus, Error> {
        self.call(&GET_SEGMENT_IMPORT_STATUS, self.requests().import_status(import)).await
    }
}
