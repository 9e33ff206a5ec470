//! Users by an expression over segments and attributes: those that it can be true of are gone through in their order, and
//! each is held against it.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanpass_model::{AttributeKey, AttributeValue, SegmentName, UserId, UserProperties};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Rows};

use super::combine::lowest;
use super::error::Fault;
use super::members::Members;
use super::segments::find_served;
use super::users;
use super::walk::{Place, UserPart, Walk};
use super::{Store, StoreError};
use crate::targeting::{Cover, Expression, Facts};

/// What one part reads at most: what bounds its time.
#[derive(Debug, Clone, Copy)]
struct Bound {
    /// Blocks of segments, some 150 ids each.
    blocks: u32,
    /// Rows of users.
    rows: u32,
}

const A_PART: Bound = Bound { blocks: 20_000, rows: 100_000 };

impl Store {
    /// A part of the users that `expression` selects, behind `after`: at most `limit` of them, or, without a limit, how many
    /// there are. A part ends early where much was read for it; it may be empty.
    ///
    /// It is asked of the users that something is stored of and of the members of its own segments, of which one that does not
    /// exist has none. Segments and users are each read as they stand at one moment, and anew for each part.
    ///
    /// # Errors
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), [`Io`](super::StoreErrorKind::Io).
    pub async fn select(
        &self,
        expression: Arc<Expression>,
        after: Option<&UserId>,
        limit: Option<u32>,
    ) -> Result<UserPart, StoreError> {
        let after = after.map_or_else(String::new, ToString::to_string);
        let store = self.clone();
        self.0
            .segments
            .read("select users", move |segments| {
                let part = store.0.service.read_blocking("select users", |service| {
                    part(segments, service, &expression, after, limit, A_PART)
                })?;
                Ok(part)
            })
            .await
    }
}

fn part(
    segments: &Connection,
    service: &Connection,
    expression: &Expression,
    after: String,
    limit: Option<u32>,
    bound: Bound,
) -> Result<UserPart, Fault> {
    let mut ids = service.prepare_cached("SELECT id FROM users WHERE id > ?1 ORDER BY id")?;
    let candidates = Candidates::begin(segments, service, expression, ids.query([&after])?, bound)?;
    candidates.part(after, limit)
}

/// The users that an expression can be true of.
struct Candidates<'c> {
    expression: &'c Expression,
    /// The segments that it names, as far as they exist: those of the cover lead.
    leading: BTreeMap<&'c SegmentName, Members<'c>>,
    others: BTreeMap<&'c SegmentName, Members<'c>>,
    /// The users that something is stored of, if they lead.
    stored: Option<StoredIds<'c>>,
    attributes: CachedStatement<'c>,
    rows: u32,
    bound: Bound,
}

/// Ids of users in their order.
struct StoredIds<'c> {
    ids: Rows<'c>,
    at: Option<String>,
    begun: bool,
}

impl<'c> Candidates<'c> {
    fn begin(
        segments: &'c Connection,
        service: &'c Connection,
        expression: &'c Expression,
        ids: Rows<'c>,
        bound: Bound,
    ) -> Result<Self, Fault> {
        let mut found = BTreeMap::new();
        for name in expression.segments() {
            if let Some(served) = find_served(segments, name.as_str())? {
                found.insert(name, served);
            }
        }
        let total =
            service.prepare_cached("SELECT users FROM totals")?.query_row([], |row| row.get(0))?;
        let size = |name: &SegmentName| found.get(name).map_or(0, |(_, members)| *members);
        let cover = Cover::of(expression, total, &size);
        let (mut leading, mut others) = (BTreeMap::new(), BTreeMap::new());
        for (name, (lists, _)) in found {
            let side = if cover.segments.contains(name) { &mut leading } else { &mut others };
            side.insert(name, Members::new(segments, lists));
        }
        let stored = cover.stored.then_some(StoredIds { ids, at: None, begun: false });
        let attributes = service.prepare_cached("SELECT attributes FROM users WHERE id = ?1")?;
        Ok(Self { expression, leading, others, stored, attributes, rows: 0, bound })
    }
}

impl Walk for Candidates<'_> {
    fn lead(&mut self, least: &str, id: &mut String) -> Result<bool, Fault> {
        let stored = match &mut self.stored {
            Some(stored) => stored.from(least, &mut self.rows)?,
            None => None,
        };
        let listed = lowest(self.leading.values_mut(), least)?;
        let first = match (stored, listed) {
            (Some(stored), Some(listed)) => Some(stored.min(listed)),
            (one, other) => one.or(other),
        };
        if let Some(first) = first {
            first.clone_into(id);
        }
        Ok(first.is_some())
    }

    fn place(&mut self, id: &str) -> Result<Place, Fault> {
        let expression = self.expression;
        let mut candidate = Candidate { id, all: self, stored: None };
        // Whoever leads is one of those that it is asked of.
        Ok(if expression.matches(&mut candidate)? { Place::Selected } else { Place::PassedOver })
    }

    fn is_long(&self) -> bool {
        let lists = self.leading.values().chain(self.others.values());
        self.rows > self.bound.rows
            || lists.map(Members::blocks_read).sum::<u32>() > self.bound.blocks
    }
}

impl StoredIds<'_> {
    fn from(&mut self, least: &str, rows: &mut u32) -> Result<Option<&str>, Fault> {
        while !self.begun || self.at.as_deref().is_some_and(|at| at < least) {
            self.begun = true;
            *rows += 1;
            self.at = self.ids.next()?.map(|row| row.get(0)).transpose()?;
        }
        Ok(self.at.as_deref())
    }
}

/// One of them, of whom only what decides is read.
struct Candidate<'w, 'c> {
    id: &'w str,
    all: &'w mut Candidates<'c>,
    /// The attributes, once they were read.
    stored: Option<Option<UserProperties>>,
}

impl Candidate<'_, '_> {
    fn stored(&mut self) -> Result<Option<&UserProperties>, Fault> {
        if self.stored.is_none() {
            self.all.rows += 1;
            let text: Option<String> =
                self.all.attributes.query_row([self.id], |row| row.get(0)).optional()?;
            self.stored = Some(text.map(|text| users::parse(&text)).transpose()?);
        }
        Ok(self.stored.as_ref().and_then(Option::as_ref))
    }
}

impl Facts for Candidate<'_, '_> {
    type Error = Fault;

    fn attribute(&mut self, key: &AttributeKey) -> Result<Option<&AttributeValue>, Fault> {
        Ok(self.stored()?.and_then(|attributes| attributes.get(key.as_str())))
    }

    fn is_in(&mut self, segment: &SegmentName) -> Result<bool, Fault> {
        let Candidates { leading, others, .. } = &mut *self.all;
        match leading.get_mut(segment).or_else(|| others.get_mut(segment)) {
            Some(members) => Ok(members.from(self.id)? == Some(self.id)),
            None => Ok(false),
        }
    }
}
