//! Text of the other side, made fit for a message: short, printable, without a token.

/// Characters that a message takes of a text that was not written to be one, such as a page.
const SUMMARY_CHARACTERS: usize = 200;
/// Characters that it takes of one that was.
const SENTENCE_CHARACTERS: usize = 1000;

/// A sentence of the other side, such as a problem's detail, on one line.
pub(crate) fn sentence(text: &str) -> String {
    shorten(clean(text), SENTENCE_CHARACTERS)
}

/// `text` on one line: white space collapsed; control characters (a terminal's escapes among them) dropped, and those that
/// change the direction of writing, which would make the line read as another.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let start = cleaned.len();
        if start > 0 {
            cleaned.push(' ');
        }
        cleaned.extend(word.chars().filter(|character| !character.is_control() && !turns(*character)));
        if cleaned.len() == start + 1 && start > 0 {
            cleaned.pop();
        }
    }
    cleaned
}

const fn turns(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The first characters of `text`, of which only the words stay if it is HTML.
pub(crate) fn summary(text: &str) -> String {
    let cleaned = if text.trim_start().starts_with('<') { clean(&without_tags(text)) } else { clean(text) };
    shorten(cleaned, SUMMARY_CHARACTERS)
}

fn shorten(mut text: String, characters: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What stands between the tags; scripts and styles are left out with theirs.
fn without_tags(html: &str) -> String {
    let mut words = String::new();
    let mut rest = html;
    while let Some((text, tag)) = rest.split_once('<') {
        words.push_str(text);
        words.push(' ');
        rest = tag.split_once('>').map_or("", |(_, behind)| behind);
        for silent in ["script", "style"] {
            if tag.get(..silent.len()).is_some_and(|name| name.eq_ignore_ascii_case(silent)) {
                rest = rest.split_once("</").map_or("", |(_, behind)| behind);
                rest = rest.split_once('>').map_or("", |(_, behind)| behind);
            }
        }
    }
    words.push_str(rest);
    words
}

/// `text` with everything that looks like a token replaced: a JWT, and whatever follows `Bearer`. Servers that fail
/// like to repeat the request, its headers included.
pub(crate) fn redact(text: &str) -> String {
    let is_token = |character: char| character.is_ascii_alphanumeric() || "-._~+/=".contains(character);
    let mut redacted = String::with_capacity(text.len());
    let mut after_bearer = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_end = rest.find(|character| is_token(character) != is_token(first)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(word_end);
        rest = behind;
        if !is_token(first) {
            after_bearer &= word.chars().all(char::is_whitespace);
            redacted.push_str(word);
        } else if is_jwt(word) || (after_bearer && !is_prose(word)) {
            after_bearer = false;
            redacted.push_str("[redacted]");
        } else {
            after_bearer = word.eq_ignore_ascii_case("bearer");
            redacted.push_str(word);
        }
    }
    redacted
}

/// Whether `word` may be one of a sentence, as in "Bearer authentication required".
fn is_prose(word: &str) -> bool {
    word.len() < 20
        && word.chars().all(|character| character.is_ascii_alphabetic() || ".,-".contains(character))
}

/// Whether `word` holds the head of a JWT (`{"` in base64url) and a dot behind it.
fn is_jwt(word: &str) -> bool {
    word.find("eyJ").is_some_and(|start| word[start..].contains('.'))
}
