//! Which attributes a user may carry: the platform catalogue and what the customer has registered.

use std::collections::BTreeMap;
use std::fmt;

use super::{AttributeKey, AttributeType, Namespace, UserProperties};
use crate::generated::AttributeDefinition;
use crate::generated::platform::PLATFORM_ATTRIBUTES;

/// What to do with a `user_properties.*` key that the catalogue lacks.
///
/// The vendor's full list is a document that this project does not have, so the catalogue may be shorter than the
/// platform's own; whoever knows better extends it or allows the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlatformPolicy {
    /// Refuse it.
    #[default]
    CatalogueOnly,
    /// Let any well-formed platform key pass, with a value of any type.
    AllowUnknown,
}

/// The attributes that users may carry, with their declared types.
///
/// ```
/// use fanpass_model::{AttributeDefinition, AttributeRegistry, UserProperties, ViolationKind, attribute_key};
/// let mut registry = AttributeRegistry::builtin();
/// registry.insert(AttributeDefinition::new(attribute_key!("custom.loyalty_tier")));
///
/// let update = UserProperties::from_iter([(attribute_key!("custom.loyalty_teir"), "gold".into())]);
/// let violation = registry.check(&update).remove(0);
/// assert_eq!(
///     violation.to_string(),
///     "custom.loyalty_teir is not registered; did you mean custom.loyalty_tier?"
/// );
/// ```
#[derive(Debug, Clone, Default)]
pub struct AttributeRegistry {
    definitions: BTreeMap<AttributeKey, AttributeDefinition>,
    policy: PlatformPolicy,
}

impl AttributeRegistry {
    /// The platform catalogue that the contract ships, and no custom attribute.
    pub fn builtin() -> Self {
        let mut registry = Self::default();
        for attribute in PLATFORM_ATTRIBUTES {
            registry.insert(attribute.definition());
        }
        registry
    }

    /// The same attributes under another policy for unknown platform keys.
    #[must_use]
    pub fn with_policy(mut self, policy: PlatformPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds or replaces one definition: a registered custom attribute, or a platform one that the catalogue lacks.
    pub fn insert(&mut self, definition: AttributeDefinition) {
        self.definitions.insert(definition.key.clone(), definition);
    }

    /// The definition of one attribute.
    pub fn get(&self, key: &AttributeKey) -> Option<&AttributeDefinition> {
        self.definitions.get(key)
    }

    /// All definitions: platform attributes first, then custom ones, each by key.
    pub fn iter(&self) -> impl Iterator<Item = &AttributeDefinition> {
        let of = |namespace| {
            self.definitions.values().filter(move |definition| definition.key.namespace() == namespace)
        };
        of(Namespace::Platform).chain(of(Namespace::Custom))
    }

    /// Everything that keeps `properties` from being written, in key order; empty when they may be.
    pub fn check(&self, properties: &UserProperties) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (key, value) in properties {
            let kind = match self.get(key) {
                Some(definition) => match (definition.r#type, value.attribute_type()) {
                    (Some(expected), Some(found)) if expected != found => {
                        ViolationKind::WrongType { expected, found }
                    }
                    _ => continue,
                },
                None => match (key.namespace(), self.policy) {
                    (Namespace::Platform, PlatformPolicy::AllowUnknown) => continue,
                    (Namespace::Platform, PlatformPolicy::CatalogueOnly) => {
                        ViolationKind::UnknownPlatform { nearest: self.nearest(key) }
                    }
                    (Namespace::Custom, _) => ViolationKind::Unregistered { nearest: self.nearest(key) },
                },
            };
            violations.push(Violation { key: key.clone(), kind });
        }
        violations
    }

    /// The known key of the same namespace that is closest in spelling, if one is close enough to be a slip.
    fn nearest(&self, key: &AttributeKey) -> Option<AttributeKey> {
        let slip = key.name().chars().count() / 3 + 1;
        self.definitions
            .keys()
            .filter(|known| known.namespace() == key.namespace())
            .map(|known| (strsim::osa_distance(known.name(), key.name()), known))
            .filter(|(distance, _)| *distance <= slip)
            .min()
            .map(|(_, known)| known.clone())
    }
}

/// One attribute of an update that may not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The attribute.
    pub key: AttributeKey,
    /// Why not.
    pub kind: ViolationKind,
}

/// Why an attribute may not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ViolationKind {
    /// The platform catalogue has no such key.
    UnknownPlatform {
        /// A known key spelled alike.
        nearest: Option<AttributeKey>,
    },
    /// The custom attribute was never registered.
    Unregistered {
        /// A registered key spelled alike.
        nearest: Option<AttributeKey>,
    },
    /// The value is not of the declared type.
    WrongType {
        /// The declared type.
        expected: AttributeType,
        /// The value's type.
        found: AttributeType,
    },
}

impl ViolationKind {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownPlatform { .. } => "unknown_platform_attribute",
            Self::Unregistered { .. } => "unregistered_attribute",
            Self::WrongType { .. } => "wrong_type",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.kind {
            ViolationKind::UnknownPlatform { nearest: Some(nearest) } => {
                write!(f, "{key} is not in the platform catalogue; did you mean {nearest}?")
            }
            ViolationKind::UnknownPlatform { nearest: None } => {
                write!(
                    f,
                    "{key} is not in the platform catalogue; extend the catalogue, or use a custom attribute"
                )
            }
            ViolationKind::Unregistered { nearest: Some(nearest) } => {
                write!(f, "{key} is not registered; did you mean {nearest}?")
            }
            ViolationKind::Unregistered { nearest: None } => {
                write!(
                    f,
                    "{key} is not registered; register it first: `fanpass attributes register {key} --type …`"
                )
            }
            ViolationKind::WrongType { expected, found } => {
                write!(f, "{key} takes a {expected}, and this is a {found}")
            }
        }
    }
}
