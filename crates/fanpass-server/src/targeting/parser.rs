//! From text to an expression, by the grammar of CEL: each method reads one of its rules.

use super::cursor::{Parser, Read};
use super::draft::{EXPRESSION_MAX_BYTES, LITERALS_MAX, Use};
use super::expression::{Expression, Literal};
use super::fault::Fault;
use super::operand::{At, Operand};
use super::token::{Token, tokens};

/// What was read.
pub(super) struct Parsed {
    pub(super) expression: Expression,
    pub(super) uses: Vec<Use>,
    pub(super) faults: Vec<Fault>,
}

/// Symbols of CEL that this language leaves out.
const ARITHMETIC: [&str; 5] = ["+", "-", "*", "/", "%"];

pub(super) fn parse(text: &str) -> Parsed {
    let nobody =
        |fault| Parsed { expression: Expression::Constant(false), uses: Vec::new(), faults: vec![fault] };
    if text.len() > EXPRESSION_MAX_BYTES {
        let message = format!("the expression has {} bytes; {EXPRESSION_MAX_BYTES} are taken", text.len());
        return nobody(Fault::new(text, 0, "too_long", message));
    }
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(fault) => return nobody(fault),
    };
    let mut parser = Parser::new(text, tokens);
    let expression = parser.whole().unwrap_or(Expression::Constant(false));
    Parsed { expression, uses: parser.uses, faults: parser.faults }
}

impl Parser<'_> {
    fn whole(&mut self) -> Read<Expression> {
        let operand = self.any()?;
        let expression = self.condition(operand);
        match self.peek() {
            Token::End => Ok(expression),
            _ => Err(self.unexpected("`&&`, `||` or the end")),
        }
    }

    pub(super) fn any(&mut self) -> Read<At> {
        self.chain("||", Self::all, Expression::any)
    }

    fn all(&mut self) -> Read<At> {
        self.chain("&&", Self::relation, Expression::all)
    }

    fn chain(
        &mut self,
        symbol: &'static str,
        part: fn(&mut Self) -> Read<At>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Read<At> {
        let first = part(self)?;
        if !self.is(symbol) {
            return Ok(first);
        }
        let at = first.at;
        let mut conditions = vec![self.condition(first)];
        while self.take(symbol) {
            let next = part(self)?;
            conditions.push(self.condition(next));
        }
        Ok(At { at, operand: Operand::Condition(join(conditions)) })
    }

    fn relation(&mut self) -> Read<At> {
        let mut left = self.unary()?;
        loop {
            let symbol = match self.peek() {
                Token::Symbol(symbol @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => *symbol,
                Token::Name(name) if name == "in" => "in",
                Token::Symbol(symbol) if ARITHMETIC.contains(symbol) => {
                    let message = format!("`{symbol}` is not taken: nothing is computed here, only compared");
                    return Err(self.stop("unsupported", message));
                }
                _ => return Ok(left),
            };
            let symbol_at = self.place();
            self.next += 1;
            let right = self.unary()?;
            let at = left.at;
            left = At { at, operand: self.relate(left, symbol, symbol_at, right) };
        }
    }

    fn unary(&mut self) -> Read<At> {
        let at = self.place();
        let count = |parser: &mut Self, symbol| {
            let mut count = 0_usize;
            while parser.take(symbol) {
                count += 1;
            }
            count
        };
        let nots = count(self, "!");
        if nots > 0 {
            let operand = self.member_of()?;
            let condition = self.condition(operand);
            let condition = if nots % 2 == 1 { condition.negated() } else { condition };
            return Ok(At { at, operand: Operand::Condition(condition) });
        }
        let minuses = count(self, "-");
        let operand = self.member_of()?;
        if minuses == 0 {
            return Ok(operand);
        }
        let operand = match operand.operand {
            Operand::Literal(Literal::Number(number)) => {
                // Not minus nothing, which would be written otherwise and compares the same.
                let negative = if minuses % 2 == 1 && number != 0.0 { -number } else { number };
                Operand::Literal(Literal::Number(negative))
            }
            other => {
                if !matches!(other, Operand::Wrong) {
                    self.fault(at, "unsupported", "`-` stands before a number only".to_owned());
                }
                self.looks_at(operand.at, other);
                Operand::Wrong
            }
        };
        Ok(At { at, operand })
    }

    /// A primary, and what is asked of it behind a dot.
    fn member_of(&mut self) -> Read<At> {
        let mut subject = self.primary()?;
        loop {
            if self.is("[") {
                let message = "nothing is taken by an index here; name an attribute as `custom.…`".to_owned();
                return Err(self.stop("unsupported", message));
            }
            if !self.take(".") {
                return Ok(subject);
            }
            let (name_at, name) = self.selector()?;
            let at = subject.at;
            let operand = if self.is("(") {
                let arguments = self.arguments()?;
                self.method(subject, name_at, &name, arguments)
            } else {
                let message =
                    format!("`.{name}` is asked of something that has no parts; attributes are flat");
                self.fault(name_at, "unsupported", message);
                self.looks_at(at, subject.operand);
                Operand::Wrong
            };
            subject = At { at, operand };
        }
    }

    fn primary(&mut self) -> Read<At> {
        let at = self.place();
        let operand = match self.peek().clone() {
            Token::Text(text) => self.literal(Literal::Text(text)),
            Token::Number(number) => self.literal(Literal::Number(number)),
            Token::Symbol("(") => {
                self.next += 1;
                self.enter()?;
                let inner = self.any()?;
                self.leave(")")?;
                inner.operand
            }
            Token::Symbol("[") => self.list()?,
            Token::Name(name) => {
                self.next += 1;
                self.named(at, &name)?
            }
            _ => return Err(self.unexpected("a condition, such as `segment(\"…\")` or `custom.… == \"…\"`,")),
        };
        Ok(At { at, operand })
    }

    fn literal(&mut self, literal: Literal) -> Operand {
        self.next += 1;
        Operand::Literal(literal)
    }

    fn list(&mut self) -> Read<Operand> {
        let opened = self.place();
        self.next += 1;
        self.enter()?;
        let mut literals = Vec::new();
        while !self.is("]") {
            let entry = self.unary()?;
            match entry.operand {
                Operand::Literal(literal) => literals.push(literal),
                Operand::Wrong => {}
                other => {
                    let message = "a list holds text, numbers and booleans only".to_owned();
                    self.fault(entry.at, "unsupported", message);
                    self.looks_at(entry.at, other);
                }
            }
            if !self.take(",") {
                break;
            }
        }
        if literals.len() > LITERALS_MAX {
            let message = format!("the list has {} literals; {LITERALS_MAX} are taken", literals.len());
            self.fault(opened, "too_many", message);
        }
        self.leave("]")?;
        Ok(Operand::List(literals))
    }
}
