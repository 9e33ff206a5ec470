//! Whether an expression holds for one user.

use std::cmp::Ordering;

use fanpass_model::{AttributeKey, AttributeValue, SegmentName};

use super::expression::{Expression, Literal, Operator, TextTest};

/// What is known of one user. Asked only for what decides.
pub trait Facts {
    /// Why something may not be found out.
    type Error;

    /// The value of an attribute, if it is set.
    ///
    /// # Errors
    /// Where that cannot be found out.
    fn attribute(&mut self, key: &AttributeKey) -> Result<Option<&AttributeValue>, Self::Error>;

    /// Whether the user is in a segment.
    ///
    /// # Errors
    /// Where that cannot be found out.
    fn is_in(&mut self, segment: &SegmentName) -> Result<bool, Self::Error>;
}

impl Expression {
    /// Whether an audience of this expression holds the user, of whom something is stored beside memberships or not: the
    /// expression is true of it, and it is one of those it is asked of. Those are the users that something is stored of, and
    /// the members of the segments that it names.
    ///
    /// # Errors
    /// What `facts` could not find out.
    pub fn selects<F: Facts>(&self, facts: &mut F, is_stored: bool) -> Result<bool, F::Error> {
        if !self.matches(facts)? {
            return Ok(false);
        }
        if is_stored {
            return Ok(true);
        }
        for segment in self.segments() {
            if facts.is_in(segment)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the expression is true of the user.
    ///
    /// # Errors
    /// What `facts` could not find out.
    pub fn matches<F: Facts>(&self, facts: &mut F) -> Result<bool, F::Error> {
        Ok(match self {
            Self::Constant(constant) => *constant,
            Self::All(conditions) => {
                for condition in conditions {
                    if !condition.matches(facts)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(conditions) => {
                for condition in conditions {
                    if condition.matches(facts)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(condition) => !condition.matches(facts)?,
            Self::Segment(name) => facts.is_in(name)?,
            Self::Has(key) => facts.attribute(key)?.is_some(),
            Self::Compare { key, operator, literal } => {
                facts.attribute(key)?.is_some_and(|value| literal.compares(value, *operator))
            }
            Self::In { key, literals } => facts
                .attribute(key)?
                .is_some_and(|value| literals.iter().any(|literal| literal.compares(value, Operator::Equal))),
            Self::Text { key, test, text } => match facts.attribute(key)? {
                Some(AttributeValue::Text(value)) => test.passes(value, text),
                _ => false,
            },
            Self::Holds { key, entry } => match facts.attribute(key)? {
                Some(AttributeValue::List(entries)) => entries.contains(entry),
                _ => false,
            },
        })
    }
}

impl Literal {
    /// Whether `value` is of this literal's type and compares so with it.
    pub fn compares(&self, value: &AttributeValue, operator: Operator) -> bool {
        let order = match (value, self) {
            (AttributeValue::Text(value), Self::Text(text)) => Some(value.as_str().cmp(text.as_str())),
            (AttributeValue::Number(value), Self::Number(number)) => {
                value.as_f64().and_then(|value| value.partial_cmp(number))
            }
            (AttributeValue::Boolean(value), Self::Boolean(boolean)) => Some(value.cmp(boolean)),
            _ => None,
        };
        order.is_some_and(|order| operator.holds(order))
    }
}

impl Operator {
    /// Whether it holds of what compares so.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl TextTest {
    /// Whether `value` passes the test for `text`.
    pub fn passes(self, value: &str, text: &str) -> bool {
        match self {
            Self::StartsWith => value.starts_with(text),
            Self::EndsWith => value.ends_with(text),
            Self::Contains => value.contains(text),
        }
    }
}
