//! Text in quotes, with CEL's escapes.

use super::fault::Fault;
use super::token::Token;

/// Reads the text at the beginning of `rest`, before whose quote stand `prefix` bytes: an `r`, after which a backslash means
/// itself. Gives back how many bytes it took.
pub(super) fn read(
    rest: &str,
    prefix: usize,
    fault: impl Fn(usize, &'static str, String) -> Fault,
) -> Result<(Token, usize), Fault> {
    let open = &rest[prefix..];
    let quote = &open[..1];
    let triple = quote.repeat(3);
    let quote = if open.starts_with(&triple) { &*triple } else { quote };
    let mut text = String::new();
    let mut at = prefix + quote.len();
    loop {
        let here = &rest[at..];
        if here.starts_with(quote) {
            return Ok((Token::Text(text), at + quote.len()));
        }
        match here.chars().next() {
            None => return Err(unclosed(quote, fault)),
            Some('\n' | '\r') if quote.len() == 1 => return Err(unclosed(quote, fault)),
            Some('\\') if prefix == 0 => {
                let (character, length) =
                    escape(&here[1..]).map_err(|message| fault(at, "syntax", message.to_owned()))?;
                text.push(character);
                at += 1 + length;
            }
            Some(character) => {
                text.push(character);
                at += character.len_utf8();
            }
        }
    }
}

fn unclosed(quote: &str, fault: impl Fn(usize, &'static str, String) -> Fault) -> Fault {
    fault(0, "syntax", format!("the text is not closed; end it with {quote}"))
}

/// The character that stands behind a backslash, and how many bytes say so.
fn escape(rest: &str) -> Result<(char, usize), &'static str> {
    let unknown = "the backslash escapes nothing known; write `\\\\` for a backslash";
    let first = rest.chars().next().ok_or(unknown)?;
    let simple = match first {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '?' | '"' | '\'' | '`' => first,
        'x' | 'X' => return code(rest, 1, 2, 16),
        'u' => return code(rest, 1, 4, 16),
        'U' => return code(rest, 1, 8, 16),
        '0'..='3' => return code(rest, 0, 3, 8),
        _ => return Err(unknown),
    };
    Ok((simple, 1))
}

/// A character by the number that stands in `digits` digits behind `skipped` bytes.
fn code(rest: &str, skipped: usize, digits: usize, radix: u32) -> Result<(char, usize), &'static str> {
    let wrong = "the escape names no character; write `\\u` and four hexadecimal digits, or `\\U` and eight past U+FFFF";
    let number = rest.get(skipped..skipped + digits).ok_or(wrong)?;
    // A sign would be read as part of a number.
    if !number.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong);
    }
    let character = u32::from_str_radix(number, radix).ok().and_then(char::from_u32).ok_or(wrong)?;
    Ok((character, skipped + digits))
}
