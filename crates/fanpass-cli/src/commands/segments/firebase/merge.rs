//! The members of several segments, each id once with all segments it is in, in constant memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::pin::Pin;

use anyhow::{Context as _, Result};
use fanpass_client::{Client, Error};
use fanpass_model::UserId;
use futures_util::{Stream, TryStreamExt as _, stream};

use super::labels::Labelled;
use crate::exit::Exit;
use crate::failure::failure;

/// An id and the segments that it is in, by their places.
#[derive(Debug)]
pub struct Memberships {
    pub user: UserId,
    pub segments: Vec<usize>,
}

type Members = Pin<Box<dyn Stream<Item = Result<UserId, Error>> + Send>>;

/// The sorted lists, and the next id of each that has one.
struct Merge<'a> {
    segments: &'a [Labelled],
    lists: Vec<Members>,
    heads: BinaryHeap<Reverse<(UserId, usize)>>,
}

/// The memberships of all segments, by id.
pub fn merged<'a>(
    client: &Client,
    segments: &'a [Labelled],
) -> impl Stream<Item = Result<Memberships>> + use<'a> {
    let lists = segments.iter().map(|labelled| -> Members { Box::pin(client.members(&labelled.segment)) });
    let merge = Merge { segments, lists: lists.collect(), heads: BinaryHeap::new() };
    stream::try_unfold((merge, false), |(mut merge, begun)| async move {
        if !begun {
            for place in 0..merge.lists.len() {
                merge.advance(place, None).await?;
            }
        }
        Ok(merge.next().await?.map(|memberships| (memberships, (merge, true))))
    })
}

impl Merge<'_> {
    /// Takes the next id of a list, which has to come after the one before.
    async fn advance(&mut self, place: usize, before: Option<&UserId>) -> Result<()> {
        let (Some(list), Some(Labelled { segment, .. })) =
            (self.lists.get_mut(place), self.segments.get(place))
        else {
            return Ok(());
        };
        let next = list.try_next().await.with_context(|| format!("segment {segment}"))?;
        let Some(id) = next else { return Ok(()) };
        if before.is_some_and(|before| *before >= id) {
            let message = format!("the service tells the members of segment {segment} out of order");
            return Err(failure(Exit::Failed, message));
        }
        self.heads.push(Reverse((id, place)));
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Memberships>> {
        let Some(Reverse((user, place))) = self.heads.pop() else { return Ok(None) };
        let mut segments = vec![place];
        while self.heads.peek().is_some_and(|Reverse((other, _))| *other == user) {
            segments.extend(self.heads.pop().map(|Reverse((_, place))| place));
        }
        for &place in &segments {
            self.advance(place, Some(&user)).await?;
        }
        Ok(Some(Memberships { user, segments }))
    }
}
