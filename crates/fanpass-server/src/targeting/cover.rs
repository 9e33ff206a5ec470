//! Where the users of an expression have to be looked for: what of it is pushed down to storage.

use std::collections::BTreeSet;

use fanpass_model::SegmentName;

use super::expression::Expression;

/// Places that together hold everybody whom an expression can be true of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cover<'e> {
    /// The members of these segments.
    pub(crate) segments: BTreeSet<&'e SegmentName>,
    /// The users that something is stored of.
    pub(crate) stored: bool,
}

impl<'e> Cover<'e> {
    /// The cover of `expression` with the fewest users, where `size` tells how many a segment has and `stored` how many
    /// something is stored of.
    pub(crate) fn of(expression: &'e Expression, stored: u64, size: &impl Fn(&SegmentName) -> u64) -> Self {
        let everybody = Self { segments: expression.segments(), stored: true };
        everybody.narrowed(expression, stored, size)
    }

    /// `self` being everybody, those whom `part` can be true of.
    fn narrowed(&self, part: &'e Expression, stored: u64, size: &impl Fn(&SegmentName) -> u64) -> Self {
        let inner = |part| self.narrowed(part, stored, size);
        match part {
            Expression::Constant(false) => Self::default(),
            Expression::Constant(true) | Expression::Not(_) => self.clone(),
            Expression::Segment(name) => Self { segments: BTreeSet::from([name]), stored: false },
            // Only who is stored has attributes.
            Expression::Has(_)
            | Expression::Compare { .. }
            | Expression::In { .. }
            | Expression::Text { .. }
            | Expression::Holds { .. } => Self { segments: BTreeSet::new(), stored: true },
            Expression::All(parts) => {
                let weight = |cover: &Self| {
                    let segments = cover.segments.iter().map(|name| size(name));
                    segments.fold(if cover.stored { stored } else { 0 }, u64::saturating_add)
                };
                parts.iter().map(inner).min_by_key(weight).unwrap_or_else(|| self.clone())
            }
            Expression::Any(parts) => parts.iter().map(inner).fold(Self::default(), |one, other| Self {
                segments: &one.segments | &other.segments,
                stored: one.stored || other.stored,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cover(text: &str) -> String {
        let expression: Expression = text.parse().unwrap();
        let size = |name: &SegmentName| if name.as_str() == "small" { 10 } else { 1_000 };
        let Cover { segments, stored } = Cover::of(&expression, 100, &size);
        let names = segments.into_iter().map(SegmentName::as_str).chain(stored.then_some("users"));
        names.collect::<Vec<_>>().join("+")
    }

    #[test]
    fn users_are_looked_for_where_the_fewest_are() {
        for (text, expected) in [
            (r#"segment("small")"#, "small"),
            (r#"segment("big") && segment("small")"#, "small"),
            (r#"segment("big") && custom.x == 1"#, "users"),
            (r#"segment("small") && custom.x == 1 && !segment("big")"#, "small"),
            (r#"segment("small") || segment("big") && custom.x == 1"#, "small+users"),
            (r#"(segment("a") || segment("b")) && segment("small")"#, "small"),
            (r#"!segment("small")"#, "small+users"),
            (r#"custom.x != 1 || !(custom.y == 2)"#, "users"),
            ("true", "users"),
            (r#"false && segment("big")"#, ""),
        ] {
            assert_eq!(cover(text), expected, "{text}");
        }
    }
}
