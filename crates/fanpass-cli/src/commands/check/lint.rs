//! What a mapping would write, and what is wrong with it as far as that can be known without a service.

use std::collections::BTreeMap;

use fanpass_model::{AttributeKey, AttributeRegistry, AttributeValue, UserProperties, ViolationKind, ga4};
use fanpass_sync::{Finding, Mapping};
use serde::Serialize;

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
#[derive(Debug, Serialize)]
pub struct Remark {
    pub severity: Severity,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No service would take it.
    Error,
    /// A service may refuse it, or GA4 would not get it as it is.
    Warning,
    /// Cannot be told here.
    Note,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Looks at a mapping, and at each update that it gives.
#[derive(Debug)]
pub struct Lint {
    writes: BTreeMap<AttributeKey, Writes>,
    remarks: Vec<Remark>,
}

impl Lint {
    /// Looks at a mapping beside a `registry`, or without one beside what is known of every FanPass.
    pub fn new(mapping: &Mapping, registry: Option<&AttributeRegistry>) -> Self {
        let mut unknown = Vec::new();
        let mut remarks = Vec::new();
        let builtin = AttributeRegistry::builtin();
        for finding in mapping.lint(registry.unwrap_or(&builtin)) {
            let mut message = finding.to_string();
            let severity = match &finding {
                Finding::Refused(_) if registry.is_some() => Severity::Error,
                Finding::Refused(violation) => match violation.kind {
                    ViolationKind::Unregistered { .. } => {
                        unknown.push(violation.key.to_string());
                        continue;
                    }
                    // The vendor's own catalogue may be longer than ours.
                    ViolationKind::UnknownPlatform { .. } => {
                        message.push_str(" A service with this catalogue refuses every row.");
                        Severity::Warning
                    }
                    _ => Severity::Error,
                },
                _ => Severity::Warning,
            };
            remarks.push(Remark { severity, message });
        }
        if !unknown.is_empty() {
            let message = format!(
                "whether {} can be written, only the service knows: see `fanpass attributes list`",
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

    /// What each attribute gets, and all remarks.
    pub fn finish(self) -> (BTreeMap<AttributeKey, Writes>, Vec<Remark>) {
        let Self { writes, mut remarks } = self;
        for (key, Writes { cut, .. }) in writes.iter().filter(|(_, writes)| writes.cut > 0) {
            let values =
                if *cut == 1 { "1 value has".to_owned() } else { format!("{} values have", count(*cut)) };
            let message = format!(
                "{key}: {values} more than {} characters, at which GA4 cuts them",
                ga4::VALUE_MAX_CHARACTERS
            );
            remarks.push(Remark { severity: Severity::Warning, message });
        }
        (writes, remarks)
    }
}
