//! What was found out about a file, for people who want to know how it was read.

use crate::{Encoding, Format, Table, chain::Chain, origin::list_names, text::Text};

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

    /// Why a column may not be among [`Table::columns`] that the file holds, and what to do about it; `None` if all are. Of JSON
    /// lines only the file's beginning names columns.
    pub fn unseen_columns(&self) -> Option<&'static str> {
        self.member.source.unseen_columns()
    }

    /// What a person should know of how the file was read, a sentence each: files of an archive that are passed over, text
    /// that is taken for Windows-1252, a header that cannot be read, ids with characters that cannot be seen. Complete once all rows are read.
    pub fn notices(&self) -> Vec<String> {
        let passed_over = self.chain.as_ref().map(Chain::passed_over).filter(|names| !names.is_empty());
        let passed_over = passed_over.map(|names| {
            let files = if names.len() == 1 { "1 file".to_owned() } else { format!("{} files", names.len()) };
            format!("{files} of the archive passed over, hidden or made by a system: {}", list_names(names))
        });
        let guessed: Vec<_> = self.guessed.iter().cloned().chain(self.member.guessed()).collect();
        let guessed = (!guessed.is_empty()).then(|| {
            let names = list_names(&guessed);
            format!("read as Windows-1252, as it is not UTF-8: {names}; state the encoding if letters come out wrong")
        });
        let hidden = self.hidden.as_ref().map(|first| {
            format!(
                "ids hold characters that cannot be seen, the first at {first}: they are sent as they are"
            )
        });
        let nameless = self.nameless.as_ref().or(self.member.nameless.as_ref()).cloned();
        passed_over.into_iter().chain(guessed).chain(nameless).chain(hidden).collect()
    }

    /// Whether the first row names the columns. Before the first row is read, this is as certain as
    /// [`Table::columns`] are.
    pub fn has_header(&self) -> bool {
        self.member.is_named()
    }
}
