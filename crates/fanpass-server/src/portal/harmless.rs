//! How everything that stands in a page is written: as text, whatever it says.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};
use fanpass_model::shown;

/// Escapes what HTML would read as markup, and shows characters that would be obeyed or turn the line around. It is the
/// escaper of every template, so no page can forget it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Harmless;

impl Escaper for Harmless {
    fn write_escaped_str<W: Write>(&self, dest: W, string: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &shown(string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut written = String::new();
        Harmless.write_escaped_str(&mut written, "<script>'\"&\u{202e}\u{7}é").unwrap();
        assert_eq!(written, "&#60;script&#62;&#39;&#34;&#38;\\u{202e}\\u{7}é");
    }
}
