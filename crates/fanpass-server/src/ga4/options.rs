//! What an operator says of GA4: which stream, how it is reached, how fast.

use std::num::NonZeroUsize;
use std::time::Duration;

use fanpass_model::ga4;
use http::Uri;
use http::uri::InvalidUri;
use secrecy::{ExposeSecret as _, SecretString};

use super::target::{Stream, Target};
use crate::error::{ServiceError, ServiceErrorKind};

/// Where changes of platform attributes are forwarded to, by the Measurement Protocol of Google Analytics 4. Nothing is
/// forwarded, or noted down to be, unless one of the two ids is there.
#[derive(Debug, Clone)]
pub struct Ga4Options {
    /// The id of a web stream, `G-…`. Default: none.
    pub measurement_id: Option<String>,
    /// The id of a Firebase app. Default: none.
    pub firebase_app_id: Option<String>,
    /// The stream's API secret. Default: none; it has to be there with either of the ids.
    pub secret: Option<SecretString>,
    /// Scheme and host of the Measurement Protocol; `https`, or `http` on this machine. Default:
    /// `https://www.google-analytics.com`.
    pub endpoint: String,
    /// The event that carries the attributes; the protocol wants one. Default: `fanpass_attributes`.
    pub event: String,
    /// Requests under way at the same time. Default: 8.
    pub concurrency: NonZeroUsize,
    /// How long an attempt may stand still. Default: 30 s.
    pub timeout: Duration,
    /// How long a change is tried, ten times at least, before it is a dead letter. Default: 72 h.
    pub retry_for: Duration,
    /// Whether to send to the validation server, which keeps nothing and says what is wrong. Default: no.
    pub debug: bool,
}

impl Default for Ga4Options {
    fn default() -> Self {
        Self {
            measurement_id: None,
            firebase_app_id: None,
            secret: None,
            endpoint: "https://www.google-analytics.com".to_owned(),
            event: "fanpass_attributes".to_owned(),
            concurrency: NonZeroUsize::new(8).unwrap_or(NonZeroUsize::MIN),
            timeout: Duration::from_secs(30),
            retry_for: Duration::from_hours(72),
            debug: false,
        }
    }
}

impl Ga4Options {
    /// Whether it says where to forward to.
    pub const fn is_set(&self) -> bool {
        self.measurement_id.is_some() || self.firebase_app_id.is_some()
    }

    /// Refuses options that contradict each other.
    ///
    /// # Errors
    /// [`ServiceErrorKind::Config`], with all that does.
    pub fn check(&self) -> Result<(), ServiceError> {
        self.target().map(drop)
    }

    /// Where to forward to, if anywhere.
    ///
    /// # Errors
    /// [`ServiceErrorKind::Config`], with all that contradicts itself.
    pub(super) fn target(&self) -> Result<Option<Target>, ServiceError> {
        let mut wrong = Vec::new();
        if !self.is_endpoint() {
            let endpoint = self.endpoint.escape_debug();
            wrong.push(format!(
                "the endpoint `{endpoint}` is not https://HOST, or http://HOST on this machine"
            ));
        }
        if !ga4::is_event_name(&self.event) {
            wrong.push(format!(
                "`{}` is no name for an event: letters, digits and `_`, a letter first, at most {}, none that GA4 keeps \
                 for itself",
                self.event.escape_debug(),
                ga4::EVENT_NAME_MAX_CHARACTERS
            ));
        }
        let id = self.measurement_id.as_ref().or(self.firebase_app_id.as_ref());
        if let Some(id) = id {
            wrong.extend(self.wrong_stream(id));
        }
        let told = |wrong: &[String]| {
            let message = format!("GA4 cannot be forwarded to as it is configured: {}", wrong.join("; "));
            ServiceError::new(ServiceErrorKind::Config, message)
        };
        if !wrong.is_empty() {
            return Err(told(&wrong));
        }
        let Some(id) = id.cloned() else { return Ok(None) };
        let stream = if self.measurement_id.is_some() { Stream::Web } else { Stream::App };
        let collect = self.collect(stream, &id).map_err(|error| told(&[error.to_string()]))?;
        Ok(Some(Target { collect, id, stream, event: self.event.clone(), debug: self.debug }))
    }

    /// What is wrong with the stream of that `id`, and with its secret.
    fn wrong_stream(&self, id: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.measurement_id.is_some() && self.firebase_app_id.is_some() {
            wrong.push("it has a measurement id and a Firebase app id; name one stream".to_owned());
        }
        if !is_plain(id) {
            wrong.push(format!("`{}` is not the id of a stream", id.escape_debug()));
        }
        if self.secret().is_empty() {
            wrong.push("its API secret is not there".to_owned());
        } else if !is_plain(self.secret()) {
            wrong.push(
                "its API secret has characters that none has; copy it from Google Analytics again".to_owned(),
            );
        }
        wrong
    }

    fn secret(&self) -> &str {
        self.secret.as_ref().map_or("", |secret| secret.expose_secret())
    }

    fn is_endpoint(&self) -> bool {
        let Ok(base) = self.endpoint.trim_end_matches('/').parse::<Uri>() else { return false };
        let local = matches!(base.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let secure = base.scheme_str() == Some("https") || (base.scheme_str() == Some("http") && local);
        secure && base.path() == "/" && base.query().is_none()
    }

    /// The address that everything is sent to.
    fn collect(&self, stream: Stream, id: &str) -> Result<Uri, InvalidUri> {
        let endpoint = self.endpoint.trim_end_matches('/');
        let debug = if self.debug { "/debug" } else { "" };
        let (parameter, secret) = (stream.parameter(), self.secret());
        format!("{endpoint}{debug}/mp/collect?{parameter}={id}&api_secret={secret}").parse()
    }
}

/// Whether a text stands in a query as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte))
}
