//! Get Forwarding, List and Retry Dead Letters: what is on its way to GA4, and what is not.

use fanpass_model::operations::{GET_FORWARDING, LIST_DEAD_LETTERS, RETRY_DEAD_LETTERS};
use fanpass_model::{DeadLetter, DeadLetterList, ForwardingStatus, RetriedDeadLetters, UserId};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::get_forwarding`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn get_forwarding(&self) -> Result<Request, Error> {
        self.bare(&GET_FORWARDING, self.uri(&GET_FORWARDING, &[])?)
    }

    /// The request of [`Client::list_dead_letters`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_dead_letters(&self, page: &Page) -> Result<Request, Error> {
        let uri = self.uri(&LIST_DEAD_LETTERS, &page.parameters(&mut String::new(), Vec::new()))?;
        self.bare(&LIST_DEAD_LETTERS, uri)
    }

    /// The request of [`Client::retry_dead_letters`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn retry_dead_letters(&self, user: Option<&UserId>) -> Result<Request, Error> {
        let parameters: Vec<_> = user.map(|user| ("userId", user.as_str())).into_iter().collect();
        self.bare(&RETRY_DEAD_LETTERS, self.uri(&RETRY_DEAD_LETTERS, &parameters)?)
    }
}

impl Client {
    /// How far the forwarding of platform attributes to GA4 has come. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn get_forwarding(&self) -> Result<ForwardingStatus, Error> {
        self.call(&GET_FORWARDING, self.requests().get_forwarding()).await
    }

    /// A page of the attributes that GA4 did not take or would not keep, newest first. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_dead_letters(&self, page: &Page) -> Result<DeadLetterList, Error> {
        self.call(&LIST_DEAD_LETTERS, self.requests().list_dead_letters(page)).await
    }

    /// All dead letters, newest first, asked for a page at a time as they are taken. Extension. The first error ends the stream.
    pub fn dead_letters(&self) -> impl Stream<Item = Result<DeadLetter, Error>> + Send + use<> {
        let client = self.clone();
        page::all(move |page| {
            let client = client.clone();
            async move {
                let list = client.list_dead_letters(&page).await?;
                Ok((list.dead_letters, list.next))
            }
        })
    }

    /// Puts dead letters, of one user or of all, on their way to GA4 again. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn retry_dead_letters(&self, user: Option<&UserId>) -> Result<RetriedDeadLetters, Error> {
        self.call(&RETRY_DEAD_LETTERS, self.requests().retry_dead_letters(user)).await
    }
}
