//! List Segment Members: a segment's user ids.

use fanpass_model::operations::LIST_MEMBERS;
use fanpass_model::{MemberList, SegmentName, UserId};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::list_members`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_members(&self, segment: &SegmentName, page: &Page) -> Result<Request, Error> {
        let segment = vec![("segmentName", segment.as_str())];
        let uri = self.uri(&LIST_MEMBERS, &page.parameters(&mut String::new(), segment))?;
        self.bare(&LIST_MEMBERS, uri)
    }
}

impl Client {
    /// A page of a segment's members, in byte order. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_members(&self, segment: &SegmentName, page: &Page) -> Result<MemberList, Error> {
        self.call(&LIST_MEMBERS, self.requests().list_members(segment, page)).await
    }

    /// All members of a segment, in byte order, asked for a page at a time as they are taken. Extension. The first
    /// error ends the stream.
    pub fn members(&self, segment: &SegmentName) -> impl Stream<Item = Result<UserId, Error>> + Send + use<> {
        let (client, segment) = (self.clone(), segment.clone());
        page::all(move |page| {
            let (client, segment) = (client.clone(), segment.clone());
            async move {
                let list = client.list_members(&segment, &page).await?;
                Ok((list.user_ids, list.next))
            }
        })
    }
}
