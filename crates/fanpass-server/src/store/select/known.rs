//! What a block's columns tell of an expression before anybody's segments are looked at: of whom it is true, of whom it is not,
//! and of whom that depends on segments.

use super::bits::Bits;
use super::plan::{Condition, Node, Plan};
use crate::store::columns::{Key, UserBlock};

/// Of whom something is surely true, and of whom surely not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) yes: Bits,
    pub(super) no: Bits,
}

impl Known {
    const OPEN: Self = Self { yes: Bits::NONE, no: Bits::NONE };

    fn all(holds: bool) -> Self {
        let known = Self { yes: Bits::ALL, no: Bits::NONE };
        if holds { known } else { known.opposite() }
    }

    fn opposite(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

/// The conditions of an expression in one block, read as far as they are asked for.
#[derive(Debug)]
pub(super) struct Columns<'b, 'e> {
    pub(super) plan: &'b Plan<'e>,
    pub(super) keys: &'b [Option<Key>],
    pub(super) block: &'b UserBlock<'b>,
    /// Of which segments nobody is in the block.
    pub(super) absent: &'b [bool],
    /// Who meets each condition.
    pub(super) met: Vec<Option<Bits>>,
    pub(super) codes: &'b mut Vec<u16>,
}

impl Columns<'_, '_> {
    /// What is known of a part of the expression.
    pub(super) fn known(&mut self, node: &Node) -> rusqlite::Result<Known> {
        match node {
            Node::Constant(constant) => Ok(Known::all(*constant)),
            Node::Segment(segment) if self.absent.get(*segment).copied().unwrap_or(true) => {
                Ok(Known::all(false))
            }
            Node::Segment(_) => Ok(Known::OPEN),
            Node::Condition(condition) => {
                let yes = self.met(*condition)?;
                Ok(Known { yes, no: yes.not() })
            }
            Node::Not(part) => Ok(self.known(part)?.opposite()),
            Node::All(parts) => self.all(parts, |known| known),
            // One holds unless all do not.
            Node::Any(parts) => Ok(self.all(parts, Known::opposite)?.opposite()),
        }
    }

    fn all(&mut self, parts: &[Node], turn: impl Fn(Known) -> Known) -> rusqlite::Result<Known> {
        let mut all = Known::all(true);
        for part in parts {
            let part = turn(self.known(part)?);
            all = Known { yes: all.yes.and(&part.yes), no: all.no.or(&part.no) };
            if all.no == Bits::ALL {
                break;
            }
        }
        Ok(all)
    }

    /// Who of the block meets a condition.
    fn met(&mut self, condition: usize) -> rusqlite::Result<Bits> {
        if let Some(met) = self.met.get(condition).copied().flatten() {
            return Ok(met);
        }
        let met = match (self.plan.conditions.get(condition), self.keys.get(condition)) {
            (Some(condition), Some(Some(key))) => self.test(condition, *key)?,
            _ => Bits::NONE,
        };
        if let Some(place) = self.met.get_mut(condition) {
            *place = Some(met);
        }
        Ok(met)
    }

    fn test(&mut self, condition: &Condition<'_>, key: Key) -> rusqlite::Result<Bits> {
        let Some(column) = self.block.column(key)? else { return Ok(Bits::NONE) };
        // Each value is tested once, and nobody's code is looked at where none passes.
        let chosen = column.passing(|value| condition.test.is_met_by(value));
        if !chosen.contains(&true) {
            return Ok(Bits::NONE);
        }
        column.codes(self.codes);
        Ok(Bits::of_codes(self.codes, &chosen))
    }
}

/// What a block tells of its users.
pub(super) struct Judged {
    pub(super) known: Known,
    /// Who meets each condition, as far as that was asked.
    pub(super) met: Vec<Option<Bits>>,
    /// Users who stand here and not in the overlay, behind where the part begins.
    pub(super) live: Bits,
}

/// Users of a block who stand there and not in the overlay, behind `after`.
pub(super) fn live(block: &UserBlock<'_>, after: Option<&str>, changed: &[String]) -> rusqlite::Result<Bits> {
    let mut live = Bits::first(block.users());
    if let Some(after) = after {
        let mut ids = block.ids()?;
        for place in 0..block.users() {
            if ids.at(place)? > after {
                break;
            }
            live.remove(place);
        }
    }
    if !changed.is_empty() {
        let mut ids = block.ids()?;
        for id in changed {
            if let Some(place) = ids.find(id)? {
                live.remove(place);
            }
        }
    }
    Ok(live)
}
