//! List Attributes: the platform catalogue and the registered custom attributes.

use fanpass_model::AttributeList;
use fanpass_model::operations::LIST_ATTRIBUTES;
use fanpass_transport::Request;
use futures_util::TryStreamExt as _;

use super::page;
use crate::{Client, Error, Page, Requests};

impl Requests {
    /// The request of [`Client::list_attributes`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_attributes(&self, page: &Page) -> Result<Request, Error> {
        let uri = self.uri(&LIST_ATTRIBUTES, &page.parameters(&mut String::new(), Vec::new()))?;
        self.bare(&LIST_ATTRIBUTES, uri)
    }
}

impl Client {
    /// A page of the attributes that a user can carry: the platform's, then the registered ones. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_attributes(&self, page: &Page) -> Result<AttributeList, Error> {
        self.call(&LIST_ATTRIBUTES, self.requests().list_attributes(page)).await
    }

    /// All attributes that a user can carry, as one list, asked for a page at a time. Extension.
    ///
    /// # Errors
    /// As [`list_attributes`](Self::list_attributes).
    pub async fn all_attributes(&self) -> Result<AttributeList, Error> {
        let pages = page::all(|page| async move {
            let list = self.list_attributes(&page).await?;
            Ok((list.attributes, list.next))
        });
        Ok(AttributeList::new(pages.try_collect().await?))
    }
}
