//! All that is wrong with the members of a request that was refused: its reader stops at the first fault, so each member is read
//! by itself.

use std::collections::BTreeMap;

use fanpass_model::ProblemItem;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::json::{escape, pointer_of_ignored, shape_error, to_json, unknown_member};

/// Bytes of a body that is read member by member; of a longer one the first fault is told.
const BODY_MAX: usize = 1 << 20;
/// Values of which the first that is taken stands in for a member that is missing, so that the next one is missed as well.
const STAND_INS: [&str; 5] = [r#""custom.key""#, "[]", "{}", "0", "true"];

/// What is wrong with each member of the object by itself, and which are missing.
pub(super) fn faults<T: DeserializeOwned>(body: &[u8]) -> Vec<ProblemItem> {
    if body.len() > BODY_MAX {
        return Vec::new();
    }
    let Ok(members) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(body) else { return Vec::new() };
    let (mut items, mut sound) = (Vec::new(), Vec::new());
    for (name, value) in &members {
        let member = member(name, value.get());
        let (unknown, fault) = fault_of::<T>(name, &member);
        items.extend(unknown);
        match fault {
            Some(fault) => items.push(fault),
            None => sound.push(member),
        }
    }
    while let Some((name, missing)) = missing::<T>(&sound) {
        // One that is wrong is not missed.
        if !members.contains_key(&name) {
            items.push(missing);
        }
        let mut stand_ins = STAND_INS.iter().map(|value| member(&name, value));
        let Some(taken) = stand_ins.find(|member| fault_of::<T>(&name, member).1.is_none()) else { break };
        sound.push(taken);
    }
    items
}

fn member(name: &str, value: &str) -> String {
    format!("{}:{value}", to_json(&name))
}

/// Members that an object of these members has and nobody knows, and what is wrong with it, if anything is.
fn read<T: DeserializeOwned>(members: &[String]) -> (Vec<ProblemItem>, Option<ProblemItem>) {
    let object = format!("{{{}}}", members.join(","));
    let mut unknown = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(&object);
    let read = serde_ignored::deserialize::<_, _, T>(&mut deserializer, |path| {
        unknown.push(unknown_member(pointer_of_ignored(&path)));
    });
    (unknown, read.err().map(|error| shape_error::<T>(object.as_bytes(), &error)))
}

/// The same of one member, whatever is missing beside it.
fn fault_of<T: DeserializeOwned>(name: &str, member: &String) -> (Vec<ProblemItem>, Option<ProblemItem>) {
    let (unknown, fault) = read::<T>(std::slice::from_ref(member));
    let place = format!("/{}", escape(name));
    let is_within = |fault: &ProblemItem| {
        let pointer = fault.pointer.as_deref().unwrap_or_default();
        pointer.strip_prefix(&place).is_some_and(|within| within.is_empty() || within.starts_with('/'))
    };
    (unknown, fault.filter(is_within))
}

/// The first member that is missing beside these.
fn missing<T: DeserializeOwned>(members: &[String]) -> Option<(String, ProblemItem)> {
    let missing = read::<T>(members).1.filter(|fault| fault.code == "missing")?;
    Some((missing.pointer.as_deref()?.strip_prefix('/')?.to_owned(), missing))
}
