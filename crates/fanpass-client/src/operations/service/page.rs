//! Pages of a long list: one at a time, or all of them as a stream.

use std::collections::VecDeque;

use futures_core::Stream;
use futures_util::stream;

use crate::{Error, ErrorKind};

/// Which part of a list to ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Continue after this entry: the `next` of the page before. `None` begins at the first.
    pub after: Option<String>,
    /// Entries the page holds at most, from 1 to 1,000; `None` leaves it to the service.
    pub limit: Option<u32>,
}

impl Page {
    /// Entries of a page where a whole list is read: as many as the service gives at once.
    const LARGEST: u32 = 1000;

    /// The page as parameters of a request, behind those it has.
    pub(super) fn parameters<'a>(
        &'a self,
        limit: &'a mut String,
        mut before: Vec<(&'static str, &'a str)>,
    ) -> Vec<(&'static str, &'a str)> {
        if let Some(after) = &self.after {
            before.push(("after", after));
        }
        if let Some(entries) = self.limit {
            *limit = entries.to_string();
            before.push(("limit", limit));
        }
        before
    }
}

/// The entries of a page, and where the next one begins.
pub(super) type Entries<T> = (Vec<T>, Option<String>);

/// All entries of a list. A page is asked for when the one before it was taken; the first error ends the stream.
pub(super) fn all<T, F>(fetch: impl Fn(Page) -> F + Send) -> impl Stream<Item = Result<T, Error>> + Send
where
    T: Send,
    F: Future<Output = Result<Entries<T>, Error>> + Send,
{
    let first = Page { after: None, limit: Some(Page::LARGEST) };
    stream::try_unfold((VecDeque::new(), Some(first), fetch), |(mut entries, mut page, fetch)| async move {
        loop {
            if let Some(entry) = entries.pop_front() {
                return Ok(Some((entry, (entries, page, fetch))));
            }
            let Some(current) = page else { return Ok(None) };
            let (fetched, next) = fetch(current.clone()).await?;
            if next.is_some() && next == current.after {
                return Err(names_itself());
            }
            entries.extend(fetched);
            page = next.map(|next| Page { after: Some(next), ..current });
        }
    })
}

/// How many entries all parts of a list have together. `fetch` counts the part behind the place it is given.
pub(super) async fn count<F>(fetch: impl Fn(Option<String>) -> F) -> Result<u64, Error>
where
    F: Future<Output = Result<(u64, Option<String>), Error>>,
{
    let (mut count, mut after): (u64, _) = (0, None);
    loop {
        let (counted, next) = fetch(after.clone()).await?;
        count = count.saturating_add(counted);
        match next {
            Some(next) if after.as_ref() == Some(&next) => return Err(names_itself()),
            Some(next) => after = Some(next),
            None => return Ok(count),
        }
    }
}

/// What a page that is followed by itself, for ever, comes to.
pub(super) fn names_itself() -> Error {
    Error::unsent(ErrorKind::UnexpectedAnswer, "a page of the list names itself as the next one")
}
