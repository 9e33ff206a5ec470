//! What was found out about a file, for people who want to know how it was read.

use crate::{Encoding, Format, Table, text::Text};

impl Table {
    /// The format of the file that was opened; [`Format::Zip`] for an archive, whatever it holds.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The encoding of the text file that is being read, as far as its rows have shown it: UTF-8 until a row says
    /// otherwise. `None` for any other format.
    pub fn encoding(&self) -> Option<Encoding> {
        self.member.source.text().map(Text::encoding)
    }

    /// The delimiter of the text file that is being read; `None` for any other format.
    pub fn delimiter(&self) -> Option<u8> {
        self.member.source.text().map(Text::delimiter)
    }

    /// The sheet that is being read; `None` for text.
    pub fn sheet(&self) -> Option<&str> {
        self.member.origin.sheet_name()
    }

    /// Whether the first row names the columns. Before the first row is read, this is as certain as
    /// [`Table::columns`] are.
    pub fn has_header(&self) -> bool {
        self.member.is_named()
    }
}
