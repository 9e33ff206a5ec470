//! How large a segment was over time, as points of a drawing.

use fanpass_model::{ImportMode, ImportState, ImportStatus};
use jiff::Timestamp;

use super::show::count;

/// The drawing's own units; the page scales it.
const WIDTH: i64 = 600;
const HEIGHT: i64 = 120;
/// Kept free around the line.
const MARGIN: i64 = 6;

/// A line of sizes over time.
pub(super) struct Chart {
    pub(super) width: i64,
    pub(super) height: i64,
    /// Of the line, as SVG wants them.
    pub(super) line: String,
    /// Of the area below it.
    pub(super) area: String,
    /// The same in words, for who cannot see it.
    pub(super) words: String,
    /// The days on which it begins and ends.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) highest: String,
}

impl Chart {
    /// Of sizes in the order of time, the last of which holds until `now`; nothing is drawn of none.
    pub(super) fn of(mut sizes: Vec<(Timestamp, u64)>, now: Timestamp) -> Option<Self> {
        let (latest, is) = *sizes.last()?;
        let (first, was) = *sizes.first()?;
        let last = now.max(latest);
        sizes.push((last, is));
        let highest = sizes.iter().map(|(_, size)| *size).max().unwrap_or(0);
        let lowest = sizes.iter().map(|(_, size)| *size).min().unwrap_or(0);
        let (begin, end) = (first.as_second(), last.as_second());
        let points = sizes.iter().enumerate().map(|(place, (at, size))| {
            // Changes of one second stand beside each other.
            let x = if end > begin {
                share(at.as_second() - begin, end - begin, WIDTH - 2 * MARGIN)
            } else {
                share(
                    i64::try_from(place).unwrap_or(0),
                    i64::try_from(sizes.len() - 1).unwrap_or(1),
                    WIDTH - 2 * MARGIN,
                )
            };
            let y = share(number(*size), number(highest), HEIGHT - 2 * MARGIN);
            (MARGIN + x, HEIGHT - MARGIN - y)
        });
        let line = stairs(points);
        let words = format!(
            "Members from {} ({}) to {} ({}); at least {}, at most {}",
            day(first),
            count(was),
            day(last),
            count(is),
            count(lowest),
            count(highest),
        );
        let area = format!(
            "{MARGIN},{bottom} {line} {right},{bottom}",
            bottom = HEIGHT - MARGIN,
            right = WIDTH - MARGIN
        );
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            line,
            area,
            words,
            from: day(first),
            to: day(last),
            highest: count(highest),
        })
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// A size is what it is until the next.
fn stairs(points: impl Iterator<Item = (i64, i64)>) -> String {
    let mut steps = Vec::new();
    let mut before = None;
    for (x, y) in points {
        steps.extend(before.map(|before| format!("{x},{before}")));
        steps.push(format!("{x},{y}"));
        before = Some(y);
    }
    steps.join(" ")
}

fn share(part: i64, whole: i64, of: i64) -> i64 {
    i128::from(part)
        .saturating_mul(i128::from(of))
        .checked_div(i128::from(whole))
        .and_then(|share| i64::try_from(share).ok())
        .unwrap_or(0)
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The sizes that imports of one segment have made, oldest first, as far as they can be told: `imports` are the newest ones,
/// newest first, and `known` says how many members some of them left.
pub(super) fn sizes(imports: &[ImportStatus], known: impl Fn(&str) -> Option<u64>) -> Vec<(Timestamp, u64)> {
    let published: Vec<_> = imports.iter().rev().filter_map(|import| step(import, &known)).collect();
    let mut sizes: Vec<Option<u64>> = Vec::with_capacity(published.len());
    for step in &published {
        let before = sizes.last().copied().flatten();
        sizes.push(step.size.or_else(|| before.and_then(|before| before.checked_add_signed(step.change?))));
    }
    // What is known only of a later one tells the earlier ones.
    for place in (1..sizes.len()).rev() {
        if sizes[place - 1].is_none() {
            let change = published[place].change.and_then(i64::checked_neg);
            sizes[place - 1] = sizes[place].and_then(|after| after.checked_add_signed(change?));
        }
    }
    published.iter().zip(sizes).filter_map(|(step, size)| Some((step.at, size?))).collect()
}

/// What one import did to the size.
struct Step {
    at: Timestamp,
    /// How many members it left, if that is known by itself.
    size: Option<u64>,
    /// How many more than before, if that is.
    change: Option<i64>,
}

fn step(import: &ImportStatus, known: impl Fn(&str) -> Option<u64>) -> Option<Step> {
    let at = import.completed_at.as_deref()?.parse().ok()?;
    // One with a message completed without being needed.
    if import.status != ImportState::Completed || import.message.is_some() {
        return None;
    }
    let size = import.firebase_imported_segment_id.as_ref().and_then(|id| known(id.as_str()));
    let change = import.changed_members.and_then(|changed| i64::try_from(changed).ok());
    Some(match import.mode {
        Some(ImportMode::Append) => Step { at, size, change },
        Some(ImportMode::Remove) => Step { at, size, change: change.and_then(i64::checked_neg) },
        Some(ImportMode::Replace) => Step { at, size: size.or(import.imported_rows), change: None },
        Some(ImportMode::Delete) => Step { at, size: Some(0), change: None },
        _ => Step { at, size, change: None },
    })
}

#[cfg(test)]
mod tests {
    use fanpass_model::ImportId;

    use super::*;

    fn import(number: i64, mode: &str, rows: Option<u64>, changed: Option<u64>) -> ImportStatus {
        let mut status = ImportStatus::new(ImportState::Completed);
        status.firebase_imported_segment_id = Some(ImportId::new(number.to_string()).unwrap());
        status.mode = Some(mode.to_owned().into());
        (status.imported_rows, status.changed_members) = (rows, changed);
        status.completed_at = Some(Timestamp::from_second(number).unwrap().to_string());
        status
    }

    fn told(newest_first: &[ImportStatus], known: &[(&str, u64)]) -> Vec<(i64, u64)> {
        let known = |id: &str| known.iter().find(|(known, _)| *known == id).map(|(_, size)| *size);
        sizes(newest_first, known).into_iter().map(|(at, size)| (at.as_second(), size)).collect()
    }

    #[test]
    fn each_mode_makes_its_size_of_the_one_before() {
        let imports = [
            import(6, "replace", Some(7), None),
            import(5, "delete", None, None),
            import(4, "rollback", None, None),
            import(3, "remove", Some(40), Some(30)),
            import(2, "append", Some(25), Some(20)),
            import(1, "replace", Some(100), None),
        ];
        assert_eq!(told(&imports, &[]), [(1, 100), (2, 120), (3, 90), (5, 0), (6, 7)]);
        assert_eq!(told(&imports, &[("4", 120)]), [(1, 100), (2, 120), (3, 90), (4, 120), (5, 0), (6, 7)]);
    }

    #[test]
    fn what_is_known_at_the_end_tells_what_was_before() {
        let imports = [
            import(3, "remove", None, Some(5)),
            import(2, "append", None, Some(10)),
            import(1, "append", None, Some(1)),
        ];
        assert_eq!(told(&imports, &[("3", 100)]), [(1, 95), (2, 105), (3, 100)]);
        assert!(told(&imports, &[]).is_empty());
    }

    #[test]
    fn a_line_stays_within_its_drawing() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let line = |sizes: &[(i64, u64)], now| {
            let sizes = sizes.iter().map(|(second, size)| (at(*second), *size)).collect();
            Chart::of(sizes, at(now)).map(|chart| chart.line)
        };
        assert_eq!(line(&[], 9), None);
        assert_eq!(line(&[(0, 5)], 20).unwrap(), "6,6 594,6 594,6");
        assert_eq!(line(&[(0, 0), (10, u64::MAX)], 20).unwrap(), "6,114 300,114 300,6 594,6 594,6");
        assert_eq!(line(&[(7, 1), (7, 2)], 7).unwrap(), "6,60 300,60 300,6 594,6 594,6");
        assert_eq!(line(&[(0, 0)], 0).unwrap(), "6,114 594,114 594,114");
    }
}
