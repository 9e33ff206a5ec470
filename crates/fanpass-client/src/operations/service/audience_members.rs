//! Preview Audience and List Audience Members: the users that an expression selects.

use fanpass_model::operations::{LIST_AUDIENCE_MEMBERS, PREVIEW_AUDIENCE};
use fanpass_model::{AudienceName, AudiencePart, PreviewAudienceRequest, UserId};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::preview_audience`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn preview_audience(&self, request: &PreviewAudienceRequest) -> Result<Request, Error> {
        self.json(&PREVIEW_AUDIENCE, self.uri(&PREVIEW_AUDIENCE, &[])?, request)
    }

    /// The request of [`Client::list_audience_members`], or, with `count`, one that has them counted.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_audience_members(
        &self,
        name: &AudienceName,
        page: &Page,
        count: bool,
    ) -> Result<Request, Error> {
        let mut named = vec![("audienceName", name.as_str())];
        if count {
            named.push(("count", "true"));
        }
        let uri = self.uri(&LIST_AUDIENCE_MEMBERS, &page.parameters(&mut String::new(), named))?;
        self.bare(&LIST_AUDIENCE_MEMBERS, uri)
    }
}

impl Client {
    /// A part of the users that an expression selects, or their number. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for an expression with faults, each an item of the problem. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn preview_audience(&self, request: &PreviewAudienceRequest) -> Result<AudiencePart, Error> {
        self.call(&PREVIEW_AUDIENCE, self.requests().preview_audience(request)).await
    }

    /// How many users an expression selects, counted a part at a time. Extension.
    ///
    /// # Errors
    /// As [`preview_audience`](Self::preview_audience).
    pub async fn count_previewed(&self, expression: &str) -> Result<u64, Error> {
        page::count(|after| async {
            let mut request = PreviewAudienceRequest::new(expression.to_owned());
            (request.after, request.count) = (after, Some(true));
            let part = self.preview_audience(&request).await?;
            Ok((part.count, part.next))
        })
        .await
    }

    /// A part of the users of a saved audience, in byte order. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_audience_members(
        &self,
        name: &AudienceName,
        page: &Page,
    ) -> Result<AudiencePart, Error> {
        let request = self.requests().list_audience_members(name, page, false);
        self.call(&LIST_AUDIENCE_MEMBERS, request).await
    }

    /// All users of a saved audience, in byte order, asked for a part at a time as they are taken. Extension. The first error
    /// ends the stream.
    pub fn audience_members(
        &self,
        name: &AudienceName,
    ) -> impl Stream<Item = Result<UserId, Error>> + Send + use<> {
        let (client, name) = (self.clone(), name.clone());
        page::all(move |page| {
            let (client, name) = (client.clone(), name.clone());
            async move {
                let part = client.list_audience_members(&name, &page).await?;
                Ok((part.user_ids, part.next))
            }
        })
    }

    /// How many users a saved audience has, counted a part at a time. Extension.
    ///
    /// # Errors
    /// As [`list_audience_members`](Self::list_audience_members).
    pub async fn count_audience_members(&self, name: &AudienceName) -> Result<u64, Error> {
        page::count(|after| async {
            let request = self.requests().list_audience_members(name, &Page { after, limit: None }, true);
            let part: AudiencePart = self.call(&LIST_AUDIENCE_MEMBERS, request).await?;
            Ok((part.count, part.next))
        })
        .await
    }
}
