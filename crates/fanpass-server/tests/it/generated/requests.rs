//! Requests as the contract describes them, and what people and programs make of them.

use std::fmt::Write as _;

use fanpass_testkit::Chance;
use serde_json::{Map, Value, json};

use crate::wire::Call;

/// Text that readers have stumbled over.
const TEXTS: [&str; 14] = [
    "fans",
    "00042",
    "fan-7",
    "",
    " ",
    "1e5",
    "TRUE",
    "a\tb\n\0",
    "né\u{301}e",
    "\u{202e}\u{feff}",
    "../..",
    "{}",
    "💥",
    "' OR 1=1 --",
];
const KEYS: [&str; 6] =
    ["user_properties.sth", "custom.tier", "custom.unknown", "user_properties.unknown", "tier", "custom."];
const NUMBERS: [&str; 7] = ["0", "1", "-1", "1.5", "18446744073709551616", "1e400", "-0.0"];

pub struct Operations<'a> {
    contract: &'a Value,
    all: Vec<(&'a str, &'a str, &'a Value)>,
}

impl<'a> Operations<'a> {
    pub fn of(contract: &'a Value) -> Self {
        let paths = contract["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods
                .filter(|(method, _)| ["get", "post", "put", "delete"].contains(&method.as_str()))
                .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        });
        Self { contract, all: all.collect() }
    }

    pub fn request(&self, chance: &mut Chance) -> Call {
        let (path, method, operation) = *chance.pick(&self.all);
        let call = Call::new(&method.to_uppercase(), &self.target(path, operation, chance));
        let Some(contents) = operation["requestBody"]["content"].as_object() else { return call };
        let kinds: Vec<_> = contents.keys().collect();
        let kind = *chance.pick(&kinds);
        let value = self.value(&contents[kind]["schema"], chance);
        if kind == "multipart/form-data" {
            form(call, &value, chance)
        } else {
            body(call, kind, &value, chance)
        }
    }

    /// The path with its parameters: mostly those it knows.
    fn target(&self, path: &str, operation: &Value, chance: &mut Chance) -> String {
        let mut target = path.to_owned();
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolve(parameter);
            let name = parameter["name"].as_str().unwrap();
            let value = match self.value(&parameter["schema"], chance) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            if parameter["in"] == "path" {
                target = target
                    .replace(&format!("{{{name}}}"), &encode(if value.is_empty() { "x" } else { &value }));
            } else if parameter["in"] == "query"
                && (parameter["required"] == true || chance.one_in(2))
                && !chance.one_in(12)
            {
                query.push(format!("{name}={}", encode(&value)));
            }
        }
        if chance.one_in(20) {
            query.push("%zz&=&a=%00".to_owned());
        }
        if query.is_empty() { target } else { format!("{target}?{}", query.join("&")) }
    }

    fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str() {
            Some(reference) => self.contract.pointer(reference.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    /// A value of the schema, or something else in its place once in a while.
    fn value(&self, schema: &Value, chance: &mut Chance) -> Value {
        let schema = self.resolve(schema);
        if chance.one_in(25) {
            return anything(chance, 0);
        }
        if let Some(known) = schema["enum"].as_array() {
            return chance.pick(known).clone();
        }
        let kind = match &schema["type"] {
            Value::String(kind) => kind.as_str(),
            Value::Array(kinds) => chance.pick(kinds).as_str().unwrap(),
            _ => "string",
        };
        match kind {
            "object" => self.object(schema, chance),
            "array" => (0..chance.place(4)).map(|_| self.value(&schema["items"], chance)).collect(),
            "integer" | "number" => json!(chance.place(12)),
            "boolean" => json!(chance.one_in(2)),
            "null" => Value::Null,
            _ if chance.one_in(4) => json!(chance.pick(&TEXTS)),
            _ => json!(chance.pick(&TEXTS[..3])),
        }
    }

    fn object(&self, schema: &Value, chance: &mut Chance) -> Value {
        let mut object = Map::new();
        for (name, schema_of_member) in schema["properties"].as_object().into_iter().flatten() {
            let required =
                schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name));
            if (required || chance.one_in(3)) && !chance.one_in(25) {
                object.insert(name.clone(), self.value(schema_of_member, chance));
            }
        }
        if schema["additionalProperties"].is_object() {
            for _ in 0..=chance.place(3) {
                let key = if chance.one_in(3) { *chance.pick(&KEYS) } else { *chance.pick(&KEYS[..2]) };
                object.insert(key.to_owned(), self.value(&schema["additionalProperties"], chance));
            }
        }
        if chance.one_in(30) {
            object.insert((*chance.pick(&TEXTS)).to_owned(), anything(chance, 0));
        }
        Value::Object(object)
    }
}

/// A body of JSON, seldom spoilt.
fn body(call: Call, kind: &str, value: &Value, chance: &mut Chance) -> Call {
    let mut text = value.to_string();
    match chance.place(60) {
        0 => text.truncate(text.floor_char_boundary(chance.place(text.len() + 1))),
        1 => text.insert(text.floor_char_boundary(chance.place(text.len() + 1)), '\u{0}'),
        2 => text = "[".repeat(2_000),
        3 => text = text.replacen(':', &format!(":{},\"x\":", chance.pick(&NUMBERS)), 1),
        4 => return call.header("content-type", "text/plain").body(text.as_bytes()),
        5 => {
            return call
                .header("content-type", kind)
                .header("content-encoding", "gzip")
                .body(text.as_bytes());
        }
        _ => {}
    }
    call.header("content-type", kind).body(text.as_bytes())
}

/// A form whose parts are the object's members.
fn form(call: Call, value: &Value, chance: &mut Chance) -> Call {
    let mut text = String::new();
    for (name, part) in value.as_object().into_iter().flatten() {
        let content = match part {
            Value::String(content) => content.clone(),
            other => other.to_string(),
        };
        let (file, content) = match name.as_str() {
            "file" => ("; filename=\"ids.csv\"", format!("user_id\n{content}\nfan-1\n")),
            _ => ("", content),
        };
        write!(text, "--XXX\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
            .unwrap();
    }
    text.push_str("--XXX--\r\n");
    if chance.one_in(20) {
        text.truncate(text.floor_char_boundary(chance.place(text.len())));
    }
    call.header("content-type", "multipart/form-data; boundary=XXX").body(text.as_bytes())
}

fn anything(chance: &mut Chance, depth: usize) -> Value {
    match chance.place(if depth < 3 { 7 } else { 5 }) {
        0 => Value::Null,
        1 => json!(chance.one_in(2)),
        2 => NUMBERS[chance.place(5)].parse().unwrap(),
        3 => json!(chance.pick(&TEXTS)),
        4 => json!("long".repeat(chance.place(400))),
        5 => (0..chance.place(4)).map(|_| anything(chance, depth + 1)).collect(),
        _ => {
            let members = (0..chance.place(4))
                .map(|_| ((*chance.pick(&TEXTS)).to_owned(), anything(chance, depth + 1)));
            Value::Object(members.collect())
        }
    }
}

/// Everything but letters and digits by its bytes (RFC 3986).
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        encoded
    })
}
