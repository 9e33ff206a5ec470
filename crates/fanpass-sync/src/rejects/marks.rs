//! Marks in cells of reject files, for what text alone does not say. Cells of a source that look like one are escaped.

/// A null, where it is something else than an empty cell.
pub(crate) const NULL: &str = "fanpass:null";

/// In front of a date, `YYYY-MM-DD`, that its column's form cannot give: a year before 1969 under `%y`.
pub(crate) const DATE: &str = "fanpass:date ";

/// In front of a cell that a reject file could not show to be at fault, beside the one that `fanpass_check` guards.
pub(crate) const FAULT: &str = "fanpass:fault ";

/// In front of text that begins as a mark does.
const TEXT: &str = "fanpass:text ";

/// What a reject file has in the place of such text of a source; `None` for any other text, which stays as it is.
#[inline]
pub(crate) fn escaped(text: &str) -> Option<String> {
    text.starts_with("fanpass:").then(|| format!("{TEXT}{text}"))
}

/// The text of the source that a cell of a reject file stands for.
pub(crate) fn unescaped(cell: &str) -> &str {
    cell.strip_prefix(TEXT).unwrap_or(cell)
}
