//! The one error of this crate: what stopped a file from being read, where, and what to do next.

use std::fmt;

/// Why a file could not be read, or could not be read further.
///
/// A fault of a single row is a [`Reject`](crate::Reject) and stops nothing; this error does. Its text names
/// the file, says what is wrong and what to do next.
#[derive(Debug)]
pub struct TableError(Box<Fault>);

#[derive(Debug)]
struct Fault {
    kind: ErrorKind,
    place: String,
    message: String,
    source: Option<std::io::Error>,
}

/// The kinds of [`TableError`], for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file could not be opened or read; the source is the operating system's error.
    Io,
    /// The content is of a kind that this crate does not read, or not of the stated [`Format`](crate::Format).
    UnsupportedFormat,
    /// The content is damaged: a truncated archive, broken XML, a record that breaks its format's rules.
    Malformed,
    /// The file, or an entry of the archive, is encrypted.
    PasswordProtected,
    /// A bound of [`Limits`](crate::Limits) was reached.
    LimitExceeded,
    /// A quote was opened and never closed, or closed lines later in the middle of a cell.
    UnclosedQuote,
    /// The file holds no row at all.
    Empty,
    /// Several delimiters fit equally well.
    AmbiguousDelimiter,
    /// The table seems to begin below the first row: titles stand above it.
    AmbiguousStart,
    /// The first row may be a header or data, or it is stated that there is no header where columns always have names.
    AmbiguousHeader,
    /// No column, or more than one, may hold the ids.
    AmbiguousColumn,
    /// The stated column is not in the file.
    UnknownColumn,
    /// Several visible sheets hold data and none was chosen.
    AmbiguousSheet,
    /// The stated sheet is not in the workbook, or no visible sheet holds data.
    UnknownSheet,
}

impl ErrorKind {
    /// The kind as a stable `snake_case` code for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Io => "io",
            Self::UnsupportedFormat => "unsupported_format",
            Self::Malformed => "malformed",
            Self::PasswordProtected => "password_protected",
            Self::LimitExceeded => "limit_exceeded",
            Self::UnclosedQuote => "unclosed_quote",
            Self::Empty => "empty",
            Self::AmbiguousDelimiter => "ambiguous_delimiter",
            Self::AmbiguousStart => "ambiguous_start",
            Self::AmbiguousHeader => "ambiguous_header",
            Self::AmbiguousColumn => "ambiguous_column",
            Self::UnknownColumn => "unknown_column",
            Self::AmbiguousSheet => "ambiguous_sheet",
            Self::UnknownSheet => "unknown_sheet",
        }
    }
}

impl TableError {
    pub(crate) fn new(kind: ErrorKind, place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self(Box::new(Fault { kind, place: place.to_string(), message: message.into(), source: None }))
    }

    pub(crate) fn io(place: impl fmt::Display, source: std::io::Error) -> Self {
        Self(Box::new(Fault {
            kind: ErrorKind::Io,
            place: place.to_string(),
            message: "cannot be read".to_owned(),
            source: Some(source),
        }))
    }

    /// The same error, with more to be known if there is more.
    pub(crate) fn and(mut self, more: Option<&str>) -> Self {
        if let Some(more) = more {
            self.0.message.push_str("; ");
            self.0.message.push_str(more);
        }
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { place, message, source, .. } = &*self.0;
        write!(f, "{place}: {message}")?;
        source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl std::error::Error for TableError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_ref()?;
        Some(source)
    }
}
