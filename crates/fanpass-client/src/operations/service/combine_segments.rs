//! Combine Segments: users by the segments they are in and are not in.

use fanpass_model::operations::COMBINE_SEGMENTS;
use fanpass_model::{Combination, CombineRequest, UserId};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::combine_segments`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn combine_segments(&self, request: &CombineRequest) -> Result<Request, Error> {
        self.json(&COMBINE_SEGMENTS, self.uri(&COMBINE_SEGMENTS, &[])?, request)
    }
}

impl Client {
    /// A part of the users that a combination of segments selects, or their number. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn combine_segments(&self, request: &CombineRequest) -> Result<Combination, Error> {
        self.call(&COMBINE_SEGMENTS, self.requests().combine_segments(request)).await
    }

    /// All users that a combination of segments selects, in byte order, asked for a part at a time as they are taken.
    /// Extension. The first error ends the stream.
    pub fn combined(
        &self,
        request: &CombineRequest,
    ) -> impl Stream<Item = Result<UserId, Error>> + Send + use<> {
        let (client, request) = (self.clone(), request.clone());
        page::all(move |page| {
            let (client, request) = (client.clone(), request.clone());
            async move {
                let part = CombineRequest { after: page.after, limit: page.limit, ..request };
                let part = client.combine_segments(&part).await?;
                Ok((part.user_ids, part.next))
            }
        })
    }

    /// How many users a combination of segments selects, counted a part at a time. Extension.
    ///
    /// # Errors
    /// As [`combine_segments`](Self::combine_segments).
    pub async fn count_combined(&self, request: &CombineRequest) -> Result<u64, Error> {
        page::count(|after| async {
            let request = CombineRequest { after, count: Some(true), ..request.clone() };
            let part = self.combine_segments(&request).await?;
            Ok((part.count, part.next))
        })
        .await
    }
}
