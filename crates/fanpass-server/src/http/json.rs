//! JSON bodies, read strictly: a wrong one is answered with the place of each fault and what should stand there.

use fanpass_model::ProblemItem;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;

use super::brief::brief;
use super::members;
use super::problem::{Kind, Problem, item};

/// Reads a request. What it does not know is refused rather than dropped in silence: a misspelt member would
/// otherwise look as if it had been stored.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Serde would take a list for an object's members in order.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid_at("", "wrong_type", "the body is a list; an object is wanted"));
    }
    let mut unknown = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let request =
        serde_ignored::deserialize(&mut deserializer, |path| unknown.push(pointer_of_ignored(&path)))
            .and_then(|request| deserializer.end().map(|()| request));
    match request {
        Ok(request) if unknown.is_empty() => Ok(request),
        Ok(_) => Err(Problem::invalid(unknown.into_iter().map(unknown_member).collect())),
        Err(error) if error.classify() == Category::Data || is_json(body) => {
            let mut items = members::faults::<T>(body);
            let unknown = unknown.into_iter().map(unknown_member);
            for met in unknown.chain([shape_error::<T>(body, &error)]) {
                if items.iter().all(|item| item.pointer != met.pointer) {
                    items.push(met);
                }
            }
            Err(Problem::invalid(items))
        }
        Err(error) => Err(malformed(body, &error)),
    }
}

/// Reads a request that was refused once more, as a looser type, with the members of the request that even that does
/// not know.
pub(crate) fn survey<T: DeserializeOwned>(body: &[u8]) -> Option<(T, Vec<ProblemItem>)> {
    use serde_ignored::Path;

    let mut unknown = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let request = serde_ignored::deserialize(&mut deserializer, |path| {
        if matches!(path, Path::Map { parent: Path::Root, .. }) {
            unknown.push(unknown_member(pointer_of_ignored(&path)));
        }
    });
    Some((request.ok()?, unknown))
}

/// An answer as the wire has it.
pub(crate) fn to_json(answer: &impl Serialize) -> String {
    // Answers are structs of text and numbers, which cannot fail to be written.
    serde_json::to_string(answer).unwrap_or_default()
}

fn malformed(body: &[u8], error: &serde_json::Error) -> Problem {
    if body.is_empty() {
        return Problem::new(Kind::MALFORMED, "the body is empty; send a JSON object");
    }
    Problem::new(Kind::MALFORMED, format!("the body is not JSON: {error}"))
}

pub(super) fn unknown_member(pointer: String) -> ProblemItem {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let detail =
        format!("`{}` is not a member that this operation takes; check its spelling", unescape(name));
    item(pointer, "unknown_member", detail)
}

/// Whether a body is JSON, whatever it says.
fn is_json(body: &[u8]) -> bool {
    str::from_utf8(body).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// Reads once more, slower, to learn where a value of the wrong shape stands.
pub(super) fn shape_error<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> ProblemItem {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let pointer = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(_) => String::new(),
        Err(error) => pointer_of(error.path()),
    };
    // Of a value that is none of a few texts, the reader of JSON says what that of a value that was read says better.
    let again = serde_json::from_slice::<Value>(body).and_then(serde_json::from_value::<T>).err();
    let better = again.filter(|_| error.classify() != Category::Data);
    shape_item(pointer, &better.as_ref().unwrap_or(error).to_string())
}

/// What serde says of a value that is not of the shape asked for, as an item.
pub(crate) fn shape_item(pointer: String, message: &str) -> ProblemItem {
    // serde_json ends each message with a place that the pointer says better.
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("missing field") {
        let name = quoted();
        return missing(format!("{pointer}/{}", escape(name)), name);
    }
    if message.starts_with("duplicate field") {
        let name = quoted();
        let detail = format!("`{name}` stands twice; send it once");
        return item(format!("{pointer}/{}", escape(name)), "duplicate_member", detail);
    }
    if let Some((_, key)) = message.split_once("stands twice in one map: ") {
        let detail = format!("`{key}` stands twice; send it once");
        return item(format!("{pointer}/{}", escape(key)), "duplicate_member", detail);
    }
    for (fault, code) in [("invalid type: ", "wrong_type"), ("invalid value: ", "invalid_value")] {
        let types = message.strip_prefix(fault).and_then(|types| types.rsplit_once(", expected "));
        if let Some((found, wanted)) = types {
            let detail = format!("found {}; {} is wanted", in_words(found), in_words(wanted));
            return item(pointer, code, detail);
        }
    }
    item(pointer, "invalid_value", message.replacen("unknown variant", "found", 1))
}

/// A type of JSON, or a value with its type, that serde calls as Rust does.
fn in_words(serde: &str) -> String {
    match serde.split_once(' ') {
        _ if ["sequence", "a sequence"].contains(&serde) => "a list".to_owned(),
        _ if ["map", "a map"].contains(&serde) => "an object".to_owned(),
        // What stands for one of a few texts.
        _ if serde == "string or map" => "a string".to_owned(),
        _ if ["u32", "u64"].contains(&serde) => "a whole number that is not negative".to_owned(),
        Some(("struct", _)) => "an object".to_owned(),
        Some(("integer", value)) => format!("the number {value}"),
        Some(("floating", value)) => value.replacen("point", "the number", 1),
        Some(("boolean", value)) => format!("the boolean {value}"),
        Some(("string", value)) => format!("the text {value}"),
        _ => serde.to_owned(),
    }
}

/// The members of a request that its operation does not take.
pub(crate) fn unknown_members<'a>(
    names: impl IntoIterator<Item = &'a String>,
    known: &[&str],
) -> Vec<ProblemItem> {
    let unknown = names.into_iter().filter(|name| !known.contains(&name.as_str()));
    unknown.map(|name| unknown_member(format!("/{}", escape(name)))).collect()
}

pub(crate) fn missing(pointer: String, name: &str) -> ProblemItem {
    item(pointer, "missing", format!("`{name}` is missing"))
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;

    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

pub(super) fn pointer_of_ignored(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;

    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}/{index}", pointer_of_ignored(parent)),
        Path::Map { parent, key } => format!("{}/{}", pointer_of_ignored(parent), escape(key)),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            pointer_of_ignored(parent)
        }
    }
}

/// A member's name as a JSON pointer writes it (RFC 6901, section 3), a very long one cut.
pub(crate) fn escape(name: &str) -> String {
    brief(name).replace('~', "~0").replace('/', "~1")
}

fn unescape(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}
