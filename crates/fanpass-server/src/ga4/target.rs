//! The stream that is forwarded to, and what it calls a user.

use std::fmt;

use fanpass_model::UserId;
use http::Uri;
use sha2::{Digest as _, Sha256};

/// What kind of stream it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Of a web site: an instance is a browser.
    Web,
    /// Of a Firebase app: an instance is an installation.
    App,
}

impl Stream {
    /// The parameter that names it.
    pub(super) const fn parameter(self) -> &'static str {
        match self {
            Self::Web => "measurement_id",
            Self::App => "firebase_app_id",
        }
    }
}

/// Where everything is sent to.
#[derive(Clone)]
pub(crate) struct Target {
    /// The whole address, with the secret.
    pub(super) collect: Uri,
    pub(crate) id: String,
    pub(super) stream: Stream,
    pub(super) event: String,
    pub(crate) debug: bool,
}

impl fmt::Debug for Target {
    /// Without the address, which holds the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("id", &self.id).field("debug", &self.debug).finish_non_exhaustive()
    }
}

/// Digits that a Firebase installation's `app_instance_id` has, hexadecimal.
const APP_INSTANCE_DIGITS: usize = 32;

/// Who is meant, in GA4's words.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Instance {
    ClientId(String),
    AppInstanceId(String),
}

/// The instance that speaks for a user, or why there is none.
pub(super) fn instance(stream: Stream, user: &UserId) -> Result<Instance, String> {
    if user.as_str().contains('@') {
        let reason = "the user's id looks like an e-mail address, and Google forbids to send such; push the user under \
                      another id";
        return Err(reason.to_owned());
    }
    match stream {
        Stream::Web => Ok(Instance::ClientId(client_id(user))),
        Stream::App => {
            let id = user.as_str();
            let is_one = id.len() == APP_INSTANCE_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_one.then(|| Instance::AppInstanceId(id.to_owned())).ok_or_else(|| {
                format!(
                    "the user's id is not an app_instance_id, {APP_INSTANCE_DIGITS} hexadecimal digits, and a Firebase app \
                     knows users by nothing else; forward to a web stream (ga4.measurement_id) instead"
                )
            })
        }
    }
}

/// A client id in the form that gtag.js gives its own, two numbers: always the same one for a user, and none that tells
/// which user it is.
fn client_id(user: &UserId) -> String {
    let digest = Sha256::digest(format!("fanpass ga4 client {user}"));
    let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{}.{}", number(&digest[..4]), number(&digest[4..8]))
}
