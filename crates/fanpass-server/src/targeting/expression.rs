//! `Expression`: which users an audience holds, as a tree of conditions.

use std::collections::BTreeSet;
use std::str::FromStr;

use fanpass_model::{AttributeKey, AttributeType, SegmentName};

use super::{Draft, Fault};

/// A condition that a user meets or does not meet.
///
/// What the parser makes is in one form: no list of conditions directly inside one of the same kind, no list of fewer than
/// two, no negation of a negation.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Everybody, or nobody: `true`, `false`.
    Constant(bool),
    /// All of these: `a && b`.
    All(Vec<Self>),
    /// One of these at least: `a || b`.
    Any(Vec<Self>),
    /// The opposite: `!a`.
    Not(Box<Self>),
    /// The user is in the segment: `segment("name")`. One that does not exist has nobody in it.
    Segment(SegmentName),
    /// The attribute is set: `has(custom.x)`.
    Has(AttributeKey),
    /// The attribute is set to a value of the literal's type, and compares so with it: `custom.x >= 10`.
    Compare {
        /// The attribute.
        key: AttributeKey,
        /// How it has to compare.
        operator: Operator,
        /// What with.
        literal: Literal,
    },
    /// The attribute has one of these values: `custom.x in ["a", "b"]`.
    In {
        /// The attribute.
        key: AttributeKey,
        /// The values.
        literals: Vec<Literal>,
    },
    /// The attribute is text that passes a test: `custom.x.startsWith("a")`.
    Text {
        /// The attribute.
        key: AttributeKey,
        /// The test.
        test: TextTest,
        /// What the test looks for.
        text: String,
    },
    /// The attribute is a list with this entry: `"x" in custom.list`.
    Holds {
        /// The attribute.
        key: AttributeKey,
        /// The entry.
        entry: String,
    },
}

/// What an attribute is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// A finite number; a whole one is at most 2^53 from zero.
    Number(f64),
    /// True or false.
    Boolean(bool),
}

impl Literal {
    /// The type of attributes that can have this value.
    pub const fn attribute_type(&self) -> AttributeType {
        match self {
            Self::Text(_) => AttributeType::String,
            Self::Number(_) => AttributeType::Number,
            Self::Boolean(_) => AttributeType::Boolean,
        }
    }
}

/// A comparison: of text by its bytes in UTF-8, of numbers by their size, `false` before `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    /// How it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    pub(super) fn of(symbol: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str() == symbol)
    }

    /// The same comparison read from right to left.
    pub(super) const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

/// A test of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
    /// `contains`
    Contains,
}

impl TextTest {
    pub(super) const ALL: [Self; 3] = [Self::StartsWith, Self::EndsWith, Self::Contains];

    /// The name of the method.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Contains => "contains",
        }
    }
}

impl Expression {
    /// All of `conditions`: everybody where there is none.
    #[must_use]
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for condition in conditions {
            match condition {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        only(flat, Self::All, true)
    }

    /// One of `conditions` at least: nobody where there is none.
    #[must_use]
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for condition in conditions {
            match condition {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        only(flat, Self::Any, false)
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The segments that it names.
    pub fn segments(&self) -> BTreeSet<&SegmentName> {
        let mut names = BTreeSet::new();
        self.visit(&mut |part| {
            if let Self::Segment(name) = part {
                names.insert(name);
            }
        });
        names
    }

    /// The attributes that it names.
    pub fn attributes(&self) -> BTreeSet<&AttributeKey> {
        let mut keys = BTreeSet::new();
        self.visit(&mut |part| keys.extend(part.attribute()));
        keys
    }

    /// The attribute that this is a condition on, if it is one.
    pub(crate) const fn attribute(&self) -> Option<&AttributeKey> {
        match self {
            Self::Has(key)
            | Self::Compare { key, .. }
            | Self::In { key, .. }
            | Self::Text { key, .. }
            | Self::Holds { key, .. } => Some(key),
            _ => None,
        }
    }

    fn visit<'e>(&'e self, see: &mut impl FnMut(&'e Self)) {
        see(self);
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.visit(see)),
            Self::Not(part) => part.visit(see),
            _ => {}
        }
    }
}

fn only(
    mut conditions: Vec<Expression>,
    list: impl FnOnce(Vec<Expression>) -> Expression,
    none: bool,
) -> Expression {
    if conditions.len() > 1 {
        return list(conditions);
    }
    conditions.pop().unwrap_or(Expression::Constant(none))
}

/// Reads an expression, whatever segments and attributes there are.
impl FromStr for Expression {
    type Err = Vec<Fault>;
    fn from_str(text: &str) -> Result<Self, Vec<Fault>> {
        Draft::read(text).into_expression()
    }
}
