//! Which attributes a user may carry: the platform catalogue and what the customer has registered.

use std::collections::BTreeMap;

use super::{
    AttributeKey, AttributeType, AttributeValue, Namespace, UserProperties, Violation, ViolationKind,
};
use crate::generated::AttributeDefinition;
use crate::generated::platform::PLATFORM_ATTRIBUTES;
use crate::nearest;

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

/// The attributes that users may carry, with what is declared of each.
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

    /// Everything that keeps `properties` from being written, in key order; empty when they may be. A platform attribute can be
    /// unset (`null`) whether it is known or not.
    pub fn check(&self, properties: &UserProperties) -> Vec<Violation> {
        let violation = |(key, value): (&AttributeKey, &AttributeValue)| match self.get(key) {
            Some(definition) => definition.check_value(value),
            // What the catalogue knew once may stand with users.
            None if value.attribute_type().is_none() && key.namespace() == Namespace::Platform => None,
            None => self.unknown(key, value.attribute_type()),
        };
        properties.iter().filter_map(violation).collect()
    }

    /// What keeps every value from being written under `key`; `None` if it is known, or need not be.
    pub fn check_key(&self, key: &AttributeKey) -> Option<Violation> {
        if self.get(key).is_some() { None } else { self.unknown(key, None) }
    }

    /// What keeps every value of the type `found` from being written under `key`; `None` if nothing does.
    pub fn check_type(&self, key: &AttributeKey, found: AttributeType) -> Option<Violation> {
        match self.get(key) {
            Some(definition) => definition.check_type(found).map(|kind| Violation { key: key.clone(), kind }),
            None => self.unknown(key, Some(found)),
        }
    }

    fn unknown(&self, key: &AttributeKey, found: Option<AttributeType>) -> Option<Violation> {
        let of_its_kind = self.definitions.keys().filter(|known| known.namespace() == key.namespace());
        let nearest = || nearest(key.name(), of_its_kind.map(|known| (known.name(), known))).cloned();
        let kind = match (key.namespace(), self.policy) {
            (Namespace::Platform, PlatformPolicy::AllowUnknown) => return None,
            (Namespace::Platform, PlatformPolicy::CatalogueOnly) => {
                ViolationKind::UnknownPlatform { nearest: nearest() }
            }
            (Namespace::Custom, _) => ViolationKind::Unregistered { nearest: nearest(), found },
        };
        Some(Violation { key: key.clone(), kind })
    }
}
