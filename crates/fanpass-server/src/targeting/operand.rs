//! The operands of an expression, and what becomes of two that a comparison joins.

use fanpass_model::{AttributeKey, AttributeType};

use super::cursor::Parser;
use super::draft::Named;
use super::expression::{Expression, Literal, Operator};

/// What stands on one side of an operator.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Condition(Expression),
    Attribute(AttributeKey),
    Literal(Literal),
    List(Vec<Literal>),
    Null,
    /// Something that is wrong, and was said to be.
    Wrong,
}

/// An operand and where it begins.
#[derive(Debug, Clone)]
pub(super) struct At {
    pub(super) at: usize,
    pub(super) operand: Operand,
}

impl Parser<'_> {
    /// The operand as a condition; one that is none is noted, and stands for nobody.
    pub(super) fn condition(&mut self, At { at, operand }: At) -> Expression {
        let message = match operand {
            Operand::Condition(condition) => return condition,
            Operand::Attribute(key) => {
                self.uses(at, Named::Attribute(key.clone(), Some(AttributeType::Boolean)));
                return Expression::Compare {
                    key,
                    operator: Operator::Equal,
                    literal: Literal::Boolean(true),
                };
            }
            Operand::Literal(Literal::Boolean(constant)) => return Expression::Constant(constant),
            Operand::Wrong => return Expression::Constant(false),
            Operand::Literal(literal) => {
                format!("a {} is no condition; compare an attribute with it", literal.attribute_type())
            }
            Operand::List(_) => "a list is no condition; write `custom.… in […]`".to_owned(),
            Operand::Null => "`null` is no condition; `has(custom.…)` asks whether it is set".to_owned(),
        };
        self.fault(at, "not_a_condition", message);
        Expression::Constant(false)
    }

    /// What `left symbol right` says.
    pub(super) fn relate(&mut self, left: At, symbol: &'static str, symbol_at: usize, right: At) -> Operand {
        let condition = match Operator::of(symbol) {
            Some(operator) => self.compare(left, operator, right),
            None => self.member(left, symbol_at, right),
        };
        condition.map_or(Operand::Wrong, Operand::Condition)
    }

    fn compare(&mut self, left: At, operator: Operator, right: At) -> Option<Expression> {
        let (place, operator, key, literal) = match (left.operand, right.operand) {
            (Operand::Attribute(key), Operand::Literal(literal)) => (left.at, operator, key, literal),
            (Operand::Literal(literal), Operand::Attribute(key)) => {
                (right.at, operator.mirrored(), key, literal)
            }
            (one, other) => {
                let (left, right) = (At { at: left.at, operand: one }, At { at: right.at, operand: other });
                self.incomparable(left, operator, right);
                return None;
            }
        };
        self.uses(place, Named::Attribute(key.clone(), Some(literal.attribute_type())));
        Some(Expression::Compare { key, operator, literal })
    }

    fn incomparable(&mut self, left: At, operator: Operator, right: At) {
        let symbol = operator.as_str();
        let message = match (&left.operand, &right.operand) {
            (Operand::Wrong, _) | (_, Operand::Wrong) => None,
            (Operand::Condition(_), _) | (_, Operand::Condition(_)) => Some(format!(
                "a condition cannot be compared; write it alone, or negate a comparison as a whole: `!(… {symbol} …)`"
            )),
            (Operand::Attribute(key), Operand::Null) | (Operand::Null, Operand::Attribute(key)) => {
                Some(format!("nothing is ever `null`; `has({key})` says whether it is set"))
            }
            (Operand::Attribute(key), Operand::List(_)) | (Operand::List(_), Operand::Attribute(key)) => {
                Some(format!("`{symbol}` compares no lists; write `{key} in […]` or `\"…\" in {key}`"))
            }
            (Operand::Attribute(_), Operand::Attribute(_)) => {
                Some("two attributes cannot be compared; one side has to be a literal".to_owned())
            }
            _ => Some("one side of a comparison has to be an attribute, such as `custom.…`".to_owned()),
        };
        if let Some(message) = message {
            self.fault(left.at, "not_comparable", message);
        }
        for At { at, operand } in [left, right] {
            self.looks_at(at, operand);
        }
    }

    /// What `left in right` says.
    fn member(&mut self, left: At, symbol_at: usize, right: At) -> Option<Expression> {
        match (left.operand, right.operand) {
            (Operand::Attribute(key), Operand::List(literals)) => {
                let mut types: Vec<_> =
                    literals.iter().map(|literal| Some(literal.attribute_type())).collect();
                types.sort_by_key(|wanted| wanted.map(AttributeType::as_str));
                types.dedup();
                if types.is_empty() {
                    types.push(None);
                }
                for wanted in types {
                    self.uses(left.at, Named::Attribute(key.clone(), wanted));
                }
                Some(Expression::In { key, literals })
            }
            (Operand::Literal(Literal::Text(entry)), Operand::Attribute(key)) => {
                self.uses(right.at, Named::Attribute(key.clone(), Some(AttributeType::List)));
                Some(Expression::Holds { key, entry })
            }
            (one, other) => {
                let wrong = matches!(one, Operand::Wrong) || matches!(other, Operand::Wrong);
                if !wrong {
                    let message = "`in` joins an attribute with a list, `custom.… in [\"…\"]`, or text with an attribute \
                                   that is a list, `\"…\" in custom.…`";
                    self.fault(symbol_at, "not_comparable", message.to_owned());
                }
                self.looks_at(left.at, one);
                self.looks_at(right.at, other);
                None
            }
        }
    }

    /// Has an attribute that stands in a wrong place looked at all the same: its name may be wrong too.
    pub(super) fn looks_at(&mut self, at: usize, operand: Operand) {
        if let Operand::Attribute(key) = operand {
            self.uses(at, Named::Attribute(key, None));
        }
    }
}
