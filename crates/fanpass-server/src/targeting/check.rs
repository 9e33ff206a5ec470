//! What a draft must meet beyond its syntax: its limits, the segments there are, the attributes with their types.

use std::collections::BTreeSet;

use fanpass_model::{AttributeKey, AttributeRegistry, AttributeType, SegmentName};

use super::draft::{ATTRIBUTES_MAX, Missing, Named, SEGMENTS_MAX, Use};
use super::fault::Fault;

/// Notes where the text names too much.
pub(super) fn limits(text: &str, uses: &[Use], faults: &mut Vec<Fault>) {
    let (mut segments, mut attributes) = (BTreeSet::new(), BTreeSet::new());
    for Use { at, of } in uses {
        let (first_past, what) = match of {
            Named::Segment(name) => {
                (segments.insert(name) && segments.len() == SEGMENTS_MAX + 1, (SEGMENTS_MAX, "segments"))
            }
            Named::Attribute(key, _) => {
                let new = attributes.insert(key);
                (new && attributes.len() == ATTRIBUTES_MAX + 1, (ATTRIBUTES_MAX, "attributes"))
            }
        };
        if first_past {
            let message = format!("an expression names {} {} at most", what.0, what.1);
            faults.push(Fault::new(text, *at, "too_many", message));
        }
    }
}

/// Notes what the text names and nobody knows, or uses otherwise than it is.
pub(super) fn names(
    text: &str,
    uses: &[Use],
    registry: &AttributeRegistry,
    missing: &Missing,
    faults: &mut Vec<Fault>,
) {
    for Use { at, of } in uses {
        let wrong = match of {
            Named::Segment(name) => {
                missing.get(name).map(|nearest| ("unknown_segment", no_segment(name, nearest.as_ref())))
            }
            Named::Attribute(key, wanted) => attribute(key, *wanted, registry),
        };
        if let Some((code, message)) = wrong {
            faults.push(Fault::new(text, *at, code, message));
        }
    }
}

fn no_segment(name: &SegmentName, nearest: Option<&SegmentName>) -> String {
    match nearest {
        Some(nearest) => format!("there is no segment `{name}`; did you mean `{nearest}`?"),
        None => format!("there is no segment `{name}`; list the segments to see their names"),
    }
}

fn attribute(
    key: &AttributeKey,
    wanted: Option<AttributeType>,
    registry: &AttributeRegistry,
) -> Option<(&'static str, String)> {
    if let Some(definition) = registry.get(key) {
        let (known, wanted) = (definition.r#type?, wanted?);
        return (known != wanted).then(|| ("wrong_type", mismatch(key, known, wanted)));
    }
    registry.check_key(key).map(|violation| (violation.kind.code(), violation.to_string()))
}

fn mismatch(key: &AttributeKey, known: AttributeType, wanted: AttributeType) -> String {
    use AttributeType::{Boolean, List, Number, String};

    let next = match (known, wanted) {
        (List, String) => format!("write `\"…\" in {key}`"),
        (String, List) => format!("write `{key} == \"…\"` or `{key}.contains(\"…\")`"),
        (Number, String) => "write a number, without quotes".to_owned(),
        (Boolean, _) => "write true or false, without quotes".to_owned(),
        (String, _) => "write text, in quotes".to_owned(),
        _ => "compare it with what it holds".to_owned(),
    };
    format!("{key} takes a {known}, and is used as a {wanted}; {next}")
}
