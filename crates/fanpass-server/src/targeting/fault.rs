//! What is wrong with an expression, and where.

use std::fmt;

/// One thing that is wrong with an expression: where, what, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Bytes of the text before the place.
    pub offset: usize,
    /// The place's line, from 1.
    pub line: usize,
    /// The place's character within its line, from 1.
    pub column: usize,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people, without the place.
    pub message: String,
}

impl Fault {
    /// A fault of `text` at byte `offset`, which stands at a character's beginning.
    pub(super) fn new(text: &str, offset: usize, code: &'static str, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { offset, line, column, code, message: message.into() }
    }
}

/// The place and the sentence: `1:14: custom.loyalty_teir is not registered; did you mean custom.loyalty_tier?`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}
