//! `Draft`: an expression as somebody wrote it, with all that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use fanpass_model::{AttributeKey, AttributeRegistry, AttributeType, SegmentName};

use super::expression::Expression;
use super::fault::Fault;
use super::{check, parser};

/// Bytes of UTF-8 that an expression has at most.
pub const EXPRESSION_MAX_BYTES: usize = 8 * 1024;
/// Parentheses, brackets and arguments that may stand inside each other.
pub const DEPTH_MAX: usize = 32;
/// Segments that one expression names at most.
pub const SEGMENTS_MAX: usize = 32;
/// Attributes that one expression names at most.
pub const ATTRIBUTES_MAX: usize = 64;
/// Literals of one list at most.
pub const LITERALS_MAX: usize = 256;

/// The segments that an expression names and nobody has, each with a name that is spelled alike, if there is one.
pub type Missing = BTreeMap<SegmentName, Option<SegmentName>>;

/// What an expression says, and what is wrong with it whatever segments and attributes there are.
#[derive(Debug, Clone)]
pub struct Draft<'t> {
    text: &'t str,
    expression: Expression,
    uses: Vec<Use>,
    faults: Vec<Fault>,
}

/// A place at which an expression names a segment or an attribute.
#[derive(Debug, Clone)]
pub(super) struct Use {
    /// The byte at which it begins.
    pub(super) at: usize,
    pub(super) of: Named,
}

/// What is named.
#[derive(Debug, Clone)]
pub(super) enum Named {
    Segment(SegmentName),
    /// An attribute, and the type that it has to have, if that matters.
    Attribute(AttributeKey, Option<AttributeType>),
}

impl<'t> Draft<'t> {
    /// Reads an expression. What is wrong with it does not keep the rest from being looked at, unless that can no longer be
    /// told apart.
    pub fn read(text: &'t str) -> Self {
        let parser::Parsed { expression, uses, mut faults } = parser::parse(text);
        check::limits(text, &uses, &mut faults);
        Self { text, expression, uses, faults }
    }

    /// The segments that it names.
    pub fn segments(&self) -> BTreeSet<&SegmentName> {
        self.uses
            .iter()
            .filter_map(|used| match &used.of {
                Named::Segment(name) => Some(name),
                Named::Attribute(..) => None,
            })
            .collect()
    }

    /// What is wrong with it where these attributes are known and these segments are not, in the order of the text.
    pub fn faults(&self, registry: &AttributeRegistry, missing: &Missing) -> Vec<Fault> {
        let mut faults = self.faults.clone();
        check::names(self.text, &self.uses, registry, missing, &mut faults);
        faults.sort_by_key(|fault| fault.offset);
        faults
    }

    /// The expression, if nothing is wrong with it whatever segments and attributes there are.
    ///
    /// # Errors
    /// What is wrong.
    pub fn into_expression(self) -> Result<Expression, Vec<Fault>> {
        if self.faults.is_empty() { Ok(self.expression) } else { Err(self.faults) }
    }
}
