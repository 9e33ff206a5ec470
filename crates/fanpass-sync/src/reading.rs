//! How to read a file of a feed, in the words of the configuration file.

use std::str::FromStr;

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
    /// See [`Options::skip_rows`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_rows: Option<u32>,
    /// See [`Options::header`]: whether the first row names the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
}

/// An [`Encoding`] by its name, on the command line as in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextEncoding(Encoding);

impl TextEncoding {
    /// The names.
    pub const NAMES: [&str; 4] = ["utf-8", "utf-16le", "utf-16be", "windows-1252"];
    const ENCODINGS: [Encoding; 4] =
        [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252];

    /// Its name.
    pub fn name(self) -> &'static str {
        let at = Self::ENCODINGS.iter().position(|encoding| *encoding == self.0);
        at.and_then(|at| Self::NAMES.get(at)).copied().unwrap_or_default()
    }
}

impl FromStr for TextEncoding {
    type Err = SyncError;

    fn from_str(name: &str) -> Result<Self, SyncError> {
        let mut known = Self::NAMES.into_iter().zip(Self::ENCODINGS);
        let encoding = known.find_map(|(known, encoding)| (known == name).then_some(Self(encoding)));
        encoding.ok_or_else(|| {
            let known = Self::NAMES.join(", ");
            SyncError::syntax(format!("there is no encoding {name:?}; use one of {known}"))
        })
    }
}

impl TryFrom<String> for TextEncoding {
    type Error = SyncError;

    fn try_from(name: String) -> Result<Self, SyncError> {
        name.parse()
    }
}

impl From<TextEncoding> for String {
    fn from(encoding: TextEncoding) -> Self {
        encoding.name().to_owned()
    }
}

impl Reading {
    /// The options of the reader.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) for a delimiter that is no ASCII character, or a letter or digit.
    pub fn options(&self) -> Result<Options, SyncError> {
        let mut options = Options::default();
        options.sheet.clone_from(&self.sheet);
        options.delimiter = self.delimiter.map(delimiter).transpose()?;
        options.encoding = self.encoding.map(|encoding| encoding.0);
        options.skip_rows = self.skip_rows;
        options.header = match self.header {
            None => Header::Detect,
            Some(true) => Header::Present,
            Some(false) => Header::Absent,
        };
        Ok(options)
    }
}

fn delimiter(character: char) -> Result<u8, SyncError> {
    let byte = u8::try_from(character).ok().filter(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
    byte.ok_or_else(|| {
        let message =
            format!("{character:?} cannot delimit cells: use one ASCII character that is no letter or digit");
        SyncError::syntax(message)
    })
}
