//! Get User History: what changed of one user, when and by whom.

use fanpass_model::operations::GET_USER_HISTORY;
use fanpass_model::{UserChange, UserHistory, UserId};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::user_history`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn user_history(&self, user: &UserId, page: &Page) -> Result<Request, Error> {
        let user = vec![("userId", user.as_str())];
        let uri = self.uri(&GET_USER_HISTORY, &page.parameters(&mut String::new(), user))?;
        self.bare(&GET_USER_HISTORY, uri)
    }
}

impl Client {
    /// A page of what changed of a user's attributes, newest first. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn user_history(&self, user: &UserId, page: &Page) -> Result<UserHistory, Error> {
        self.call(&GET_USER_HISTORY, self.requests().user_history(user, page)).await
    }

    /// All changes of a user's attributes that are kept, newest first, asked for a page at a time as they are taken.
    /// Extension. The first error ends the stream.
    pub fn user_changes(
        &self,
        user: &UserId,
    ) -> impl Stream<Item = Result<UserChange, Error>> + Send + use<> {
        let (client, user) = (self.clone(), user.clone());
        page::all(move |page| {
            let (client, user) = (client.clone(), user.clone());
            async move {
                let list = client.user_history(&user, &page).await?;
                Ok((list.changes, list.next))
            }
        })
    }
}
