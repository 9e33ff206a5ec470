//! Save, List, Get and Delete Audience, and List User Audiences.

use fanpass_model::operations::{
    DELETE_AUDIENCE, GET_AUDIENCE, LIST_AUDIENCES, LIST_USER_AUDIENCES, SAVE_AUDIENCE,
};
use fanpass_model::{Audience, AudienceList, AudienceName, SaveAudienceRequest, UserAudiences, UserId};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::save_audience`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn save_audience(&self, request: &SaveAudienceRequest) -> Result<Request, Error> {
        self.json(&SAVE_AUDIENCE, self.uri(&SAVE_AUDIENCE, &[])?, request)
    }

    /// The request of [`Client::list_audiences`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_audiences(&self, page: &Page) -> Result<Request, Error> {
        let uri = self.uri(&LIST_AUDIENCES, &page.parameters(&mut String::new(), Vec::new()))?;
        self.bare(&LIST_AUDIENCES, uri)
    }

    /// The request of [`Client::get_audience`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn get_audience(&self, name: &AudienceName) -> Result<Request, Error> {
        self.bare(&GET_AUDIENCE, self.uri(&GET_AUDIENCE, &[("audienceName", name.as_str())])?)
    }

    /// The request of [`Client::delete_audience`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn delete_audience(&self, name: &AudienceName) -> Result<Request, Error> {
        self.bare(&DELETE_AUDIENCE, self.uri(&DELETE_AUDIENCE, &[("audienceName", name.as_str())])?)
    }

    /// The request of [`Client::list_user_audiences`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_user_audiences(&self, user: &UserId) -> Result<Request, Error> {
        self.bare(&LIST_USER_AUDIENCES, self.uri(&LIST_USER_AUDIENCES, &[("userId", user.as_str())])?)
    }
}

impl Client {
    /// Saves an expression under a name, in the place of what stood there. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for an expression with faults, each an item of the problem;
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when no more are kept. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn save_audience(&self, request: &SaveAudienceRequest) -> Result<Audience, Error> {
        self.call(&SAVE_AUDIENCE, self.requests().save_audience(request)).await
    }

    /// A page of the saved audiences, by name. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_audiences(&self, page: &Page) -> Result<AudienceList, Error> {
        self.call(&LIST_AUDIENCES, self.requests().list_audiences(page)).await
    }

    /// All saved audiences, by name, asked for a page at a time as they are taken. Extension. The first error ends the
    /// stream.
    pub fn audiences(&self) -> impl Stream<Item = Result<Audience, Error>> + Send + use<> {
        let client = self.clone();
        page::all(move |page| {
            let client = client.clone();
            async move {
                let list = client.list_audiences(&page).await?;
                Ok((list.audiences, list.next))
            }
        })
    }

    /// One saved audience. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn get_audience(&self, name: &AudienceName) -> Result<Audience, Error> {
        self.call(&GET_AUDIENCE, self.requests().get_audience(name)).await
    }

    /// Deletes a saved audience and gives back what it was. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown name. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn delete_audience(&self, name: &AudienceName) -> Result<Audience, Error> {
        self.call(&DELETE_AUDIENCE, self.requests().delete_audience(name)).await
    }

    /// The saved audiences that hold a user; none for a user that nobody knows. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_user_audiences(&self, user: &UserId) -> Result<UserAudiences, Error> {
        self.call(&LIST_USER_AUDIENCES, self.requests().list_user_audiences(user)).await
    }
}
