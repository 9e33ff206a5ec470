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
            condition => match condition.attribute() {
                Some(key) => facts.attribute(key)?.is_some_and(|value| condition.is_met_by(value)),
                None => false,
            },
        })
    }

    /// Whether the value of an attribute that is set meets this condition on it; `false` for what is no condition on one.
    pub(crate) fn is_met_by(&self, value: &impl Value) -> bool {
        match self {
            Self::Has(_) => true,
            Self::Compare { operator, literal, .. } => {
                literal.order_of(value).is_some_and(|order| operator.holds(order))
            }
            Self::In { literals, .. } => {
                literals.iter().any(|literal| literal.order_of(value).is_some_and(Ordering::is_eq))
            }
            Self::Text { test, text, .. } => value.text().is_some_and(|value| test.passes(value, text)),
            Self::Holds { entry, .. } => value.holds(entry),
            _ => false,
        }
    }
}

/// The value of an attribute that is set, in whatever form it is kept.
pub(crate) trait Value {
    fn boolean(&self) -> Option<bool>;
    fn number(&self) -> Option<f64>;
    fn text(&self) -> Option<&str>;
    /// Whether it is a list with this entry.
    fn holds(&self, entry: &str) -> bool;
}

impl Value for AttributeValue {
    fn boolean(&self) -> Option<bool> {
        if let Self::Boolean(value) = self { Some(*value) } else { None }
    }

    fn number(&self) -> Option<f64> {
        if let Self::Number(value) = self { value.as_f64() } else { None }
    }

    fn text(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }

    fn holds(&self, entry: &str) -> bool {
        matches!(self, Self::List(entries) if entries.iter().any(|known| known == entry))
    }
}

impl Literal {
    /// How a value of this literal's type compares with it.
    fn order_of(&self, value: &impl Value) -> Option<Ordering> {
        match self {
            Self::Text(text) => value.text().map(|value| value.cmp(text)),
            Self::Number(number) => value.number().and_then(|value| value.partial_cmp(number)),
            Self::Boolean(boolean) => value.boolean().map(|value| value.cmp(boolean)),
        }
    }
}

impl Operator {
    /// Whether it holds of what compares so.
    fn holds(self, order: Ordering) -> bool {
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
