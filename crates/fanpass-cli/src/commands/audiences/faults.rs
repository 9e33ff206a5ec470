//! What is wrong with an expression, shown below the place of each fault.

use std::fmt::Write as _;

use anyhow::Error;
use fanpass_model::{ProblemItem, shown};

use crate::failure::refusal;

/// Characters of a line that are shown before a fault, and from it on; the rest is left out.
const BEFORE: usize = 60;
const BEHIND: usize = 60;

/// The error of a call that sent `expression`; where that has faults, a message that points at them.
pub fn explained(error: fanpass_client::Error, expression: &str) -> Error {
    let items = error.problem().map_or(&[][..], |problem| &problem.errors);
    let faults: Option<Vec<_>> = items.iter().map(|item| Some((item, place(item, expression)?))).collect();
    match faults {
        Some(faults) if !faults.is_empty() => {
            let things = if faults.len() == 1 { "a fault" } else { "faults" };
            let mut message = format!("the expression has {things}; nothing was done");
            for (item, place) in faults {
                point(&mut message, item, place);
            }
            refusal(message, items)
        }
        _ => error.into(),
    }
}

/// The line at whose end an item's fault begins, and what follows on it.
fn place<'e>(item: &ProblemItem, expression: &'e str) -> Option<(&'e str, &'e str)> {
    let offset = usize::try_from(item.offset?).ok()?;
    let (before, behind) = expression.split_at_checked(offset)?;
    let before = before.rsplit('\n').next().unwrap_or_default();
    Some((before, behind.split('\n').next().unwrap_or_default()))
}

fn point(message: &mut String, item: &ProblemItem, (before, behind): (&str, &str)) {
    let (before, behind) = (shown(before), shown(behind));
    let before = match before.char_indices().rev().nth(BEFORE - 1) {
        Some((cut, _)) if cut > 0 => format!("…{}", &before[cut..]),
        _ => before.into_owned(),
    };
    let behind = match behind.char_indices().nth(BEHIND) {
        Some((cut, _)) => format!("{}…", &behind[..cut]),
        None => behind.into_owned(),
    };
    let indent = " ".repeat(before.chars().count());
    // Text always takes what is written to it.
    let _ = write!(message, "\n\n  {before}{behind}\n  {indent}^ {}", shown(&item.detail));
}
