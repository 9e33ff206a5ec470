//! Issue Token: an access token for one subject.

use fanpass_model::operations::ISSUE_TOKEN;
use fanpass_model::{IssueTokenRequest, IssuedToken};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::issue_token`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn issue_token(&self, wanted: &IssueTokenRequest) -> Result<Request, Error> {
        self.json(&ISSUE_TOKEN, self.uri(&ISSUE_TOKEN, &[])?, wanted)
    }
}

impl Client {
    /// Issues an access token. It stands in this answer and nowhere else. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn issue_token(&self, wanted: &IssueTokenRequest) -> Result<IssuedToken, Error> {
        self.call(&ISSUE_TOKEN, self.requests().issue_token(wanted)).await
    }
}
