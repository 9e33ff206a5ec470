//! Names of columns, and which of them holds the ids.

use crate::{ErrorKind, TableError, origin::Origin, origin::quoted};

/// Headers that name a column of user ids, compared without case, spaces, `-`, `_` and `.`.
pub(crate) const ID_NAMES: [&str; 14] = [
    "id",
    "uid",
    "userid",
    "useridentifier",
    "fanid",
    "externalid",
    "externaluserid",
    "crmid",
    "customerid",
    "memberid",
    "accountid",
    "personid",
    "fanreachid",
    "firebaseuserid",
];

/// How many columns an error lists.
const LISTED: usize = 30;

/// True if the header is one that names a column of user ids.
pub(crate) fn is_id_name(header: &str) -> bool {
    let plain = plain(header);
    ID_NAMES.contains(&plain.as_str())
}

fn plain(header: &str) -> String {
    header
        .chars()
        .filter(|c| !c.is_whitespace() && !"-_.".contains(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The letters by which a spreadsheet names a column: `A` is 0, `AA` is 26.
pub(crate) fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        letters.push(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest % 26]);
        match rest / 26 {
            0 => break,
            above => rest = above - 1,
        }
    }
    letters.iter().rev().map(|&letter| char::from(letter)).collect()
}

/// Which column is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selector {
    /// The only column, or the only recognised header.
    Recognised,
    Name(String),
    /// 0 is the first column; written `#1`.
    Position(usize),
}

impl Selector {
    pub(crate) fn parse(column: Option<&str>) -> Self {
        let Some(column) = column else { return Self::Recognised };
        let position = column.strip_prefix('#').and_then(|number| number.parse::<usize>().ok());
        match position.and_then(|position| position.checked_sub(1)) {
            Some(position) => Self::Position(position),
            None => Self::Name(column.trim().to_owned()),
        }
    }

    /// Whether the cell, of a row that may be a header, names the column.
    pub(crate) fn is_header(&self, cell: &str) -> bool {
        match self {
            Self::Name(name) => cell == name || plain(cell) == plain(name),
            Self::Recognised | Self::Position(_) => is_id_name(cell),
        }
    }

    /// The columns that may be meant. A column without a header is called by its letters, which are no header: they are
    /// never recognised, and mean the column only where no header is called so.
    pub(crate) fn candidates(&self, columns: &[String]) -> Vec<usize> {
        let is_header = |column: &usize| columns[*column] != letters(*column);
        match self {
            Self::Position(position) => {
                (*position < columns.len()).then_some(*position).into_iter().collect()
            }
            Self::Recognised if columns.len() == 1 => vec![0],
            Self::Recognised => positions(columns, is_id_name).into_iter().filter(is_header).collect(),
            Self::Name(name) => {
                let mut exact = positions(columns, |column| column == name);
                exact.retain(is_header);
                if !exact.is_empty() {
                    return exact;
                }
                let wanted = plain(name);
                let (headers, letters): (Vec<_>, Vec<_>) =
                    positions(columns, |column| plain(column) == wanted).into_iter().partition(is_header);
                if headers.is_empty() { letters } else { headers }
            }
        }
    }

    /// The column among `columns`.
    pub(crate) fn find(&self, columns: &[String], origin: &Origin) -> Result<usize, TableError> {
        let fail = |kind, message: String| {
            Err(TableError::new(
                kind,
                origin,
                format!("{message}; the columns are {}", list_columns(columns)),
            ))
        };
        let matches = self.candidates(columns);
        let wanted = match self {
            Self::Position(position) if matches.is_empty() => {
                return fail(ErrorKind::UnknownColumn, format!("there is no column #{}", position + 1));
            }
            Self::Recognised if matches.is_empty() => {
                let message = "no column is recognised as the id: name the id column by its header, or by position as #N";
                return fail(ErrorKind::AmbiguousColumn, message.to_owned());
            }
            Self::Name(name) if matches.is_empty() => {
                return fail(ErrorKind::UnknownColumn, format!("there is no column {}", quoted(name)));
            }
            Self::Name(name) => format!("are named {}", quoted(name)),
            Self::Position(_) | Self::Recognised => "may hold the ids".to_owned(),
        };
        match matches.as_slice() {
            [only] => Ok(*only),
            several => {
                let numbers: Vec<_> = several.iter().map(|column| format!("#{}", column + 1)).collect();
                let message = format!(
                    "several columns {wanted} ({}): name the id column by position, as #N",
                    numbers.join(", ")
                );
                fail(ErrorKind::AmbiguousColumn, message)
            }
        }
    }
}

/// The columns that `column` may mean, in order; one if it is clear.
///
/// `column` is the header's text, or `#1`, `#2`, … for a position. Text that no header equals is compared without case,
/// spaces, `-`, `_` and `.`. `None` means the column of the user ids: the only column, or those whose header is
/// recognised as naming user ids.
///
/// ```
/// let columns = ["fan_id".to_owned(), "Tier".to_owned()];
/// assert_eq!(fanpass_table::find_columns(&columns, Some("tier")), [1]);
/// assert_eq!(fanpass_table::find_columns(&columns, None), [0]);
/// ```
pub fn find_columns(columns: &[String], column: Option<&str>) -> Vec<usize> {
    Selector::parse(column).candidates(columns)
}

fn positions(columns: &[String], wanted: impl Fn(&str) -> bool) -> Vec<usize> {
    (0..columns.len()).filter(|&column| wanted(&columns[column])).collect()
}

/// The columns by position and name, for a person to choose from: `#1 "fan_id", #2 "tier"`.
///
/// Long lists and names are cut short, and control characters are escaped.
pub fn list_columns(columns: &[String]) -> String {
    let mut shown: Vec<_> = columns
        .iter()
        .take(LISTED)
        .enumerate()
        .map(|(position, name)| {
            let name: String = name.chars().take(40).collect();
            format!("#{} {}", position + 1, quoted(&name))
        })
        .collect();
    if let Some(more) = columns.len().checked_sub(LISTED).filter(|&more| more > 0) {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}
