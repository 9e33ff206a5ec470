//! Text that must not be shown by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret on the wire, such as a freshly issued token: it serialises as its text and shows itself nowhere else.
///
/// ```
/// use fanpass_model::SecretText;
/// let secret = SecretText::from("eyJhbGciOiJIUzI1NiJ9".to_owned());
/// assert_eq!(format!("{secret:?}"), "SecretText([redacted])");
/// assert!(secret.expose().starts_with("eyJ"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// The secret itself; the name is long so that a reader sees where it is used.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText([redacted])")
    }
}
