//! Which byte stands between cells, and whether the table begins with the first row.

use super::{
    sniff::without_marks,
    split::{Cells, Dialect, Split, split},
};
use crate::{ErrorKind, TableError, columns::is_id_name, origin::Origin};

/// Records that are looked at.
const RECORDS: usize = 100;

const DELIMITERS: [u8; 4] = *b",;\t|";

/// A file's beginning, of which nothing is known but how its lines end.
pub(super) struct Head<'a> {
    pub(super) bytes: &'a [u8],
    /// Nothing follows.
    pub(super) is_whole: bool,
    pub(super) terminator: u8,
    /// Lines that stand before it.
    pub(super) lines: u64,
}

impl Head<'_> {
    /// The stated delimiter, or the one of the first row that gives most of the following rows as many cells as that row has.
    ///
    /// A byte that is not in the first row (outside quotes) is no delimiter, and one by which quotes of the first row stand
    /// where none may is only taken for want of another: it is text inside a quoted cell. Without any, the file has one
    /// column.
    ///
    /// `is_start` says that the table begins here; else it is an error if it seems to begin further down.
    pub(super) fn delimiter(
        &self,
        stated: Option<u8>,
        is_start: bool,
        origin: &Origin,
    ) -> Result<u8, TableError> {
        let tried = stated.as_ref().map_or(&DELIMITERS[..], std::slice::from_ref);
        let surveys: Vec<_> = tried.iter().map(|&delimiter| self.survey(delimiter)).collect();
        let mut fits: Vec<_> = surveys.iter().filter_map(|survey| Some((survey.fit()?, survey))).collect();
        fits.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        if let [.., (below, one), (best, other)] = fits.as_slice()
            && below == best
        {
            let message = format!(
                "the cells may be separated by {:?} or by {:?}: state the delimiter",
                char::from(one.delimiter),
                char::from(other.delimiter)
            );
            return Err(TableError::new(ErrorKind::AmbiguousDelimiter, origin, message));
        }
        let best = fits.last();
        let is_certain = is_start
            || best.is_some_and(|(fit, survey)| fit.rows * 2 > survey.rows.len())
            || surveys.iter().any(|survey| survey.rows.first().is_some_and(|row| row.names_ids));
        if !is_certain
            && let Some((row, survey)) =
                surveys.iter().filter_map(Survey::below).max_by_key(|(row, _)| row.names_ids)
        {
            return Err(survey.begins_at(row, origin));
        }
        Ok(best.map_or(stated.unwrap_or(b','), |(_, survey)| survey.delimiter))
    }

    /// The first rows as they are if `delimiter` stands between cells.
    fn survey(&self, delimiter: u8) -> Survey {
        let mut cells = Cells::default();
        let (mut rest, mut line, mut rows) = (self.bytes, self.lines + 1, Vec::new());
        let dialect = Dialect { delimiter, terminator: self.terminator };
        for _ in 0..RECORDS {
            cells.bytes.clear();
            cells.ends.clear();
            rest = without_marks(rest);
            let Split::Record { consumed, lines, fault } = split(rest, self.is_whole, dialect, &mut cells)
            else {
                break;
            };
            rest = &rest[consumed..];
            if !cells.bytes.trim_ascii().is_empty() {
                rows.push(Row::new(line, &cells, fault.is_none()));
            } else if rest.is_empty() {
                break;
            }
            line += lines;
        }
        Survey { delimiter, rows }
    }
}

/// That the table seems to begin at a row below the first; `what` says by what it seems so.
pub(crate) fn begins_below(origin: &Origin, row: u64, line: Option<u64>, what: &str) -> TableError {
    let (unit, above) = line.map_or(("rows", row), |line| ("lines", line));
    let message = format!(
        "the table seems to begin here: {what}. State how many {unit} stand above it, {} or, if they are part of it, 0; or take \
         them out of the file",
        above.saturating_sub(1)
    );
    TableError::new(ErrorKind::AmbiguousStart, origin.locate(row, line, None), message)
}

struct Survey {
    delimiter: u8,
    /// Those that are not blank.
    rows: Vec<Row>,
}

struct Row {
    /// Where it begins; 1 is the file's first line.
    line: u64,
    cells: usize,
    /// The same, without empty ones at the end.
    filled: usize,
    /// All quotes stand where they may.
    is_sound: bool,
    /// A cell is the name of a column of ids.
    names_ids: bool,
}

impl Row {
    fn new(line: u64, cells: &Cells, is_sound: bool) -> Self {
        let mut row = Self { line, cells: cells.ends.len(), filled: 0, is_sound, names_ids: false };
        for (at, cell) in cells.iter().enumerate() {
            let cell = cell.trim_ascii();
            if !cell.is_empty() {
                row.filled = at + 1;
            }
            row.names_ids |= std::str::from_utf8(cell).is_ok_and(is_id_name);
        }
        row
    }
}

/// How well a delimiter fits; the greater, the better.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// The quotes of the first row stand where they may.
    is_quoted_well: bool,
    /// Sound rows that have as many cells as the first.
    rows: usize,
    /// How many cells those are.
    width: usize,
}

impl Survey {
    /// `None` if the first row has one cell.
    fn fit(&self) -> Option<Fit> {
        let first = self.rows.first().filter(|first| first.cells > 1)?;
        let same = self.rows.iter().filter(|row| row.is_sound && row.cells == first.cells);
        Some(Fit { is_quoted_well: first.is_sound, rows: same.count(), width: first.cells })
    }

    /// The row at which the table seems to begin: one of several cells that names a column of ids, or the first with more cells
    /// than the first row and as many as most have from there on, one other at least.
    fn below(&self) -> Option<(&Row, &Self)> {
        let (first, behind) = self.rows.split_first()?;
        let named = behind.iter().find(|row| row.names_ids && row.filled > 1);
        let rows_of = |width: usize| behind.iter().filter(move |row| row.filled == width).count();
        let common = || {
            let wider = behind.iter().filter(|row| row.filled > first.filled);
            let width = wider.map(|row| row.filled).max_by_key(|&width| rows_of(width))?;
            let at = behind.iter().position(|row| row.filled == width)?;
            let rows = rows_of(width);
            (rows > 1 && rows * 2 > behind.len() - at).then(|| &behind[at])
        };
        named.or_else(common).map(|row| (row, self))
    }

    /// That the table seems to begin at that row.
    fn begins_at(&self, row: &Row, origin: &Origin) -> TableError {
        let delimiter = char::from(self.delimiter);
        let what = if row.names_ids {
            format!("the row is a header with {delimiter:?} between its cells, and the first row is none")
        } else {
            format!(
                "most rows have {} cells with {delimiter:?} between them, and the first has fewer",
                row.filled
            )
        };
        begins_below(origin, row.line, Some(row.line), &what)
    }
}
