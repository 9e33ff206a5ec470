//! How to read a file of a feed, in the words of the configuration file.

use fanpass_table::{Encoding, Header, Options};
use serde::{Deserialize, Serialize};

use crate::SyncError;

/// How to read a file, as far as its content does not say; see [`Options`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reading {
    /// See [`Options::sheet`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// See [`Options::delimiter`]: one ASCII character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// See [`Options::encoding`]: `utf-8`, `utf-16le`, `utf-16be` or `windows-1252`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<TextEncoding>,
    /// See [`Options::header`]: whether the first row names the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
}

/// The spellings of [`Encoding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "they are named after those of fanpass-table")]
pub enum TextEncoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl From<TextEncoding> for Encoding {
    fn from(encoding: TextEncoding) -> Self {
        match encoding {
            TextEncoding::Utf8 => Self::Utf8,
            TextEncoding::Utf16Le => Self::Utf16Le,
            TextEncoding::Utf16Be => Self::Utf16Be,
            TextEncoding::Windows1252 => Self::Windows1252,
        }
    }
}

impl Reading {
    /// The options of the reader.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) for a delimiter that is no ASCII character.
    pub fn options(&self) -> Result<Options, SyncError> {
        let mut options = Options::default();
        options.sheet.clone_from(&self.sheet);
        options.delimiter = self.delimiter.map(delimiter).transpose()?;
        options.encoding = self.encoding.map(Into::into);
        options.header = match self.header {
            None => Header::Detect,
            Some(true) => Header::Present,
            Some(false) => Header::Absent,
        };
        Ok(options)
    }
}

fn delimiter(character: char) -> Result<u8, SyncError> {
    let byte = u8::try_from(character).ok().filter(u8::is_ascii);
    byte.ok_or_else(|| SyncError::syntax(format!("the delimiter {character:?} is no ASCII character")))
}
