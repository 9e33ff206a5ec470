//! Attributes of a user: keys, values, and which keys a user may carry.

mod key;
mod platform;
mod properties;
mod registry;
mod text;
mod value;

pub use key::{ATTRIBUTE_NAME_MAX_CHARACTERS, AttributeKey, Namespace};
pub use platform::PlatformAttribute;
pub use properties::{Attributes, UserProperties};
pub use registry::{AttributeRegistry, PlatformPolicy, Violation, ViolationKind};
pub use value::{AttributeType, AttributeValue, LIST_MAX_ENTRIES, TEXT_VALUE_MAX_BYTES};
