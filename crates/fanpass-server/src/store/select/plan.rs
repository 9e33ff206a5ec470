//! An expression as it is carried out: its segments and its conditions on attributes by number, and what is sure of it before
//! all of them are known.

use fanpass_model::{AttributeKey, SegmentName};

use crate::targeting::Expression;

/// An expression that is carried out.
#[derive(Debug)]
pub(super) struct Plan<'e> {
    pub(super) root: Node,
    pub(super) segments: Vec<&'e SegmentName>,
    pub(super) conditions: Vec<Condition<'e>>,
}

/// A part of it.
#[derive(Debug)]
pub(super) enum Node {
    Constant(bool),
    Segment(usize),
    Condition(usize),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

/// A condition on one attribute.
#[derive(Debug)]
pub(super) struct Condition<'e> {
    pub(super) key: &'e AttributeKey,
    pub(super) test: &'e Expression,
}

/// What is known of one user, or of none in particular.
pub(super) trait Facts {
    type Error;

    /// Whether the user meets a condition.
    fn meets(&mut self, condition: usize) -> Option<bool>;

    /// Whether the user is in a segment.
    fn is_in(&mut self, segment: usize) -> Result<Option<bool>, Self::Error>;
}

impl<'e> Plan<'e> {
    pub(super) fn of(expression: &'e Expression) -> Self {
        let mut plan = Self { root: Node::Constant(false), segments: Vec::new(), conditions: Vec::new() };
        plan.root = plan.node(expression);
        plan
    }

    fn node(&mut self, part: &'e Expression) -> Node {
        let key = match part {
            Expression::Constant(constant) => return Node::Constant(*constant),
            Expression::All(parts) => return Node::All(self.nodes(parts)),
            Expression::Any(parts) => return Node::Any(self.nodes(parts)),
            Expression::Not(part) => return Node::Not(Box::new(self.node(part))),
            Expression::Segment(name) => return Node::Segment(self.segment(name)),
            Expression::Has(key)
            | Expression::Compare { key, .. }
            | Expression::In { key, .. }
            | Expression::Text { key, .. }
            | Expression::Holds { key, .. } => key,
        };
        self.conditions.push(Condition { key, test: part });
        Node::Condition(self.conditions.len() - 1)
    }

    /// Segments first: they may decide before a column is read.
    fn nodes(&mut self, parts: &'e [Expression]) -> Vec<Node> {
        let mut nodes: Vec<_> = parts.iter().map(|part| self.node(part)).collect();
        nodes.sort_by_key(|node| !matches!(node, Node::Constant(_) | Node::Segment(_)));
        nodes
    }

    fn segment(&mut self, name: &'e SegmentName) -> usize {
        let known = self.segments.iter().position(|known| *known == name);
        known.unwrap_or_else(|| {
            self.segments.push(name);
            self.segments.len() - 1
        })
    }

    /// Whether it can select members of its segments who are no users.
    pub(super) fn selects_others(&self) -> bool {
        self.root.unless_known(&mut Bare { in_segments: None }) != Some(false)
    }

    /// Whether it makes a difference which users there are.
    pub(super) fn needs_users(&self) -> bool {
        !self.conditions.is_empty()
            || self.root.unless_known(&mut Bare { in_segments: Some(false) }) != Some(false)
    }
}

/// Somebody who carries nothing.
struct Bare {
    in_segments: Option<bool>,
}

impl Facts for Bare {
    type Error = std::convert::Infallible;

    fn meets(&mut self, _: usize) -> Option<bool> {
        Some(false)
    }

    fn is_in(&mut self, _: usize) -> Result<Option<bool>, Self::Error> {
        Ok(self.in_segments)
    }
}

impl Node {
    fn unless_known(&self, bare: &mut Bare) -> Option<bool> {
        let Ok(known) = self.holds(bare);
        known
    }

    /// Whether it is true of a user; `None` where what is known does not decide.
    pub(super) fn holds<F: Facts>(&self, facts: &mut F) -> Result<Option<bool>, F::Error> {
        match self {
            Self::Constant(constant) => Ok(Some(*constant)),
            Self::Segment(segment) => facts.is_in(*segment),
            Self::Condition(condition) => Ok(facts.meets(*condition)),
            Self::Not(part) => Ok(part.holds(facts)?.map(|holds| !holds)),
            Self::All(parts) => decide(parts, false, facts),
            Self::Any(parts) => decide(parts, true, facts),
        }
    }
}

/// Whether one of `parts` is `deciding`, which the whole is then as well; else it is the opposite.
fn decide<F: Facts>(parts: &[Node], deciding: bool, facts: &mut F) -> Result<Option<bool>, F::Error> {
    let mut known = Some(!deciding);
    for part in parts {
        match part.holds(facts)? {
            Some(holds) if holds == deciding => return Ok(Some(deciding)),
            Some(_) => {}
            None => known = None,
        }
    }
    Ok(known)
}
