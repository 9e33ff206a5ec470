//! Writes ascending ids as blocks of an unpublished list, a batch at a time.

use std::collections::VecDeque;

use fanpass_sorted::{Block, BlockBuilder};
use tokio::sync::oneshot;

use crate::store::{Content, List, Store, StoreError};

/// Blocks that go to the database together, about 4 MiB.
const BATCH_BLOCKS: usize = 1_024;
/// Batches under way; further ones wait for the oldest.
const BATCHES_PENDING: usize = 3;

/// A list being written; dropped before it is published, it is deleted again.
#[derive(Debug)]
pub(super) struct ListWriter<'a> {
    store: &'a Store,
    import: i64,
    list: Option<List>,
    builder: BlockBuilder,
    batch: Vec<Block>,
    pending: VecDeque<oneshot::Receiver<Result<(), StoreError>>>,
}

impl<'a> ListWriter<'a> {
    pub(super) fn new(store: &'a Store, import: i64) -> Self {
        Self {
            store,
            import,
            list: None,
            builder: BlockBuilder::default(),
            batch: Vec::new(),
            pending: VecDeque::new(),
        }
    }

    /// Takes the next id, greater than all before.
    pub(super) fn push(&mut self, id: &[u8]) -> Result<(), StoreError> {
        if let Some(block) = self.builder.push(id) {
            self.batch.push(block);
            if self.batch.len() == BATCH_BLOCKS {
                self.send()?;
            }
        }
        Ok(())
    }

    /// The list with what was written so far, and the blocks that are left for its publication.
    pub(super) fn finish(mut self) -> Result<Content, StoreError> {
        while !self.pending.is_empty() {
            self.settle_oldest()?;
        }
        self.batch.extend(self.builder.finish());
        Ok(Content::Whole(self.list.take(), std::mem::take(&mut self.batch)))
    }

    fn send(&mut self) -> Result<(), StoreError> {
        let list = match self.list {
            Some(list) => list,
            None => *self.list.insert(self.store.begin_list(self.import)?),
        };
        if self.pending.len() == BATCHES_PENDING {
            self.settle_oldest()?;
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_BLOCKS));
        self.pending.push_back(self.store.put_blocks(list, batch)?);
        Ok(())
    }

    fn settle_oldest(&mut self) -> Result<(), StoreError> {
        match self.pending.pop_front() {
            Some(answer) => answer.blocking_recv().map_err(|_| StoreError::stopped())?,
            None => Ok(()),
        }
    }
}

impl Drop for ListWriter<'_> {
    fn drop(&mut self) {
        self.store.abandon(self.list.take());
    }
}
