//! List Imports: imports as they stand, newest first.

use fanpass_model::operations::LIST_IMPORTS;
use fanpass_model::{ImportList, ImportStatus, SegmentName};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::list_imports`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_imports(&self, segment: Option<&SegmentName>, page: &Page) -> Result<Request, Error> {
        let segment = segment.map(|segment| ("segmentName", segment.as_str())).into_iter().collect();
        let uri = self.uri(&LIST_IMPORTS, &page.parameters(&mut String::new(), segment))?;
        self.bare(&LIST_IMPORTS, uri)
    }
}

impl Client {
    /// A page of the imports of one segment, or of all, newest first, without the rows they refused. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_imports(
        &self,
        segment: Option<&SegmentName>,
        page: &Page,
    ) -> Result<ImportList, Error> {
        self.call(&LIST_IMPORTS, self.requests().list_imports(segment, page)).await
    }

    /// All imports of one segment, or of all, newest first, asked for a page at a time as they are taken. Extension. The
    /// first error ends the stream.
    pub fn imports(
        &self,
        segment: Option<&SegmentName>,
    ) -> impl Stream<Item = Result<ImportStatus, Error>> + Send + use<> {
        let (client, segment) = (self.clone(), segment.cloned());
        page::all(move |page| {
            let (client, segment) = (client.clone(), segment.clone());
            async move {
                let list = client.list_imports(segment.as_ref(), &page).await?;
                Ok((list.imports, list.next))
            }
        })
    }
}
