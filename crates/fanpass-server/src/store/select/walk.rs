//! The users of one block, and whoever of the expression's segments belongs between them, in byte order of their ids: those of
//! whom the columns decide are counted without a look at their ids.

use std::ops::ControlFlow;

use super::known::{Columns, Judged, live};
use super::plan::Plan;
use super::user::{Unread, User};
use crate::store::columns::{Changed, Key, Overlay, UserBlock};
use crate::store::combine::lowest;
use crate::store::members::Members;
use crate::store::part::{UserPart, step};
use crate::store::segments::user_id;

/// Blocks of segments that one part reads at most, some 150 ids each: for a page, and to count. Few in tests, so that parts end
/// there.
const BLOCKS_A_PAGE: u32 = if cfg!(test) { 4 } else { 2_500 };
const BLOCKS_A_COUNT: u32 = if cfg!(test) { 4 } else { 100_000 };

/// A walk through users that selects them by a plan.
#[derive(Debug)]
pub(super) struct Walk<'w, 'e, 'c> {
    plan: &'w Plan<'e>,
    /// The keys of the plan's conditions; none for those that nobody carries.
    keys: Vec<Option<Key>>,
    /// The members of the plan's segments; none for those that do not exist.
    lists: Vec<Option<Members<'c>>>,
    limit: Option<u64>,
    part: UserPart,
    /// Of which segments nobody is in the block at hand.
    absent: Vec<bool>,
    /// Whether whoever is no user has to be looked at in the block at hand.
    with_others: bool,
    /// From where on whoever is no user is undecided, and the last of them who was decided.
    others_from: String,
    last_other: String,
    codes: Vec<u16>,
}

/// Whether to go on.
type Step = Result<ControlFlow<()>, Unread>;

const GO_ON: Step = Ok(ControlFlow::Continue(()));
const END: Step = Ok(ControlFlow::Break(()));

impl<'w, 'e, 'c> Walk<'w, 'e, 'c> {
    pub(super) fn new(
        plan: &'w Plan<'e>,
        keys: Vec<Option<Key>>,
        lists: Vec<Option<Members<'c>>>,
        limit: Option<u32>,
    ) -> Self {
        Self {
            plan,
            keys,
            absent: vec![false; lists.len()],
            lists,
            limit: limit.map(u64::from),
            part: UserPart::default(),
            with_others: false,
            others_from: String::new(),
            last_other: String::new(),
            codes: Vec::new(),
        }
    }

    /// What was selected.
    pub(super) fn finish(self) -> UserPart {
        self.part
    }

    /// Whether so much was read that the part has to end.
    pub(super) fn is_long(&self) -> bool {
        let most = if self.limit.is_some() { BLOCKS_A_PAGE } else { BLOCKS_A_COUNT };
        self.lists.iter().flatten().map(Members::blocks_read).sum::<u32>() > most
    }

    /// Ends the part behind everybody of a block that was walked through.
    pub(super) fn end_behind(&mut self, block: &UserBlock<'_>, after: &str) -> Result<(), Unread> {
        let mut last = after.max(&*self.last_other).to_owned();
        if let Some(place) = block.users().checked_sub(1) {
            last = last.max(block.ids()?.at(place)?.to_owned());
        }
        last = last.max(block.changed()?.pop().unwrap_or_default());
        self.part.next = Some(user_id(&last)?);
        Ok(())
    }

    /// Members of segments behind `after`, where it makes no difference who is a user.
    pub(super) fn members(&mut self, after: &str) -> Result<(), Unread> {
        step(after, &mut self.others_from);
        self.others(None).map(drop)
    }

    /// The users of a block, behind `after`.
    pub(super) fn block(&mut self, block: &UserBlock<'_>, after: &str) -> Step {
        let is_first = block.start() <= after;
        let least = if is_first { format!("{after}\0") } else { block.start().to_owned() };
        for (absent, list) in self.absent.iter_mut().zip(&mut self.lists) {
            let first = list.as_mut().map(|list| list.from(&least)).transpose()?.flatten();
            *absent = first.is_none_or(|first| block.next().is_some_and(|next| first >= next));
        }
        self.with_others = self.plan.selects_others() && self.absent.contains(&false);
        self.others_from.clone_from(&least);
        let mut changed = block.changed()?;
        if is_first {
            changed.retain(|id| **id > *after);
        }
        let live = live(block, is_first.then_some(after).filter(|after| !after.is_empty()), &changed)?;
        let mut columns = Columns {
            plan: self.plan,
            keys: &self.keys,
            block,
            absent: &self.absent,
            met: vec![None; self.keys.len()],
            codes: &mut self.codes,
        };
        let known = columns.known(&self.plan.root)?;
        let met = columns.met;
        let mut overlay = if changed.is_empty() { None } else { block.overlay()? };
        let mut overlay = Overlay::read(&mut overlay)?;
        while is_first && overlay.take_if(|id| id <= after)?.is_some() {}
        self.merge(block, &Judged { known, met, live }, overlay)
    }

    /// Goes through whoever has to be looked at, in the order of the ids.
    fn merge(&mut self, block: &UserBlock<'_>, judged: &Judged, mut changed: Overlay<'_>) -> Step {
        let Judged { known, met, live } = judged;
        let looked_at = if self.limit.is_some() || self.with_others {
            // The others are those whom no user's id is like.
            if self.with_others { *live } else { known.no.not().and(live) }
        } else {
            self.part.count += known.yes.and(live).count();
            known.yes.or(&known.no).not().and(live)
        };
        let mut ids = None;
        for place in looked_at.places() {
            // Read only where somebody has to be looked at.
            let ids = match &mut ids {
                Some(ids) => ids,
                None => ids.insert(block.ids()?),
            };
            let id = ids.at(place)?;
            while let Some(user) = changed.take_if(|changed| changed < id)? {
                if self.changed(&user)?.is_break() {
                    return END;
                }
            }
            let met = |condition: usize| {
                met.get(condition).is_some_and(|met| met.is_some_and(|met| met.has(place)))
            };
            let sure = if known.yes.has(place) { Some(true) } else { known.no.has(place).then_some(false) };
            if self.user(id, sure, met)?.is_break() {
                return END;
            }
        }
        while let Some(user) = changed.step()? {
            if self.changed(&user)?.is_break() {
                return END;
            }
        }
        if self.with_others { self.others(block.next()) } else { GO_ON }
    }

    /// A user of the overlay.
    fn changed(&mut self, user: &Changed) -> Step {
        let (plan, keys) = (self.plan, std::mem::take(&mut self.keys));
        let met = |condition: usize| {
            let value = keys.get(condition).copied().flatten().and_then(|key| user.value(key));
            value.is_some_and(|value| {
                plan.conditions.get(condition).is_some_and(|condition| condition.test.is_met_by(&value))
            })
        };
        let step = self.user(&user.id, None, met);
        self.keys = keys;
        step
    }

    /// A user, of whom it is `sure` or not whether he is selected.
    fn user(&mut self, id: &str, sure: Option<bool>, met: impl Fn(usize) -> bool) -> Step {
        if self.with_others {
            if self.others(Some(id))?.is_break() {
                return END;
            }
            step(id, &mut self.others_from);
        }
        let selected = match sure {
            Some(sure) => sure,
            None => self.plan.root.holds(&mut User { id, met, lists: &mut self.lists })? == Some(true),
        };
        if selected { self.select(id) } else { GO_ON }
    }

    /// Members of the segments who are no users, up to the next user's id.
    fn others(&mut self, next: Option<&str>) -> Step {
        loop {
            let first = lowest(self.lists.iter_mut().flatten(), &self.others_from)?;
            let Some(first) = first.filter(|first| next.is_none_or(|next| *first < next)) else {
                return GO_ON;
            };
            first.clone_into(&mut self.last_other);
            step(&self.last_other, &mut self.others_from);
            let mut nobody = User { id: &self.last_other, met: |_| false, lists: &mut self.lists };
            if self.plan.root.holds(&mut nobody)? == Some(true) {
                let id = self.last_other.clone();
                if self.select(&id)?.is_break() {
                    return END;
                }
            }
            if self.is_long() {
                self.part.next = Some(user_id(&self.last_other)?);
                return END;
            }
        }
    }

    fn select(&mut self, id: &str) -> Step {
        if self.limit == Some(self.part.count) {
            self.part.next = self.part.users.last().cloned();
            return END;
        }
        self.part.count += 1;
        if self.limit.is_some() {
            self.part.users.push(user_id(id)?);
        }
        GO_ON
    }
}
