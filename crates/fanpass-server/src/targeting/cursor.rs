//! A place in an expression that is being read, and how it moves on from word to word.

use super::draft::{DEPTH_MAX, Named, Use};
use super::fault::Fault;
use super::token::{Placed, Token};

/// Reads an expression; the rules of its grammar are methods in files of their own.
pub(super) struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Placed>,
    /// The word to be read next.
    pub(super) next: usize,
    depth: usize,
    /// What was named so far.
    pub(super) uses: Vec<Use>,
    pub(super) faults: Vec<Fault>,
}

/// The text cannot be read on; the fault is noted.
pub(super) struct Stop;

pub(super) type Read<T> = Result<T, Stop>;

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, tokens: Vec<Placed>) -> Self {
        Self { text, tokens, next: 0, depth: 0, uses: Vec::new(), faults: Vec::new() }
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

    pub(super) fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |placed| &placed.token)
    }

    pub(super) fn place(&self) -> usize {
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

    pub(super) fn stop(&mut self, code: &'static str, message: String) -> Stop {
        self.fault(self.place(), code, message);
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
