//! Query parameters, each wrong one named.

use fanpass_model::{AttributeKey, AudienceName, ImportId, ModelError, ProblemItem, SegmentName, UserId};
use http::Uri;
use percent_encoding::percent_decode;

use super::problem::{Problem, item};

/// Entries of a page when the caller names no number, and the most it may name, as the contract has it.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1000;
const LIMIT: &str = "limit";

/// The parameters of one request.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads the query. `known` lists what the operation takes; anything else is refused, as in a body.
    pub(crate) fn of(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let (mut parameters, mut items) = (Vec::<(String, String)>::new(), Vec::new());
        for (name, value) in fields(uri.query().unwrap_or_default().as_bytes()) {
            if parameters.iter().any(|(earlier, _)| *earlier == name) {
                items.push(item(&name, "duplicate_parameter", format!("`{name}` stands twice")));
            } else if !known.contains(&name.as_str()) {
                items.push(item(&name, "unknown_parameter", unknown(&name, known)));
            } else if value.is_none() {
                let detail = format!(
                    "`{name}` is not UTF-8, or has a `%` that begins no escape; percent-encode the bytes of its text in UTF-8"
                );
                items.push(item(&name, "not_utf8", detail));
            } else if name == LIMIT && value.as_deref().is_some_and(|text| page_length(text).is_none()) {
                items.push(item(LIMIT, "invalid_value", wrong_limit()));
            }
            parameters.push((name, value.unwrap_or_default()));
        }
        if items.is_empty() { Ok(Self(parameters)) } else { Err(Problem::invalid(items)) }
    }

    /// A number that a page before has given as its `next`.
    pub(crate) fn after_number(&self) -> Result<Option<i64>, Problem> {
        let parse = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
        let wrong =
            || Problem::invalid_at("after", "invalid_value", "`after` is the `next` of the page before");
        self.get("after").map(|text| parse(text).ok_or_else(wrong)).transpose()
    }

    /// A parameter that may be any text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    pub(crate) fn segment_name(&self) -> Result<SegmentName, Problem> {
        self.required("segmentName", |text| SegmentName::new(text))
    }

    pub(crate) fn user_id(&self) -> Result<UserId, Problem> {
        self.required("userId", |text| UserId::new(text))
    }

    pub(crate) fn audience_name(&self) -> Result<AudienceName, Problem> {
        self.required("audienceName", |text| AudienceName::new(text))
    }

    pub(crate) fn attribute_key(&self) -> Result<AttributeKey, Problem> {
        self.required("key", |text| AttributeKey::new(text.to_owned()))
    }

    pub(crate) fn import_id(&self) -> Result<ImportId, Problem> {
        self.required("importId", |text| ImportId::new(text))
    }

    /// A yes or no that may be left out.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Problem> {
        let wrong = |_| Problem::invalid_at(name, "invalid_value", format!("`{name}` is `true` or `false`"));
        self.get(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// How many entries the page is to have.
    pub(crate) fn limit(&self) -> u32 {
        self.get(LIMIT).and_then(page_length).unwrap_or(PAGE_DEFAULT)
    }

    /// A parameter that may be left out.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, ModelError>,
    ) -> Result<Option<T>, Problem> {
        let invalid = |error: ModelError| Problem::invalid_at(name, error.kind().code(), error.to_string());
        self.get(name).map(|text| parse(text).map_err(invalid)).transpose()
    }

    /// A parameter that has to be there.
    pub(crate) fn required<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, ModelError>,
    ) -> Result<T, Problem> {
        self.optional(name, parse)?
            .ok_or_else(|| Problem::invalid_at(name, "missing", format!("the parameter `{name}` is missing")))
    }
}

/// The names and values of a query or a form; no value where either is not UTF-8, or escaped wrongly: what would take its place
/// is another text.
pub(crate) fn fields(encoded: &[u8]) -> impl Iterator<Item = (String, Option<String>)> {
    let raw = encoded.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
    form_urlencoded::parse(encoded).into_owned().zip(raw).map(|((name, value), raw)| {
        let is_text = is_escaped_well(raw) && percent_decode(raw).decode_utf8().is_ok();
        (name, is_text.then_some(value))
    })
}

/// Whether each `%` is followed by two hexadecimal digits.
fn is_escaped_well(raw: &[u8]) -> bool {
    let mut escapes = raw.split(|byte| *byte == b'%').skip(1);
    escapes.all(
        |escape| matches!(escape, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()),
    )
}

/// How many entries a page is to have, if that is possible.
fn page_length(text: &str) -> Option<u32> {
    text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit))
}

fn wrong_limit() -> String {
    format!("`{LIMIT}` is a whole number from 1 to {PAGE_MAX}")
}

fn unknown(name: &str, known: &[&str]) -> String {
    let takes = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("`{name}` is not a parameter of this operation; it takes {takes}")
}

/// Where a page that a body asks for begins and how many entries it has, with what is wrong with that among `items`.
pub(crate) fn page_of(
    after: Option<&str>,
    limit: Option<u32>,
    items: &mut Vec<ProblemItem>,
) -> (Option<UserId>, u32) {
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        items.push(item("/limit", "invalid_value", wrong_limit()));
    }
    let after = after.map(UserId::new).transpose().unwrap_or_else(|error| {
        items.push(item("/after", error.kind().code(), error.to_string()));
        None
    });
    (after, limit)
}

/// Cuts a page to its length and says whether there was more.
pub(crate) fn cut<T>(entries: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > limit;
    entries.truncate(limit);
    more
}
