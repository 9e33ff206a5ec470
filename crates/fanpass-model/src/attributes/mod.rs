//! Attributes of a user: keys, values, and which keys a user may carry.

mod definition;
mod key;
mod platform;
mod properties;
mod registry;
mod text;
mod value;
mod violation;

pub use definition::{
    ALLOWED_VALUE_MAX_BYTES, ALLOWED_VALUES_MAX, ATTRIBUTE_DESCRIPTION_MAX_BYTES, ATTRIBUTE_OWNER_MAX_BYTES,
    DefinitionFault,
};
pub use key::{ATTRIBUTE_NAME_MAX_CHARACTERS, AttributeKey, Namespace};
pub use platform::PlatformAttribute;
pub use properties::{Attributes, UserProperties};
pub use registry::{AttributeRegistry, PlatformPolicy};
pub use value::{AttributeType, AttributeValue, LIST_MAX_ENTRIES, TEXT_VALUE_MAX_BYTES};
pub use violation::{Violation, ViolationKind};
