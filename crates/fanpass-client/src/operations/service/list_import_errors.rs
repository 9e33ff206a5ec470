//! List Import Errors: the rows that an import refused.

use fanpass_model::operations::LIST_IMPORT_ERRORS;
use fanpass_model::{ImportErrorList, ImportId, RowError};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::list_import_errors`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_import_errors(&self, import: &ImportId, page: &Page) -> Result<Request, Error> {
        let import = vec![("importId", import.as_str())];
        let uri = self.uri(&LIST_IMPORT_ERRORS, &page.parameters(&mut String::new(), import))?;
        self.bare(&LIST_IMPORT_ERRORS, uri)
    }
}

impl Client {
    /// A page of the rows that an import refused, in the order they were read. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_import_errors(&self, import: &ImportId, page: &Page) -> Result<ImportErrorList, Error> {
        self.call(&LIST_IMPORT_ERRORS, self.requests().list_import_errors(import, page)).await
    }

    /// All rows that an import refused and that are kept, asked for a page at a time as they are taken. Extension. The
    /// first error ends the stream.
    pub fn import_errors(
        &self,
        import: &ImportId,
    ) -> impl Stream<Item = Result<RowError, Error>> + Send + use<> {
        let (client, import) = (self.clone(), import.clone());
        page::all(move |page| {
            let (client, import) = (client.clone(), import.clone());
            async move {
                let list = client.list_import_errors(&import, &page).await?;
                Ok((list.errors, list.next))
            }
        })
    }
}
