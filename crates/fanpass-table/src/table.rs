//! A file as a stream of rows.

use std::{fs::File, io::Seek as _, path::Path};

use crate::{
    ErrorKind, Format, Ids, Options, Reject, Row, TableError, chain::Chain, columns::Selector,
    member::Member, origin::Origin, source::Opened,
};

/// A file that is being read, row by row, in constant memory.
///
/// ```no_run
/// # fn main() -> Result<(), fanpass_table::TableError> {
/// use fanpass_table::{Options, Table};
///
/// let mut table = Table::open("fans.zip".as_ref(), &Options::default())?;
/// while let Some(row) = table.next_row()? {
///     match row {
///         Ok(row) => println!("{}: {:?}", row.location(), row.cell(0)),
///         Err(reject) => println!("{}: {}", reject.location, reject.message),
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Table {
    pub(crate) format: Format,
    options: Options,
    pub(crate) member: Member,
    /// The files of an archive behind the one at hand.
    pub(crate) chain: Option<Chain>,
    /// Files of the archive before the one at hand whose encoding was guessed.
    pub(crate) guessed: Vec<String>,
    pub(crate) selector: Option<Selector>,
    /// The id column of the file at hand.
    pub(crate) id_column: usize,
    blank: u64,
    /// What is wrong with the header of a file of the archive before the one at hand.
    pub(crate) nameless: Option<String>,
    /// The place of the first id with characters that cannot be seen.
    pub(crate) hidden: Option<String>,
    /// The same open file, where it is read from front to back.
    place: Option<File>,
}

impl Table {
    /// Opens a file and reads its beginning.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is of no format that is read here, is damaged or encrypted, exceeds a limit,
    /// or leaves open which sheet or delimiter is meant; see [`ErrorKind`].
    pub fn open(path: &Path, options: &Options) -> Result<Self, TableError> {
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        Self::open_named(path, &name, options)
    }

    /// As [`Table::open`], for a file that was stored under another name than people know it by: `name` stands in
    /// every location and error.
    ///
    /// # Errors
    ///
    /// As [`Table::open`].
    pub fn open_named(path: &Path, name: &str, options: &Options) -> Result<Self, TableError> {
        let origin = Origin::file(name);
        let file = File::open(path).map_err(|source| TableError::io(&origin, source))?;
        // Both handles share one place in the file.
        let place = file.try_clone().ok();
        let (format, member, chain) = match Opened::open(file, options, &origin)? {
            Opened::Rows(source, place) => {
                let format = source.format();
                options.check(format, &origin)?;
                (format, Member::open(source, place, options)?, None)
            }
            Opened::Archive(archive) => {
                options.check(Format::Zip, &origin)?;
                let mut chain = Chain::new(archive, &origin)?;
                let member = next_member(&mut chain, options)?;
                let empty = || TableError::new(ErrorKind::Empty, &origin, "the archive holds no files");
                (Format::Zip, member.ok_or_else(empty)?, Some(chain))
            }
        };
        let place = place.filter(|_| matches!(format, Format::Csv | Format::Jsonl));
        let (options, selector) = (options.clone(), None);
        let guessed = Vec::new();
        Ok(Self {
            format,
            options,
            member,
            chain,
            guessed,
            selector,
            id_column: 0,
            blank: 0,
            nameless: None,
            hidden: None,
            place,
        })
    }

    /// Bytes of the file that were read so far, ahead of the rows by what is buffered; `None` for workbooks, archives and
    /// Parquet, which are not read from front to back.
    pub fn bytes_read(&self) -> Option<u64> {
        self.place.as_ref()?.stream_position().ok()
    }

    /// The names of the columns: the cells of the header, trimmed, or letters where there is none.
    ///
    /// Before the first row is read, a first row that may be a header is taken for one here; reading then decides
    /// or asks.
    pub fn columns(&self) -> &[String] {
        &self.member.columns
    }

    /// Blank rows that were skipped so far between rows with data (those at the end of a file are not counted).
    pub fn blank_rows(&self) -> u64 {
        self.blank
    }

    /// Reads the next row that is not blank; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the file cannot be read further. A fault of one row is an inner [`Reject`]; reading goes on behind it.
    pub fn next_row(&mut self) -> Result<Option<Result<Row<'_>, Box<Reject>>>, TableError> {
        Ok(if self.advance()? { Some(self.row()) } else { None })
    }

    /// The row that was read last, whatever is wrong with it as a whole.
    #[inline]
    pub fn last_row(&self) -> Row<'_> {
        let Member { record, origin, columns, .. } = &self.member;
        Row { record, origin, columns }
    }

    /// Lets a cell of the row that was read last be shown as `text`, in rejects too: one whose text is not what it was used
    /// for, but what it [stores](Row::stored). Cells of delimited text stay what they are.
    pub fn rewrite_cell(&mut self, column: usize, text: &str) {
        self.member.record.rewrite(column, text);
    }

    /// Steps to the next row; `false` at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, TableError> {
        loop {
            if !self.member.is_settled() {
                self.settle()?;
            }
            if let Some(blank) = self.member.advance()? {
                self.blank += blank;
                self.look_at_id();
                return Ok(true);
            }
            if !self.open_next()? {
                return Ok(false);
            }
        }
    }

    /// Opens the next file of an archive; `false` behind the last.
    #[cold]
    fn open_next(&mut self) -> Result<bool, TableError> {
        let next = self.chain.as_mut().map(|chain| next_member(chain, &self.options)).transpose()?.flatten();
        let Some(next) = next else { return Ok(false) };
        let last = std::mem::replace(&mut self.member, next);
        self.guessed.extend(last.guessed());
        self.nameless = self.nameless.take().or_else(|| last.nameless.clone());
        self.settle()?;
        self.member.check_header(&last)?;
        Ok(true)
    }

    /// The row at hand.
    pub(crate) fn row(&self) -> Result<Row<'_>, Box<Reject>> {
        match self.member.fault() {
            None => Ok(self.last_row()),
            Some(fault) => Err(self.last_row().reject(None, fault.code, fault.message)),
        }
    }

    /// The cell of the row at hand in the column of the ids; `None` if it or the row as a whole cannot be used.
    #[inline]
    pub(crate) fn id_cell(&self) -> Option<&str> {
        let (record, column) = (&self.member.record, self.id_column);
        let is_usable = || record.fault_of(Some(column)).is_none() && self.member.fault().is_none();
        (self.member.is_sound() || is_usable()).then(|| record.cell(column))
    }

    /// Reads the ids of one column from here on.
    ///
    /// `column` is the header's text, or `#1`, `#2`, … for a position. `None` takes the only column, or the only one
    /// whose header is recognised as naming user ids.
    ///
    /// # Errors
    ///
    /// If it is not clear which column is meant or whether the first row is a header: the message lists the columns.
    pub fn ids(mut self, column: Option<&str>) -> Result<Ids, TableError> {
        self.select_ids(column)?;
        Ok(Ids::new(self))
    }

    /// As [`Table::ids`], to read whole rows: settles which column holds the ids, and by it whether the first row is a
    /// header, for this file and those that follow in an archive. [`Table::columns`] are certain from here on.
    ///
    /// # Errors
    ///
    /// As [`Table::ids`].
    pub fn select_ids(&mut self, column: Option<&str>) -> Result<(), TableError> {
        let selector = Selector::parse(column);
        self.id_column = self.member.choose(&selector)?;
        self.selector = Some(selector);
        Ok(())
    }

    /// The column that [`Table::ids`] asked for, in the file at hand.
    #[inline]
    pub(crate) fn id_column(&self) -> usize {
        self.id_column
    }

    /// Settles header and id column of the file at hand, once.
    #[cold]
    fn settle(&mut self) -> Result<(), TableError> {
        match &self.selector {
            Some(selector) => self.id_column = self.member.choose(selector)?,
            None => self.member.settle(&Selector::Recognised)?,
        }
        Ok(())
    }
}

fn next_member(chain: &mut Chain, options: &Options) -> Result<Option<Member>, TableError> {
    let Some((file, origin)) = chain.next()? else { return Ok(None) };
    match Opened::open(file, options, &origin)? {
        Opened::Rows(source, place) => Member::open(source, place, options).map(Some),
        Opened::Archive(_) => {
            let message = "is an archive inside an archive; unpack it first";
            Err(TableError::new(ErrorKind::UnsupportedFormat, &origin, message))
        }
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("format", &self.format)
            .field("columns", &self.columns())
            .finish_non_exhaustive()
    }
}
