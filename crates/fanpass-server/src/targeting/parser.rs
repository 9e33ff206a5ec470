//! From text to an expression, by the grammar of CEL: each method reads one of its rules.

use super::draft::{DEPTH_MAX, EXPRESSION_MAX_BYTES, LITERALS_MAX, Named, Use};
use super::expression::{Expression, Literal};
use super::fault::Fault;
use super::operand::{At, Operand};
use super::token::{Placed, Token, tokens};

/// What was read.
pub(super) struct Parsed {
    pub(super) expression: Expression,
    pub(super) uses: Vec<Use>,
    pub(super) faults: Vec<Fault>,
}

/// A place in a text that is being read.
pub(super) struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Placed>,
    pub(super) next: usize,
    depth: usize,
    uses: Vec<Use>,
    faults: Vec<Fault>,
}

/// The text cannot be read on; the fault is noted.
pub(super) struct Stop;

pub(super) type Read<T> = Result<T, Stop>;

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
    let mut parser = Parser { text, tokens, next: 0, depth: 0, uses: Vec::new(), faults: Vec::new() };
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

    /// The name behind a dot.
    pub(super) fn selector(&mut self) -> Read<(usize, String)> {
        let at = self.place();
        match self.peek().clone() {
            Token::Name(name) if !["in", "true", "false", "null"].contains(&&*name) => {
                self.next += 1;
                Ok((at, name))
            }
            Token::QuotedName(name) => {
                self.next += 1;
                Ok((at, name))
            }
            Token::Name(word) => {
                let message =
                    format!("`{word}` is a word of the language; a name that reads so stands in backticks");
                Err(self.stop("syntax", message))
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    pub(super) fn enter(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let message = format!("parentheses stand more than {DEPTH_MAX} deep inside each other");
            self.next -= 1;
            return Err(self.stop("too_deep", message));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, symbol: &'static str) -> Read<()> {
        self.depth -= 1;
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |placed| &placed.token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.len(), |placed| placed.at)
    }

    pub(super) fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.next += usize::from(found);
        found
    }

    pub(super) fn uses(&mut self, at: usize, of: Named) {
        self.uses.push(Use { at, of });
    }

    pub(super) fn fault(&mut self, at: usize, code: &'static str, message: String) {
        self.faults.push(Fault::new(self.text, at, code, message));
    }

    fn stop(&mut self, code: &'static str, message: String) -> Stop {
        self.stop_at(self.place(), code, message)
    }

    pub(super) fn stop_at(&mut self, at: usize, code: &'static str, message: String) -> Stop {
        self.fault(at, code, message);
        Stop
    }

    pub(super) fn unexpected(&mut self, wanted: &str) -> Stop {
        let found = match self.peek() {
            Token::End => "the expression ends here".to_owned(),
            Token::Name(name) => match symbol_for(name) {
                Some(symbol) => {
                    let message = format!("`{name}` is no word of the language; write `{symbol}`");
                    return self.stop("syntax", message);
                }
                None => format!("found `{name}`"),
            },
            Token::QuotedName(name) => format!("found `{name}`"),
            Token::Text(_) => "found text".to_owned(),
            Token::Number(_) => "found a number".to_owned(),
            Token::Symbol(symbol) => format!("found `{symbol}`"),
        };
        self.stop("syntax", format!("{found}; {wanted} is wanted"))
    }
}

/// The symbol that another language has this word for.
pub(super) fn symbol_for(word: &str) -> Option<&'static str> {
    match word {
        "and" | "AND" | "And" => Some("&&"),
        "or" | "OR" | "Or" => Some("||"),
        "not" | "NOT" | "Not" => Some("!"),
        _ => None,
    }
}
