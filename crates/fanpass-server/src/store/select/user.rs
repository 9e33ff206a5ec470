//! One user, of whom all is known: the conditions by the columns, the segments by their lists.

use super::plan::Facts;
use crate::store::error::Fault;
use crate::store::members::Members;

/// Why a walk ends in an error: the file that is at fault is to be named.
#[derive(Debug)]
pub(super) enum Unread {
    Columns(rusqlite::Error),
    Segments(Fault),
}

impl From<rusqlite::Error> for Unread {
    fn from(error: rusqlite::Error) -> Self {
        Self::Columns(error)
    }
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Self {
        Self::Segments(fault)
    }
}

impl From<Unread> for Fault {
    fn from(error: Unread) -> Self {
        match error {
            Unread::Columns(error) => error.into(),
            Unread::Segments(fault) => fault,
        }
    }
}

/// One user, whose segments are looked up.
pub(super) struct User<'u, 'c, M> {
    pub(super) id: &'u str,
    /// Whether the user meets a condition.
    pub(super) met: M,
    pub(super) lists: &'u mut [Option<Members<'c>>],
}

impl<M: Fn(usize) -> bool> Facts for User<'_, '_, M> {
    type Error = Fault;

    fn meets(&mut self, condition: usize) -> Option<bool> {
        Some((self.met)(condition))
    }

    fn is_in(&mut self, segment: usize) -> Result<Option<bool>, Fault> {
        match self.lists.get_mut(segment) {
            Some(Some(members)) => Ok(Some(members.from(self.id)? == Some(self.id))),
            _ => Ok(Some(false)),
        }
    }
}
