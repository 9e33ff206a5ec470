//! List Audit: the records of calls.

use fanpass_model::operations::LIST_AUDIT;
use fanpass_model::{AuditList, AuditRecord};
use fanpass_transport::Request;
use futures_core::Stream;

use super::page;
use crate::{Client, Error, Page, Requests};

/// Which audit records to ask for; all of them without any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only calls with tokens of this subject.
    pub subject: Option<String>,
    /// Only calls of this operation, by its id, such as `updateUser`.
    pub operation: Option<String>,
    /// Only calls about this segment, attribute, token or hashed user.
    pub target: Option<String>,
}

impl Requests {
    /// The request of [`Client::list_audit`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn list_audit(&self, filter: &AuditFilter, page: &Page) -> Result<Request, Error> {
        let AuditFilter { subject, operation, target } = filter;
        let parameters = [("subject", subject), ("operation", operation), ("target", target)];
        let parameters = parameters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let uri = self.uri(&LIST_AUDIT, &page.parameters(&mut String::new(), parameters.collect()))?;
        self.bare(&LIST_AUDIT, uri)
    }
}

impl Client {
    /// A page of audit records, newest first. With a filter it may be cut short: the next one goes on. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_audit(&self, filter: &AuditFilter, page: &Page) -> Result<AuditList, Error> {
        self.call(&LIST_AUDIT, self.requests().list_audit(filter, page)).await
    }

    /// All audit records that the filter lets through, newest first, asked for a page at a time as they are taken.
    /// Extension. The first error ends the stream.
    pub fn audit(
        &self,
        filter: &AuditFilter,
    ) -> impl Stream<Item = Result<AuditRecord, Error>> + Send + use<> {
        let (client, filter) = (self.clone(), filter.clone());
        page::all(move |page| {
            let (client, filter) = (client.clone(), filter.clone());
            async move {
                let list = client.list_audit(&filter, &page).await?;
                Ok((list.records, list.next))
            }
        })
    }
}
