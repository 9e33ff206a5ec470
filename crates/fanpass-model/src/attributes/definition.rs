//! What a definition asks of values, and what is asked of a definition.

use super::{AttributeType, AttributeValue, Violation, ViolationKind};
use crate::error::{ErrorKind, ModelError};
use crate::ga4::{self, Lint};
use crate::generated::{AttributeDefinition, AttributeState, Ga4Property};
use crate::ids;
use crate::nearest;

/// Values that one definition allows, at most.
pub const ALLOWED_VALUES_MAX: usize = 256;
/// Bytes of UTF-8 that an allowed text has at most.
pub const ALLOWED_VALUE_MAX_BYTES: usize = 256;
/// Bytes of UTF-8 that the owner of an attribute has at most.
pub const ATTRIBUTE_OWNER_MAX_BYTES: usize = 128;
/// Bytes of UTF-8 that the description of an attribute has at most.
pub const ATTRIBUTE_DESCRIPTION_MAX_BYTES: usize = 1024;

/// Something in a definition that cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionFault {
    /// The member of [`AttributeDefinition`], as the wire spells it.
    pub member: &'static str,
    /// Which entry, for a member that is a list; from 0.
    pub entry: Option<usize>,
    /// What is wrong with it.
    pub error: ModelError,
}

impl AttributeDefinition {
    /// Whether the attribute can be unset only.
    pub fn is_retired(&self) -> bool {
        self.state == Some(AttributeState::Retired)
    }

    /// Why no value of the type `found` may be written; `None` if one may.
    pub fn check_type(&self, found: AttributeType) -> Option<ViolationKind> {
        let expected = self.r#type.filter(|expected| *expected != found)?;
        Some(ViolationKind::WrongType { expected, found })
    }

    /// Why the value may not be written; `None` if it may. Unsetting always may.
    ///
    /// ```
    /// use fanpass_model::{AttributeDefinition, attribute_key};
    /// let mut tier = AttributeDefinition::new(attribute_key!("custom.loyalty_tier"));
    /// tier.allowed_values = vec!["silver".into(), "gold".into()];
    /// let violation = tier.check_value(&"golf".into()).unwrap();
    /// assert_eq!(
    ///     violation.to_string(),
    ///     r#"custom.loyalty_tier does not take "golf": its values are "silver", "gold"; did you mean "gold"?"#
    /// );
    /// ```
    pub fn check_value(&self, value: &AttributeValue) -> Option<Violation> {
        let found = value.attribute_type()?;
        let kind = match self.check_type(found) {
            Some(wrong_type) => wrong_type,
            None if self.is_retired() => ViolationKind::Retired,
            None => self.not_allowed(value)?,
        };
        Some(Violation { key: self.key.clone(), kind })
    }

    fn not_allowed(&self, value: &AttributeValue) -> Option<ViolationKind> {
        if self.allowed_values.is_empty() {
            return None;
        }
        let refused = match value {
            AttributeValue::List(entries) => {
                let allows = |entry: &&String| self.allowed_texts().any(|text| text == *entry);
                AttributeValue::from(entries.iter().find(|entry| !allows(entry))?.as_str())
            }
            value if self.allowed_values.iter().any(|allowed| is_same(allowed, value)) => return None,
            value => value.clone(),
        };
        let slip = match &refused {
            AttributeValue::Text(text) => {
                let lower = text.to_lowercase();
                let in_other_case = self.allowed_texts().find(|allowed| allowed.to_lowercase() == lower);
                in_other_case.or_else(|| nearest(text, self.allowed_texts().map(|text| (text, text))))
            }
            _ => None,
        };
        let nearest = slip.map(AttributeValue::from);
        Some(ViolationKind::NotAllowed { value: refused, allowed: self.allowed_values.clone(), nearest })
    }

    fn allowed_texts(&self) -> impl Iterator<Item = &str> {
        self.allowed_values.iter().filter_map(|allowed| match allowed {
            AttributeValue::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Everything that keeps the definition from being registered; empty if nothing does.
    pub fn faults(&self) -> Vec<DefinitionFault> {
        let of = |member, entry| {
            move |(subject, kind)| DefinitionFault { member, entry, error: ModelError::new(subject, kind) }
        };
        let allowed = &self.allowed_values;
        let many = (allowed.len() > ALLOWED_VALUES_MAX)
            .then_some(("list of allowed values", ErrorKind::TooMany { limit: ALLOWED_VALUES_MAX }));
        let mut faults: Vec<_> = many.map(of("allowedValues", None)).into_iter().collect();
        for (at, value) in allowed.iter().take(ALLOWED_VALUES_MAX).enumerate() {
            let before = allowed.get(..at).unwrap_or_default();
            let fault = self.fault_of_allowed(value).or_else(|| {
                before.iter().any(|earlier| is_same(earlier, value)).then_some(ErrorKind::DuplicateValue)
            });
            faults.extend(fault.map(|kind| ("allowed value", kind)).map(of("allowedValues", Some(at))));
        }
        let description = self.description.as_ref().and_then(|text| {
            too_long(text, ATTRIBUTE_DESCRIPTION_MAX_BYTES).map(|kind| ("description", kind))
        });
        faults.extend(description.map(of("description", None)));
        let owner =
            self.owner.as_ref().and_then(|text| ids::check_name(text, ATTRIBUTE_OWNER_MAX_BYTES).err());
        faults.extend(owner.map(|kind| ("owner", kind)).map(of("owner", None)));
        if let Some(AttributeState::Unknown(_)) = self.state {
            faults.push(of("state", None)(("state", ErrorKind::UnknownState)));
        }
        faults
    }

    fn fault_of_allowed(&self, value: &AttributeValue) -> Option<ErrorKind> {
        let found = match value {
            AttributeValue::Text(text) => {
                if let Some(too_long) = too_long(text, ALLOWED_VALUE_MAX_BYTES) {
                    return Some(too_long);
                }
                AttributeType::String
            }
            AttributeValue::Number(_) => AttributeType::Number,
            AttributeValue::Boolean(_) => AttributeType::Boolean,
            AttributeValue::List(_) | AttributeValue::Unset => return Some(ErrorKind::NoSingleValue),
        };
        // A list's entries are text.
        let expected = match self.r#type? {
            AttributeType::List => AttributeType::String,
            one => one,
        };
        (found != expected).then_some(ErrorKind::WrongType { expected, found })
    }

    /// What GA4 makes of the attribute where it is one of `platform_attributes`; `None` for a custom one.
    pub fn ga4_property(&self, platform_attributes: usize) -> Option<Ga4Property> {
        if self.key.namespace() == super::Namespace::Custom {
            return None;
        }
        let count = (platform_attributes > ga4::MAX_USER_PROPERTIES)
            .then_some(Lint::TooManyProperties { count: platform_attributes });
        let findings = ga4::lint_definition(self).into_iter().chain(count).map(|lint| lint.to_string());
        Some(Ga4Property::new(self.key.name().to_owned(), findings.collect()))
    }
}

fn too_long(text: &str, limit: usize) -> Option<ErrorKind> {
    (text.len() > limit).then_some(ErrorKind::TooLong { limit, actual: text.len() })
}

/// Whether two values are one: `1` and `1.0` are.
fn is_same(one: &AttributeValue, other: &AttributeValue) -> bool {
    match (one, other) {
        (AttributeValue::Number(one), AttributeValue::Number(other)) => {
            // Doubles hold every number that a value can be.
            one.as_f64().map(f64::to_bits) == other.as_f64().map(f64::to_bits) || one == other
        }
        _ => one == other,
    }
}
