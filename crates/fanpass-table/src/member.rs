//! One file or sheet that is being read: its columns and the rows read ahead to find its header.

use std::collections::VecDeque;

use crate::{
    ErrorKind, Header, Options, TableError,
    beside::headed,
    columns::{Selector, letters},
    header::Verdict,
    origin::Origin,
    record::Record,
    source::Source,
    text::begins_below,
};

/// Rows that are read ahead to tell a header from data.
const AHEAD: usize = 20;

pub(crate) struct Member {
    pub(crate) source: Source,
    pub(crate) origin: Origin,
    pub(crate) columns: Vec<String>,
    /// The columns of the table in a sheet with a header, where cells may stand beside it; else empty.
    pub(crate) headed: Vec<usize>,
    pub(crate) record: Record,
    /// Rows that were read and not handed out, the first of the file among them.
    pub(crate) ahead: VecDeque<Record>,
    /// What the caller says of the header.
    pub(crate) stated: Header,
    /// How many rows stand above the table, if the caller says so.
    above: Option<u32>,
    named: bool,
    settled: bool,
    /// Whether the first row was taken for the header, once that is settled; `None` where the format gives the names.
    header: Option<bool>,
    /// What is wrong with cells of the header.
    pub(crate) nameless: Option<String>,
    ended: bool,
    /// Number of the last row that was handed out or taken as the header.
    last: u64,
}

impl Member {
    /// Reads the first rows.
    pub(crate) fn open(mut source: Source, origin: Origin, options: &Options) -> Result<Self, TableError> {
        let above = options.skip_rows;
        let mut ahead = VecDeque::new();
        let mut ended = false;
        while ahead.len() < AHEAD && !ended {
            let mut record = Record::default();
            if !source.read(&mut record)? {
                ended = true;
            } else if record.number > above.unwrap_or(0).into() {
                ahead.push_back(record);
            }
        }
        let given = source.names().filter(|columns| !columns.is_empty());
        let named = given.is_some();
        let mut member = Self {
            source,
            origin,
            columns: given.unwrap_or_default(),
            headed: Vec::new(),
            record: Record::default(),
            ahead,
            stated: options.header,
            above,
            named,
            settled: named,
            header: None,
            nameless: None,
            ended,
            last: 0,
        };
        if named {
            member.check_named()?;
            return Ok(member);
        }
        let Some(first) = member.ahead.front() else {
            return Err(TableError::new(ErrorKind::Empty, &member.origin, "holds no rows"));
        };
        let verdict = member.verdict(first, &Selector::Recognised);
        member.columns = match verdict {
            Verdict::Data => (0..member.width()).map(letters).collect(),
            Verdict::Named | Verdict::Unclear => names(first, member.width()),
        };
        member.named = verdict != Verdict::Data;
        Ok(member)
    }

    /// Refuses that a file is said to have no names of columns, or rows above them, when its format gives them.
    fn check_named(&self) -> Result<(), TableError> {
        let (kind, what) = match self.stated {
            Header::Absent => (ErrorKind::AmbiguousHeader, "that there is no header"),
            _ if self.above.is_some() => (ErrorKind::UnsupportedFormat, "that rows stand above them"),
            _ => return Ok(()),
        };
        let format = self.source.format().as_str().to_uppercase();
        let message = format!("is {format}, which names its columns; do not state {what}");
        Err(TableError::new(kind, &self.origin, message))
    }

    /// The column of the ids. Settles whether the first row is a header.
    pub(crate) fn choose(&mut self, wanted: &Selector) -> Result<usize, TableError> {
        if !self.settled
            && self.above.is_none()
            && let Some(row) = self.header_below(wanted)
        {
            let what = "the row is a header, and the first row is none";
            return Err(begins_below(&self.origin, row.number, row.line, what));
        }
        self.settle(wanted)?;
        let column = wanted.find(&self.columns, &self.origin).map_err(|error| {
            error.and(self.source.unseen_columns().filter(|_| wanted.candidates(&self.columns).is_empty()))
        })?;
        self.count_in(column);
        Ok(column)
    }

    /// Settles whether the first row is a header, given which column is wanted, once.
    pub(crate) fn settle(&mut self, wanted: &Selector) -> Result<(), TableError> {
        if self.settled {
            return Ok(());
        }
        let Some(first) = self.ahead.front() else { return Ok(()) };
        match self.verdict(first, wanted) {
            Verdict::Unclear => return Err(self.unclear(first, wanted)),
            Verdict::Data => {
                self.columns = (0..self.width()).map(letters).collect();
                self.last = first.number.saturating_sub(1);
                (self.named, self.header) = (false, Some(false));
            }
            Verdict::Named => {
                if let Some(fault) = first.fault_of(None) {
                    let place = self.origin.locate(first.number, first.line, None);
                    let message = format!("the header cannot be read: {}", fault.message);
                    return Err(TableError::new(ErrorKind::Malformed, place, message));
                }
                self.columns = names(first, self.width());
                if self.source.text().is_none() {
                    self.headed = headed(first);
                }
                self.nameless = nameless(first, &self.origin);
                self.last = first.number;
                (self.named, self.header) = (true, Some(true));
                self.ahead.pop_front();
            }
        }
        self.settled = true;
        Ok(())
    }

    /// The file's name, if it is text whose encoding was guessed from bytes that are not UTF-8.
    pub(crate) fn guessed(&self) -> Option<String> {
        self.source.text().filter(|text| text.is_guessed()).map(|_| self.origin.to_string())
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.settled
    }

    pub(crate) fn is_named(&self) -> bool {
        self.named
    }

    /// Refuses that the first row is a header here and was none in another file of the archive, or the other way round.
    pub(crate) fn check_header(&self, of: &Member) -> Result<(), TableError> {
        let (Some(here), Some(there)) = (self.header, of.header) else { return Ok(()) };
        if here == there {
            return Ok(());
        }
        let [with, without] = if here { [&self.origin, &of.origin] } else { [&of.origin, &self.origin] };
        let message = format!(
            "has no header and {with} has one: give it the header of the others, or leave it out of the archive if it is no \
             table like them"
        );
        Err(TableError::new(ErrorKind::Malformed, without, message))
    }

    /// Whether a row of the file was taken for the header.
    pub(crate) fn has_header_row(&self) -> bool {
        self.header == Some(true)
    }

    /// Puts the next row into `record` and returns how many blank rows stood before it; `None` at the end.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<Option<u64>, TableError> {
        while self.read()? {
            if self.is_in_table() {
                let blank = self.record.number.saturating_sub(self.last + 1);
                self.last = self.record.number;
                return Ok(Some(blank));
            }
        }
        self.ended = true;
        Ok(None)
    }

    /// Puts the next row into `record`, wherever its cells stand; `false` at the end.
    #[inline]
    fn read(&mut self) -> Result<bool, TableError> {
        if self.ahead.is_empty() {
            Ok(!self.ended && self.source.read(&mut self.record)?)
        } else {
            Ok(self.take_ahead())
        }
    }

    #[cold]
    fn take_ahead(&mut self) -> bool {
        self.ahead.pop_front().map(|record| self.record = record).is_some()
    }

    /// How many columns there are. A sheet's first row may be a title that is narrower than the table below it; in
    /// text the first row counts, and others that differ are rejected.
    pub(crate) fn width(&self) -> usize {
        let first = self.ahead.front().map_or(0, Record::len);
        let widest = self.ahead.iter().map(Record::len).max().unwrap_or(0);
        if self.source.text().is_some() { first } else { widest }
    }
}

/// The cells of a header, trimmed; one without text, or that cannot be read, is named by its letters.
pub(crate) fn names(header: &Record, width: usize) -> Vec<String> {
    let name = |column| match header.cell(column).trim() {
        "" => letters(column),
        name => name.to_owned(),
    };
    let mut names: Vec<_> = (0..width).map(name).collect();
    for column in header.faults.iter().filter_map(|(column, _)| *column) {
        if let Some(name) = names.get_mut(column) {
            *name = letters(column);
        }
    }
    names
}

/// What is wrong with cells of a header, as a sentence.
fn nameless(header: &Record, origin: &Origin) -> Option<String> {
    let mut faults = header.faults.iter().filter_map(|(column, fault)| Some(((*column)?, fault)));
    let (column, fault) = faults.next()?;
    let others = match faults.count() {
        0 => String::new(),
        others => format!("; so are {others} more"),
    };
    let place = origin.locate(header.number, header.line, Some(column));
    let (message, letters) = (&fault.message, letters(column));
    Some(format!("{place}: the column is named {letters}, as its header is no name ({message}){others}"))
}
