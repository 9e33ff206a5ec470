//! Dates in a stated form.

use jiff::civil::{Date, date};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::Offset;

use super::{CellFault, code};

/// How an offset may be written where a form has `%z`, as forms of this library: `+0200`, `+02:00`, `Z`.
const OFFSETS: [&str; 3] = ["%z", "%:z", "Z"];

/// Fractions of a second, which may have any number of digits.
const FRACTIONS: [&str; 2] = ["%.f", "%f"];

/// Reads a date; without a form as ISO 8601 writes it.
pub(super) fn read_date(text: &str, format: Option<&str>) -> Result<Date, CellFault> {
    let read = |format: &str| {
        let read = strtime::parse(format, text).ok()?;
        read.to_date().ok().filter(|_| !has_neighbours(format) || is_padded(&read, format, text))
    };
    let date = match format {
        None => read("%Y-%m-%d").filter(|date| date.to_string() == text),
        Some(format) if format.contains("%z") => {
            OFFSETS.iter().find_map(|offset| read(&format.replace("%z", offset)))
        }
        Some(format) => read(format),
    };
    date.filter(|date| date.year() >= 1000).ok_or_else(|| {
        let form = format.unwrap_or("YYYY-MM-DD");
        CellFault::new(
            code::NOT_DATE,
            format!("the cell is not a date in the form {form} with a year from 1000 on"),
        )
    })
}

/// Whether numbers stand side by side in a form, so that nothing but their digits tells where one ends.
fn has_neighbours(format: &str) -> bool {
    let mut parts = format.split('%').skip(1).peekable();
    let mut is_behind = false;
    while let Some(part) = parts.next() {
        // `%%` is a percent sign.
        if part.is_empty() {
            parts.next();
            is_behind = false;
            continue;
        }
        let is_number = part.starts_with(['d', 'm', 'Y', 'y', 'j', 'H', 'M', 'S', 'I', 'f']);
        if is_behind && is_number {
            return true;
        }
        is_behind = is_number && part.len() == 1;
    }
    false
}

/// Whether all that was read has the digits that its form has, fractions of a second aside.
fn is_padded(read: &BrokenDownTime, format: &str, text: &str) -> bool {
    let format = FRACTIONS
        .into_iter()
        .find_map(|fraction| format.split_once(fraction))
        .map_or(format, |(before, _)| before);
    let begins =
        |written: String| text.get(..written.len()).is_some_and(|text| text.eq_ignore_ascii_case(&written));
    read.to_string(format).is_ok_and(begins)
}

/// Whether a form holds all that a date needs: a date written in it reads as itself.
pub(super) fn is_date_format(format: &str) -> bool {
    // Day, month and the year's halves all differ, so that none can stand in for another.
    write_date(date(2023, 11, 28), format).is_some()
}

/// The date in the given form, if that reads as the same date.
pub(super) fn write_date(date: Date, format: &str) -> Option<String> {
    // An hour that is no day of any month, and an offset for forms that want one. No point in time: 9999-12-31 has none.
    let mut moment = BrokenDownTime::from(date.at(13, 14, 15, 0));
    moment.set_offset(Some(Offset::UTC));
    let written = moment.to_string(format).ok()?;
    read_date(&written, Some(format)).is_ok_and(|read| read == date).then_some(written)
}
