//! List Segments: all segments by name.

use fanpass_model::operations::LIST_SEGMENTS;
use fanpass_model::{SegmentList, SegmentSummary};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::list_segments`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_segments(&self, page: &Page) -> Result<Request, Error> {
        let uri = self.uri(&LIST_SEGMENTS, &page.parameters(&mut String::new(), Vec::new()))?;
        self.bare(&LIST_SEGMENTS, uri)
    }
}

impl Client {
    /// A page of the segments, by name. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_segments(&self, page: &Page) -> Result<SegmentList, Error> {
        self.call(&LIST_SEGMENTS, self.requests().list_segments(page)).await
    }

    /// All segments, by name, asked for a page at a time as they are taken. Extension. The first error ends the
    /// stream.
    pub fn segments(&self) -> impl Stream<Item = Result<SegmentSummary, Error>> + Send + use<> {
        let client = self.clone();
        page::all(move |page| {
            let client = client.clone();
            async move {
                let list = client.list_segments(&page).await?;
                Ok((list.segments, list.next))
            }
        })
    }
}
