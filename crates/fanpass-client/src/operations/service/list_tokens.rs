//! List Tokens: issued tokens, without their secrets.

use fanpass_model::operations::LIST_TOKENS;
use fanpass_model::{TokenList, TokenSummary};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::list_tokens`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_tokens(&self, page: &Page) -> Result<Request, Error> {
        let uri = self.uri(&LIST_TOKENS, &page.parameters(&mut String::new(), Vec::new()))?;
        self.bare(&LIST_TOKENS, uri)
    }
}

impl Client {
    /// A page of the issued tokens without their secrets, newest first. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_tokens(&self, page: &Page) -> Result<TokenList, Error> {
        self.call(&LIST_TOKENS, self.requests().list_tokens(page)).await
    }

    /// All issued tokens without their secrets, newest first, asked for a page at a time as they are taken. Extension. The
    /// first error ends the stream.
    pub fn tokens(&self) -> impl Stream<Item = Result<TokenSummary, Error>> + Send + use<> {
        let client = self.clone();
        page::all(move |page| {
            let client = client.clone();
            async move {
                let list = client.list_tokens(&page).await?;
                Ok((list.tokens, list.next))
            }
        })
    }
}
