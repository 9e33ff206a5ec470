//! What the text of a cell becomes: the types of a mapping, and how strictly each reads.

mod dates;
mod stored;

use std::{fmt, str::FromStr};

use fanpass_model::{AttributeType, AttributeValue};
use fanpass_table::Reject;
use serde_json::Number;

use self::dates::{is_date_format, read_date};
pub(crate) use self::stored::StoredCell;
use crate::SyncError;

/// How cells of a column are read.
///
/// | written | a cell | becomes |
/// | --- | --- | --- |
/// | `string` | any text, byte for byte | text |
/// | `boolean`, `bool` | `true`/`false`, `yes`/`no`, `y`/`n`, `t`/`f`, `1`/`0`, and `x` for true, in any case | a boolean |
/// | `integer` | whole numbers from -2^53 to 2^53 as a number writes itself: no `+`, leading zeros or separators | that number |
/// | `decimal`, `number` | digits with or without `.` and a fraction, if a double holds them exactly as written | that number |
/// | `date` | `YYYY-MM-DD` (ISO 8601) | the same text |
/// | `date(FORMAT)` | a date in the given `strptime` form, such as `%d.%m.%Y`; years 1000 to 9999 | `YYYY-MM-DD` |
/// | `list(SEPARATOR)` | entries between separators, trimmed; empty ones are dropped | a list of text |
///
/// In the form of a date, an offset (`%z`) and a time are read and left out: the date is the one written.
///
/// A cell that [stores](fanpass_table::Stored) a number, a date or a list beside its text gives that to the types for it.
///
/// White space around a cell counts for `string` only. Whatever else a cell holds is a reject: nothing is rounded,
/// guessed or cut.
///
/// ```
/// use fanpass_sync::CellType;
///
/// let date: CellType = "date(%d.%m.%Y)".parse()?;
/// assert_eq!(date.read("24.12.2026"), Ok(Some("2026-12-24".into())));
/// assert!(date.read("12/24/2026").is_err());
/// # Ok::<(), fanpass_sync::SyncError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CellType(Form);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Form {
    #[default]
    String,
    Boolean,
    Integer,
    Decimal,
    /// `None`: ISO 8601.
    Date(Option<String>),
    List(String),
}

/// The codes that this crate gives a [`Reject`](fanpass_table::Reject), besides those of
/// [`fanpass_table::code`] and [`fanpass_model::ErrorKind::code`].
pub mod code {
    /// The cell is none of the spellings of true and false.
    pub const NOT_BOOLEAN: &str = "not_boolean";
    /// The cell is not a whole number of 64 bits in its plain form.
    pub const NOT_INTEGER: &str = "not_integer";
    /// The cell is not a decimal number that is exact as a double.
    pub const NOT_DECIMAL: &str = "not_decimal";
    /// The cell is not a date in the stated form.
    pub const NOT_DATE: &str = "not_date";
    /// What was wrong with the row of a reject file is as it was.
    pub const NOT_MENDED: &str = "not_mended";
    /// The id in the row of a reject file was not at fault and is another now.
    pub const ID_CHANGED: &str = "id_changed";
}

/// Why a cell cannot be read as its type. It never repeats the cell, so that it can be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CellFault {
    /// What is wrong, for programs: one of [`code`], or a code of the model for a value past its limits.
    pub code: &'static str,
    /// What is wrong and how to mend it, for people.
    pub message: String,
}

impl CellFault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A cell that cannot be read at all.
impl From<Box<Reject>> for CellFault {
    fn from(reject: Box<Reject>) -> Self {
        Self { code: reject.code, message: reject.message }
    }
}

impl CellType {
    /// Reads a cell that is not blank; `None` if it holds no value after all: a list without entries.
    ///
    /// # Errors
    ///
    /// If the text is not of this type, or the value is past a limit of [`AttributeValue::validate`].
    pub fn read(&self, text: &str) -> Result<Option<AttributeValue>, CellFault> {
        let value = match &self.0 {
            Form::String => text.into(),
            Form::Boolean => boolean(text.trim())?.into(),
            Form::Integer => AttributeValue::Number(integer(text.trim())?),
            Form::Decimal => AttributeValue::Number(decimal(text.trim())?),
            Form::Date(format) => read_date(text.trim(), format.as_deref())?.to_string().into(),
            Form::List(separator) => {
                // White space at the edges may belong to a separator.
                let entries = text.split(separator.as_str()).map(str::trim);
                let entries: Vec<_> = entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
                if entries.is_empty() {
                    return Ok(None);
                }
                entries.into()
            }
        };
        value.validate().map_err(|error| CellFault::new(error.kind().code(), format!("the {error}")))?;
        Ok(Some(value))
    }

    /// The type of the values on the wire.
    pub fn attribute_type(&self) -> AttributeType {
        match self.0 {
            Form::String | Form::Date(_) => AttributeType::String,
            Form::Boolean => AttributeType::Boolean,
            Form::Integer | Form::Decimal => AttributeType::Number,
            Form::List(_) => AttributeType::List,
        }
    }
}

fn boolean(text: &str) -> Result<bool, CellFault> {
    let is = |spellings: &[&str]| spellings.iter().any(|spelling| text.eq_ignore_ascii_case(spelling));
    if is(&["true", "yes", "y", "t", "1", "x"]) {
        Ok(true)
    } else if is(&["false", "no", "n", "f", "0"]) {
        Ok(false)
    } else {
        let message = "the cell is not a boolean: write true/false, yes/no, y/n, t/f, 1/0, or x for true";
        Err(CellFault::new(code::NOT_BOOLEAN, message))
    }
}

/// The number, if it writes itself as the cell does.
fn integer(text: &str) -> Result<Number, CellFault> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = text == "0" || !digits.starts_with(['+', '0']);
    let signed = text.parse::<i64>().map(Number::from);
    let number = signed.or_else(|_| text.parse::<u64>().map(Number::from));
    number.ok().filter(|_| plain).ok_or_else(|| {
        let message = "the cell is not a whole number of 64 bits: write digits only, without separators, sign `+` or \
                       leading zeros, or map the column as string";
        CellFault::new(code::NOT_INTEGER, message)
    })
}

fn decimal(text: &str) -> Result<Number, CellFault> {
    let fault = |why: &str| CellFault::new(code::NOT_DECIMAL, why);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(fraction) {
        return Err(fault("the cell is not a decimal number: write digits with a point, such as 12.5"));
    }
    let exact = || fault("the number would be rounded or lose its zeros or sign: map the column as string");
    let shortest = match fraction.trim_end_matches('0') {
        "" => return integer(whole).map_err(|_| exact()),
        fraction => format!("{whole}.{fraction}"),
    };
    let number = shortest.parse().ok().filter(|number: &f64| number.to_string() == shortest);
    number.and_then(Number::from_f64).ok_or_else(exact)
}

impl FromStr for CellType {
    type Err = SyncError;

    fn from_str(text: &str) -> Result<Self, SyncError> {
        let text = text.trim();
        let argument = text.split_once('(').and_then(|(word, rest)| Some((word, rest.strip_suffix(')')?)));
        let form = match argument {
            None => match text {
                "string" => Form::String,
                "boolean" | "bool" => Form::Boolean,
                "integer" => Form::Integer,
                "decimal" | "number" => Form::Decimal,
                "date" => Form::Date(None),
                "list" => return Err(SyncError::syntax("state the list's separator, such as list(|)")),
                _ => return Err(unknown(text)),
            },
            Some(("list", "")) => {
                return Err(SyncError::syntax("state the list's separator, such as list(|)"));
            }
            Some(("list", separator)) => Form::List(separator.to_owned()),
            Some(("date", format)) if is_date_format(format) => Form::Date(Some(format.to_owned())),
            Some(("date", _)) => {
                let message = "the date's form must give year, month and day, such as date(%d.%m.%Y)";
                return Err(SyncError::syntax(message));
            }
            Some(_) => return Err(unknown(text)),
        };
        Ok(Self(form))
    }
}

fn unknown(text: &str) -> SyncError {
    SyncError::syntax(format!(
        "there is no type {text:?}; the types are string, boolean, integer, decimal, date, date(%d.%m.%Y) and list(|)"
    ))
}

/// As it is written in a mapping.
impl fmt::Display for CellType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::String => f.write_str("string"),
            Form::Boolean => f.write_str("boolean"),
            Form::Integer => f.write_str("integer"),
            Form::Decimal => f.write_str("decimal"),
            Form::Date(None) => f.write_str("date"),
            Form::Date(Some(format)) => write!(f, "date({format})"),
            Form::List(separator) => write!(f, "list({separator})"),
        }
    }
}
