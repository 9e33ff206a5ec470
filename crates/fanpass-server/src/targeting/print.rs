//! An expression as text, in one form: what is printed is read as the same expression.

use std::fmt::{self, Write as _};

use fanpass_model::AttributeKey;

use super::expression::{Expression, Literal};

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(constant) => write!(f, "{constant}"),
            Self::All(conditions) => join(f, conditions, " && "),
            Self::Any(conditions) => join(f, conditions, " || "),
            Self::Not(condition) => match &**condition {
                Self::Constant(_) | Self::Segment(_) | Self::Has(_) | Self::Text { .. } => {
                    write!(f, "!{condition}")
                }
                _ => write!(f, "!({condition})"),
            },
            Self::Segment(name) => write!(f, "segment({})", Quoted(name.as_str())),
            Self::Has(key) => write!(f, "has({})", Path(key)),
            Self::Compare { key, operator, literal } => {
                write!(f, "{} {} {literal}", Path(key), operator.as_str())
            }
            Self::In { key, literals } => {
                write!(f, "{} in [", Path(key))?;
                for (place, literal) in literals.iter().enumerate() {
                    if place > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{literal}")?;
                }
                f.write_char(']')
            }
            Self::Text { key, test, text } => write!(f, "{}.{}({})", Path(key), test.as_str(), Quoted(text)),
            Self::Holds { key, entry } => write!(f, "{} in {}", Quoted(entry), Path(key)),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, conditions: &[Expression], symbol: &str) -> fmt::Result {
    for (place, condition) in conditions.iter().enumerate() {
        if place > 0 {
            f.write_str(symbol)?;
        }
        match condition {
            // `&&` binds closer than `||`.
            Expression::Any(_) => write!(f, "({condition})")?,
            _ => write!(f, "{condition}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", Quoted(text)),
            // Whole numbers without a fraction; all others as short as they can be read back, which CEL can read.
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
        }
    }
}

/// An attribute as an expression names it.
struct Path<'k>(&'k AttributeKey);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            name @ ("in" | "true" | "false" | "null") => write!(f, "{}`{name}`", self.0.namespace().prefix()),
            _ => write!(f, "{}", self.0),
        }
    }
}

/// Text in quotes.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                // Whatever would not be seen, or would reorder what is seen.
                hidden if hidden.is_control() || is_direction(hidden) => {
                    write!(f, "\\u{:04x}", u32::from(hidden))?;
                }
                plain => f.write_char(plain)?,
            }
        }
        f.write_char('"')
    }
}

fn is_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
