//! Names and paths as words of the commands that are suggested: a shell takes each for one word.

use std::path::Path;

/// A path as one word of a command line, which no command takes for an option.
pub fn quoted_path(path: &Path) -> String {
    let text = path.display().to_string();
    let dashed = text.len() > 1 && text.starts_with('-');
    if dashed { quoted(&format!("./{text}")) } else { quoted(&text) }
}

/// `text` as one word of a command line.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '=' | ',');
    if !text.is_empty() && !text.starts_with(['-', '=']) && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
