//! Which label each segment has in Firebase.
//!
//! Firebase documents no limit of labels ("can be short", <https://firebase.google.com/docs/projects/import-segments>); the
//! rules here are this tool's own, so that a label needs no quotes anywhere.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::Result;
use fanpass_model::SegmentName;

use crate::exit::Exit;
use crate::failure::failure;

/// Characters of a label, at most.
const LABEL_MAX: usize = 64;
/// Segments of one export, at most: of each a page of ids is held in memory.
const SEGMENTS_MAX: usize = 64;

/// A label as it is given to a segment on the command line.
#[derive(Debug, Clone)]
pub struct LabelOf {
    segment: SegmentName,
    label: String,
}

impl FromStr for LabelOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (segment, label) = text.rsplit_once('=').ok_or("write SEGMENT=LABEL")?;
        let segment = SegmentName::new(segment).map_err(|error| error.to_string())?;
        Ok(Self { segment, label: label.to_owned() })
    }
}

/// A segment under its label.
#[derive(Debug)]
pub struct Labelled {
    pub segment: SegmentName,
    pub label: String,
}

/// The segments with their labels, or everything that is wrong with them.
pub fn labelled(segments: &[SegmentName], labels: &[LabelOf]) -> Result<Vec<Labelled>> {
    let mut wrong = Vec::new();
    if segments.len() > SEGMENTS_MAX {
        wrong.push(format!("{} segments are named; one export takes {SEGMENTS_MAX}", segments.len()));
    }
    let mut given: BTreeMap<&SegmentName, &str> = BTreeMap::new();
    for LabelOf { segment, label } in labels {
        if !segments.contains(segment) {
            wrong.push(format!("--label names segment {segment}, which no --segment does"));
        }
        if given.insert(segment, label).is_some() {
            wrong.push(format!("segment {segment} has two labels; keep one"));
        }
    }
    let mut owners: BTreeMap<&str, &SegmentName> = BTreeMap::new();
    let mut labelled = Vec::new();
    for segment in segments {
        let label = given.get(segment).copied().unwrap_or_else(|| segment.as_str());
        wrong.extend(fault(segment, label));
        match owners.insert(label, segment) {
            Some(other) if other == segment => wrong.push(format!("segment {segment} is named twice")),
            Some(other) => {
                wrong.push(format!("segments {other} and {segment} have the label {label:?} both"));
            }
            None => labelled.push(Labelled { segment: segment.clone(), label: label.to_owned() }),
        }
    }
    if wrong.is_empty() { Ok(labelled) } else { Err(failure(Exit::Usage, wrong.join("; "))) }
}

fn fault(segment: &SegmentName, label: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if (1..=LABEL_MAX).contains(&label.len()) && label.chars().all(plain) {
        return None;
    }
    let like: String = label.chars().map(|c| if plain(c) { c.to_ascii_lowercase() } else { '_' }).collect();
    let like: String = like.trim_matches('_').chars().take(LABEL_MAX).collect();
    let like = if like.is_empty() { "segment_1".to_owned() } else { like };
    Some(format!(
        "{label:?} is no label: use 1 to {LABEL_MAX} letters, digits, `_` and `-`, such as --label '{segment}={like}'"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(segments: &[&str], labels: &[&str]) -> Result<Vec<String>, String> {
        let segments: Vec<_> = segments.iter().map(|name| SegmentName::new(*name).unwrap()).collect();
        let labels: Vec<LabelOf> = labels.iter().map(|label| label.parse().unwrap()).collect();
        let labelled = labelled(&segments, &labels).map_err(|error| error.to_string())?;
        Ok(labelled.into_iter().map(|Labelled { segment, label }| format!("{segment}={label}")).collect())
    }

    #[test]
    fn a_label_is_the_segments_name_unless_given() {
        assert_eq!(told(&["vip", "a=b"], &["a=b=ab"]), Ok(vec!["vip=vip".to_owned(), "a=b=ab".to_owned()]));
    }

    #[test]
    fn everything_wrong_is_told_with_a_label_that_would_do() {
        let wrong =
            told(&["North Stand", "vip", "vip", "Süd", "x", "☂"], &["x=vip", "away=a", "vip=vip", "vip=v2"]);
        insta::assert_snapshot!(wrong.unwrap_err().replace("; ", ";\n"));
    }
}
