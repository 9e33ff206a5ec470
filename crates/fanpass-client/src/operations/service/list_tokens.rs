//! List Tokens: all issued tokens, without their secrets.

use fanpass_model::TokenList;
use fanpass_model::operations::LIST_TOKENS;
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::list_tokens`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn list_tokens(&self) -> Result<Request, Error> {
        self.bare(&LIST_TOKENS, self.uri(&LIST_TOKENS, &[])?)
    }
}

impl Client {
    /// All issued tokens without their secrets, newest first. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_tokens(&self) -> Result<TokenList, Error> {
        self.call(&LIST_TOKENS, self.requests().list_tokens()).await
    }
}
