//! Revoke Token: a token that stops working at once.

use fanpass_model::TokenSummary;
use fanpass_model::operations::REVOKE_TOKEN;
use fanpass_transport::Request;

use crate::{Client, Error, ErrorKind, Requests};

impl Requests {
    /// The request of [`Client::revoke_token`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for an empty id.
    pub fn revoke_token(&self, jti: &str) -> Result<Request, Error> {
        if jti.is_empty() {
            return Err(Error::unsent(
                ErrorKind::InvalidRequest,
                "the token's id is empty; `list_tokens` has them",
            ));
        }
        let uri = self.uri(&REVOKE_TOKEN, &[("jti", jti)])?;
        self.bare(&REVOKE_TOKEN, uri)
    }
}

impl Client {
    /// Revokes a token by its id (`jti`); it stops working at once. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn revoke_token(&self, jti: &str) -> Result<TokenSummary, Error> {
        self.call(&REVOKE_TOKEN, self.requests().revoke_token(jti)).await
    }
}
