//! What a mapping would write, and what is to be known of that before it is sent.

use std::collections::BTreeMap;
use std::fmt;

use fanpass_model::{AttributeKey, AttributeRegistry, AttributeValue, UserProperties, ViolationKind, ga4};
use fanpass_sync::{Finding, Mapping};
use serde::{Deserialize, Serialize};

use super::lint::Authority;
use crate::printer::count;

/// Rows by what they would do to one attribute.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Writes {
    /// Rows that give it a value.
    pub set: u64,
    /// Rows that take it off the user's record.
    pub unset: u64,
    #[serde(skip)]
    cut: u64,
}

/// Something to know before a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    pub severity: Severity,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No service would take it.
    Error,
    /// A service may refuse it, or GA4 would not get it as it is.
    Warning,
    /// Cannot be told here.
    Note,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(f, "{severity}: {}", self.message)
    }
}

/// Looks at a mapping, and at each update that it gives.
#[derive(Debug, Clone)]
pub struct Lint {
    writes: BTreeMap<AttributeKey, Writes>,
    remarks: Vec<Remark>,
}

impl Lint {
    /// Looks at a mapping beside a `registry`, which that authority gave, or without one beside what is known of every FanPass.
    pub fn new(mapping: &Mapping, registry: Option<&AttributeRegistry>, authority: Authority<'_>) -> Self {
        let mut unknown = Vec::new();
        let mut remarks = Vec::new();
        let builtin = AttributeRegistry::builtin();
        for finding in mapping.lint(registry.unwrap_or(&builtin)) {
            let mut message = match &finding {
                Finding::Refused(violation) => authority.explain(violation),
                other => other.to_string(),
            };
            let severity = match &finding {
                Finding::Refused(_) if registry.is_some() => Severity::Error,
                Finding::Refused(violation) => {
                    match violation.kind {
                        ViolationKind::Unregistered { .. } => {
                            unknown.push(violation.key.to_string());
                            continue;
                        }
                        ViolationKind::UnknownPlatform { .. } => {
                            // The vendor's own catalogue may be longer than ours.
                            message.push_str(" (unless the FanPass has a longer catalogue: give its list with --attributes)");
                            Severity::Error
                        }
                        _ => Severity::Error,
                    }
                }
                _ => Severity::Warning,
            };
            remarks.push(Remark { severity, message });
        }
        if !unknown.is_empty() {
            let message = format!(
                "not checked whether {} can be written, and with which values: only the service knows, see `fanpass attributes list`",
                unknown.join(", ")
            );
            remarks.push(Remark { severity: Severity::Note, message });
        }
        let writes = mapping.keys().map(|key| (key.clone(), Writes::default())).collect();
        Self { writes, remarks }
    }

    /// Counts what an update would write.
    pub fn look_at(&mut self, properties: &UserProperties) {
        for (key, value) in properties {
            let Some(writes) = self.writes.get_mut(key) else { continue };
            if *value == AttributeValue::Unset {
                writes.unset += 1;
            } else {
                writes.set += 1;
                writes.cut += u64::from(ga4::lint_value(key, value).is_some());
            }
        }
    }

    /// The same where nobody has said what users may carry: the FanPass may know more than is known here.
    #[must_use]
    pub fn in_doubt(mut self) -> Self {
        let errors = self.remarks.iter_mut().filter(|remark| remark.severity == Severity::Error);
        errors.for_each(|remark| remark.severity = Severity::Warning);
        self
    }

    /// What each attribute gets, in rows that were looked at.
    pub const fn writes(&self) -> &BTreeMap<AttributeKey, Writes> {
        &self.writes
    }

    /// What is to be known of the mapping.
    pub fn of_mapping(&self) -> &[Remark] {
        &self.remarks
    }

    /// What is to be known of the values that were looked at.
    pub fn of_values(&self) -> Vec<Remark> {
        let cut = self.writes.iter().filter(|(_, writes)| writes.cut > 0);
        let remark = |(key, Writes { cut, .. }): (&AttributeKey, &Writes)| {
            let values =
                if *cut == 1 { "1 value has".to_owned() } else { format!("{} values have", count(*cut)) };
            let most = ga4::VALUE_MAX_CHARACTERS;
            let message = format!("{key}: {values} more than {most} characters, at which GA4 cuts them");
            Remark { severity: Severity::Warning, message }
        };
        cut.map(remark).collect()
    }

    /// All of it.
    pub fn all(&self) -> Vec<Remark> {
        [self.remarks.clone(), self.of_values()].concat()
    }
}
