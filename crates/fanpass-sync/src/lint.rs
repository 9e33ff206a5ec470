//! What is wrong with a mapping before anything is sent: unknown keys, other types, what GA4 would drop.

use std::fmt;

use fanpass_model::{AttributeDefinition, AttributeKey, AttributeRegistry, Violation, ga4};

use crate::{ColumnMap, Constant, Mapping};

/// Something that [`Mapping::lint`] found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// The service would refuse every update of the mapping.
    Refused(Violation),
    /// A column is mapped to a retired attribute: rows that give it a value are rejected, those that unset it are not.
    Retired(AttributeKey),
    /// The update would be taken, and the attribute would not reach GA4 as it is.
    Ga4 {
        /// The attribute; `None` if it is about all of them.
        key: Option<AttributeKey>,
        /// What GA4 would make of it.
        lint: ga4::Lint,
    },
}

impl Finding {
    /// Whether nothing should be sent before it is mended; the others are warnings.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(violation) => violation.fmt(f),
            Self::Retired(key) => write!(f, "{key} is retired: rows that give it a value are rejected"),
            Self::Ga4 { key: Some(key), lint } => write!(f, "{key}: {lint}"),
            Self::Ga4 { key: None, lint } => lint.fmt(f),
        }
    }
}

impl Mapping {
    /// Checks the mapping against the attributes that users may carry, errors first; empty if all is well.
    ///
    /// Allowed values and GA4's limit on values are checked for constants and defaults; cells are not known yet, see
    /// [`Updates::checked_by`](crate::Updates::checked_by).
    ///
    /// ```
    /// use fanpass_model::AttributeRegistry;
    ///
    /// let mut mapping = fanpass_sync::Mapping::default();
    /// mapping.map.push("holder=user_properties.sht:boolean".parse()?);
    /// let findings = mapping.lint(&AttributeRegistry::builtin());
    /// assert_eq!(
    ///     findings[0].to_string(),
    ///     "user_properties.sht is not in the platform catalogue; did you mean user_properties.sth?"
    /// );
    /// # Ok::<(), fanpass_sync::SyncError>(())
    /// ```
    pub fn lint(&self, registry: &AttributeRegistry) -> Vec<Finding> {
        let columns = self.map.iter().map(|map| (map.key(), map.cell_type().attribute_type()));
        let types = columns.filter_map(|(key, kind)| registry.check_type(key, kind));
        let constants = self.set.iter().map(|constant| (constant.key().clone(), constant.value().clone()));
        let constants = registry.check(&constants.collect());
        let defaults = self.map.iter().filter_map(|map| Some((map.key(), map.default()?)));
        let in_defaults = defaults.clone().filter_map(|(key, value)| registry.get(key)?.check_value(value));
        let mut refused: Vec<_> = types.chain(constants).chain(in_defaults).collect();
        // A default that is of the wrong type is its column's fault.
        refused.sort_by(|one, other| one.key.cmp(&other.key));
        refused.dedup();
        let refused = refused.into_iter().map(Finding::Refused);

        let is_retired = |key: &AttributeKey| registry.get(key).is_some_and(AttributeDefinition::is_retired);
        let retired = self.map.iter().map(ColumnMap::key).filter(|key| is_retired(key));
        let retired = retired.map(|key| Finding::Retired(key.clone()));
        let names = self.keys().flat_map(|key| ga4::lint_key(key).into_iter().map(move |lint| (key, lint)));
        let values =
            defaults.chain(self.set.iter().map(|constant| (constant.key(), Constant::value(constant))));
        let values = values.filter_map(|(key, value)| Some((key, ga4::lint_value(key, value)?)));
        let single = names.chain(values).map(|(key, lint)| Finding::Ga4 { key: Some(key.clone()), lint });
        let count = ga4::lint_count(self.keys()).map(|lint| Finding::Ga4 { key: None, lint });
        refused.chain(retired).chain(single).chain(count).collect()
    }
}
