//! The shape of a JSON body, looked at before it is read: how deep it goes and how many members it has.

use super::problem::Problem;
use crate::config::Limits;

/// Refuses JSON that nests too deep or has too many members. What is no JSON is left to whoever reads it.
pub(crate) fn check_shape(body: &[u8], limits: &Limits) -> Result<(), Problem> {
    let (mut depth, mut members) = (0_usize, 0_usize);
    let mut rest = body;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => rest = behind_text(rest),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' => members += 1,
            _ => {}
        }
        if depth > limits.json_depth {
            let detail = format!(
                "objects and lists stand more than {} deep inside each other, the most that is taken",
                limits.json_depth
            );
            return Err(Problem::invalid_at("", "too_deep", detail));
        }
        if members > limits.json_members {
            let detail = format!(
                "the body has more than {} members, the most that is taken; send less at a time",
                limits.json_members
            );
            return Err(Problem::invalid_at("", "too_many_members", detail));
        }
    }
    Ok(())
}

/// What follows the text whose opening quote stands before `rest`.
fn behind_text(mut rest: &[u8]) -> &[u8] {
    while let Some(place) = memchr::memchr2(b'"', b'\\', rest) {
        let (stop, after) = rest.split_at_checked(place).map_or((None, rest), |(_, at)| (at.first(), at));
        rest = match stop {
            Some(b'"') => return after.get(1..).unwrap_or_default(),
            _ => after.get(2..).unwrap_or_default(),
        };
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str, depth: usize, members: usize) -> bool {
        let limits = Limits { json_depth: depth, json_members: members, ..Limits::default() };
        check_shape(body.as_bytes(), &limits).is_err()
    }

    #[test]
    fn what_stands_in_text_does_not_count() {
        let body = r#"{"a[{\"":"b:\\","c":["]]"]}"#;
        assert!(!refused(body, 2, 2));
        assert!(refused(body, 1, 2));
        assert!(refused(body, 2, 1));
    }

    #[test]
    fn what_is_no_json_is_left_to_the_reader() {
        for body in ["", "\"open", "\"\\", "]]}}", "{\"a\":1}]"] {
            assert!(!refused(body, 1, 1), "{body}");
        }
    }
}
