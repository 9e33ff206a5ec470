//! Names in an expression: attributes, functions and methods.

use fanpass_model::{AttributeKey, AttributeType, Namespace, SegmentName, nearest};

use super::cursor::{Parser, Read, symbol_for};
use super::draft::Named;
use super::expression::{Expression, Literal, TextTest};
use super::operand::{At, Operand};

impl Parser<'_> {
    /// What begins with a name, which has been read.
    pub(super) fn named(&mut self, at: usize, name: &str) -> Read<Operand> {
        let prefixes = [Namespace::Custom, Namespace::Platform].map(|of| of.prefix().trim_end_matches('.'));
        match name {
            "true" | "false" => Ok(Operand::Literal(Literal::Boolean(name == "true"))),
            "null" => Ok(Operand::Null),
            "in" => {
                self.next -= 1;
                Err(self.unexpected("an attribute or text"))
            }
            _ if self.is("(") => {
                let arguments = self.arguments()?;
                Ok(self.function(at, name, arguments))
            }
            _ if prefixes.contains(&name) => self.attribute(at, name),
            _ if symbol_for(name).is_some() => {
                self.next -= 1;
                Err(self.unexpected("a condition"))
            }
            _ => {
                // What follows by dots belongs to it.
                while self.take(".") {
                    self.selector()?;
                    if self.is("(") {
                        self.arguments()?;
                    }
                }
                let message = format!("`{name}` is not known here; an attribute is named as `custom.{name}`");
                self.fault(at, "unknown_name", message);
                Ok(Operand::Wrong)
            }
        }
    }

    /// An attribute, whose prefix has been read.
    fn attribute(&mut self, at: usize, prefix: &str) -> Read<Operand> {
        if !self.take(".") {
            let message = format!("`{prefix}` alone is no attribute; write `{prefix}.` and its name");
            self.fault(at, "unknown_name", message);
            return Ok(Operand::Wrong);
        }
        let (_, name) = self.selector()?;
        match AttributeKey::new(format!("{prefix}.{name}")) {
            Ok(key) => Ok(Operand::Attribute(key)),
            Err(error) => {
                self.fault(at, error.kind().code(), format!("the {error}"));
                Ok(Operand::Wrong)
            }
        }
    }

    fn function(&mut self, at: usize, name: &str, mut arguments: Vec<At>) -> Operand {
        let (count, argument) = (arguments.len(), arguments.pop().map(|argument| argument.operand));
        let message = match (name, argument) {
            ("segment" | "has", _) if count != 1 => format!("`{name}` takes one argument, not {count}"),
            ("segment", Some(Operand::Literal(Literal::Text(text)))) => match SegmentName::new(text) {
                Ok(segment) => {
                    self.uses(at, Named::Segment(segment.clone()));
                    return Operand::Condition(Expression::Segment(segment));
                }
                Err(error) => {
                    self.fault(at, error.kind().code(), format!("the {error}"));
                    return Operand::Wrong;
                }
            },
            ("has", Some(Operand::Attribute(key))) => {
                self.uses(at, Named::Attribute(key.clone(), None));
                return Operand::Condition(Expression::Has(key));
            }
            ("segment" | "has", Some(Operand::Wrong)) => return Operand::Wrong,
            ("segment", _) => "`segment` takes a segment's name as text: `segment(\"…\")`".to_owned(),
            ("has", _) => "`has` takes an attribute: `has(custom.…)`".to_owned(),
            _ => {
                let message = unknown_function(name, &["segment", "has"]);
                self.fault(at, "unknown_function", message);
                return Operand::Wrong;
            }
        };
        self.fault(at, "wrong_argument", message);
        Operand::Wrong
    }

    pub(super) fn method(&mut self, subject: At, at: usize, name: &str, mut arguments: Vec<At>) -> Operand {
        let Some(test) = TextTest::ALL.into_iter().find(|test| test.as_str() == name) else {
            let known = TextTest::ALL.map(TextTest::as_str);
            self.fault(at, "unknown_function", unknown_function(name, &known));
            self.looks_at(subject.at, subject.operand);
            return Operand::Wrong;
        };
        let (count, argument) = (arguments.len(), arguments.pop().map(|argument| argument.operand));
        match (subject.operand, argument) {
            (Operand::Attribute(key), Some(Operand::Literal(Literal::Text(wanted)))) if count == 1 => {
                let string = AttributeType::String;
                self.uses(subject.at, Named::Attribute(key.clone(), Some(string)));
                Operand::Condition(Expression::Text { key, test, text: wanted })
            }
            (Operand::Wrong, _) | (_, Some(Operand::Wrong)) => Operand::Wrong,
            (subject_operand, _) => {
                let message =
                    format!("`{name}` is asked of an attribute and takes one text: `custom.….{name}(\"…\")`");
                self.fault(at, "wrong_argument", message);
                self.looks_at(subject.at, subject_operand);
                Operand::Wrong
            }
        }
    }

    pub(super) fn arguments(&mut self) -> Read<Vec<At>> {
        self.next += 1;
        self.enter()?;
        let mut arguments = Vec::new();
        while !self.is(")") {
            arguments.push(self.any()?);
            if !self.take(",") {
                break;
            }
        }
        self.leave(")")?;
        Ok(arguments)
    }
}

fn unknown_function(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().map(|known| (*known, *known))) {
        Some(nearest) => format!("there is no function `{name}`; did you mean `{nearest}`?"),
        None => format!("there is no function `{name}` here; there is {}", known.join(", ")),
    }
}
