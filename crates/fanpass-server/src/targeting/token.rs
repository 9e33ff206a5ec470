//! The words of an expression: names, literals and symbols, each with its place.

use super::fault::Fault;
use super::text_literal;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, or one of `true`, `false`, `null`, `in`.
    Name(String),
    /// A name between backticks, which may be any of those words.
    QuotedName(String),
    Text(String),
    Number(f64),
    Symbol(&'static str),
    /// Behind the last one.
    End,
}

/// A word and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) at: usize,
}

/// What means something alone; longer ones come first.
const SYMBOLS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", "!", "-", "<", ">", "+", "*",
    "/", "%", "?", ":",
];
/// 2^53: past it a double no longer tells every whole number from its neighbour.
const EXACT_LIMIT: u64 = 1 << 53;
/// The same.
const EXACT_LIMIT_DOUBLE: f64 = 9_007_199_254_740_992.0;

/// All words of `text`, an end behind them.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = behind_space(rest);
        let at = text.len() - rest.len();
        let fault = |offset, code, message: String| Fault::new(text, at + offset, code, message);
        let Some(first) = rest.chars().next() else {
            tokens.push(Placed { token: Token::End, at });
            return Ok(tokens);
        };
        let (token, length) = match first {
            '"' | '\'' => text_literal::read(rest, 0, fault)?,
            'r' | 'R' if rest[1..].starts_with(['"', '\'']) => text_literal::read(rest, 1, fault)?,
            'b' | 'B' if rest[1..].starts_with(['"', '\'']) => {
                return Err(fault(0, "unsupported", "attributes hold no bytes; write text in quotes".into()));
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let length =
                    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Token::Name(rest[..length].to_owned()), length)
            }
            '`' => quoted_name(rest, fault)?,
            '0'..='9' => number(rest, fault)?,
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest, fault)?,
            _ => symbol(rest, first, fault)?,
        };
        tokens.push(Placed { token, at });
        rest = &rest[length..];
    }
}

/// What follows white space and comments.
fn behind_space(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\u{c}', '\r']);
        if !rest.starts_with("//") {
            return rest;
        }
        rest = rest.find('\n').map_or("", |end| &rest[end..]);
    }
}

type Read = Result<(Token, usize), Fault>;

fn quoted_name(rest: &str, fault: impl Fn(usize, &'static str, String) -> Fault) -> Read {
    match rest[1..].split_once('`') {
        Some((name, _)) => Ok((Token::QuotedName(name.to_owned()), name.len() + 2)),
        None => Err(fault(0, "syntax", "the name is not closed; end it with a backtick".to_owned())),
    }
}

fn number(rest: &str, fault: impl Fn(usize, &'static str, String) -> Fault) -> Read {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize, of: fn(&u8) -> bool| {
        while bytes.get(at).is_some_and(of) {
            at += 1;
        }
        at
    };
    let (value, mut length) = if rest.starts_with("0x") || rest.starts_with("0X") {
        let length = digits(2, u8::is_ascii_hexdigit);
        (u64::from_str_radix(&rest[2..length], 16).map_or(f64::INFINITY, exact), length)
    } else {
        let mut length = digits(0, u8::is_ascii_digit);
        if bytes.get(length) == Some(&b'.') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) {
            length = digits(length + 1, u8::is_ascii_digit);
        }
        if let Some(b'e' | b'E') = bytes.get(length) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let end = digits(length + 1 + sign, u8::is_ascii_digit);
            if end > length + 1 + sign {
                length = end;
            }
        }
        (rest[..length].parse().unwrap_or(f64::INFINITY), length)
    };
    if !value.is_finite() {
        return Err(fault(
            0,
            "syntax",
            "the number cannot be read, or is past what a double holds".to_owned(),
        ));
    }
    let is_past = match rest[..length].parse::<u64>() {
        Ok(whole) => whole > EXACT_LIMIT,
        // What stands for it may have been rounded to the limit.
        Err(_) => value >= EXACT_LIMIT_DOUBLE && value.fract() == 0.0,
    };
    if is_past {
        let message = "the whole number is past 2^53, which no attribute holds; compare with text";
        return Err(fault(0, "inexact_number", message.to_owned()));
    }
    // `7u` is CEL's unsigned seven.
    if let Some(b'u' | b'U') = bytes.get(length)
        && rest[..length].bytes().all(|byte| byte != b'.')
    {
        length += 1;
    }
    if bytes.get(length).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        let message = "a number is followed by letters; put text in quotes";
        return Err(fault(length, "syntax", message.to_owned()));
    }
    Ok((Token::Number(value), length))
}

/// A whole number as a double; infinite where that would round it.
fn exact(whole: u64) -> f64 {
    let (high, low) = (u32::try_from(whole >> 32), u32::try_from(whole & u64::from(u32::MAX)));
    match (high, low) {
        (Ok(high), Ok(low)) => f64::from(high) * 4_294_967_296.0 + f64::from(low),
        _ => f64::INFINITY,
    }
}

fn symbol(rest: &str, first: char, fault: impl Fn(usize, &'static str, String) -> Fault) -> Read {
    if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
        return Ok((Token::Symbol(symbol), symbol.len()));
    }
    let message = match first {
        '=' => "`=` is not a comparison; write `==`".to_owned(),
        '&' => "`&` joins nothing; write `&&`".to_owned(),
        '|' => "`|` joins nothing; write `||`".to_owned(),
        '“' | '”' | '„' | '‘' | '’' | '«' | '»' => {
            format!("`{first}` opens no text; use straight quotes, \" or '")
        }
        other => format!("`{}` means nothing here", other.escape_debug()),
    };
    Err(fault(0, "syntax", message))
}
