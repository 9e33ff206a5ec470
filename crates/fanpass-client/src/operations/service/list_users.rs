//! List Users: the users that attributes are stored of.

use fanpass_model::operations::LIST_USERS;
use fanpass_model::{UserList, UserSummary};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::list_users`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_users(&self, page: &Page) -> Result<Request, Error> {
        let uri = self.uri(&LIST_USERS, &page.parameters(&mut String::new(), Vec::new()))?;
        self.bare(&LIST_USERS, uri)
    }
}

impl Client {
    /// A page of users in byte order of their ids, and how many there are in all. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_users(&self, page: &Page) -> Result<UserList, Error> {
        self.call(&LIST_USERS, self.requests().list_users(page)).await
    }

    /// All users in byte order of their ids, asked for a page at a time as they are taken. Extension. The first error
    /// ends the stream.
    pub fn users(&self) -> impl Stream<Item = Result<UserSummary, Error>> + Send + use<> {
        let client = self.clone();
        page::all(move |page| {
            let client = client.clone();
            async move {
                let list = client.list_users(&page).await?;
                Ok((list.users, list.next))
            }
        })
    }
}
