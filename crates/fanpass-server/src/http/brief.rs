//! Texts of problems, which may hold what the client sent, of whatever length.

use std::borrow::Cow;

/// Bytes of a text, before its middle is left out.
const TEXT_MAX: usize = 600;
/// How much of a long text stands on either side of what is left out.
const TEXT_ENDS: (usize, usize) = (400, 200);

/// A text of a bounded length: of a long one, its beginning and its end.
pub(crate) fn brief<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    if text.len() <= TEXT_MAX {
        return text;
    }
    let (start, end) = TEXT_ENDS;
    let (start, end) = (text.floor_char_boundary(start), text.ceil_char_boundary(text.len() - end));
    format!("{}…{}", text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default()).into()
}
