//! What a request must meet beyond the types of its members.

use crate::error::{ErrorKind, ModelError};
use crate::generated::{CreateSegmentRequest, UpdateUserRequest};

impl CreateSegmentRequest {
    /// Whether the request may be sent.
    ///
    /// # Errors
    /// [`ErrorKind::Empty`] without any user id: an empty list would wipe the segment.
    pub fn validate(&self) -> Result<(), ModelError> {
        not_empty("userIds", self.user_ids.is_empty())
    }
}

impl UpdateUserRequest {
    /// Whether the request may be sent.
    ///
    /// # Errors
    /// [`ErrorKind::Empty`] without any attribute; else what [`AttributeValue::validate`](crate::AttributeValue::validate)
    /// says of the first value that is past a limit.
    pub fn validate(&self) -> Result<(), ModelError> {
        not_empty("userProperties", self.user_properties.is_empty())?;
        self.user_properties.iter().try_for_each(|(_, value)| value.validate())
    }
}

fn not_empty(member: &'static str, empty: bool) -> Result<(), ModelError> {
    if empty { Err(ModelError::new(member, ErrorKind::Empty)) } else { Ok(()) }
}
