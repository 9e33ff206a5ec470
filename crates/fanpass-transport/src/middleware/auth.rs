//! Puts the credentials on each attempt, so that a retry carries a token that was refreshed meanwhile.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::Either;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Request, Response, Sent, Transport, TransportError, TransportErrorKind};

/// Where the access token comes from; asked once for each attempt.
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync + 'static {
    /// The header that carries the token, its value marked sensitive.
    ///
    /// # Errors
    /// [`TransportErrorKind::Credentials`] if there is no token to be had.
    async fn header(&self) -> Result<(HeaderName, HeaderValue), TransportError>;

    /// The same where it is known without waiting, in whose place [`header`](Self::header) is not asked.
    fn at_hand(&self) -> Option<(HeaderName, HeaderValue)> {
        None
    }
}

/// A token that stays the same.
#[derive(Clone, Debug)]
pub struct StaticToken {
    name: HeaderName,
    value: HeaderValue,
}

impl StaticToken {
    /// A token sent as `Authorization: Bearer TOKEN` (RFC 6750).
    ///
    /// # Errors
    /// [`TransportErrorKind::Credentials`] if the token is empty or has characters that no header may carry.
    pub fn bearer(token: &SecretString) -> Result<Self, TransportError> {
        Self::new(AUTHORIZATION, "Bearer ", token)
    }

    /// A token in another header or after another prefix.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub fn new(name: HeaderName, prefix: &str, token: &SecretString) -> Result<Self, TransportError> {
        let token = token.expose_secret();
        let text = SecretString::from(format!("{prefix}{token}"));
        match HeaderValue::from_str(text.expose_secret()) {
            Ok(mut value) if !token.is_empty() => {
                value.set_sensitive(true);
                Ok(Self { name, value })
            }
            _ => Err(TransportError::new(
                TransportErrorKind::Credentials,
                Sent::Never,
                "the access token is empty or has characters that a header cannot carry",
            )),
        }
    }
}

#[async_trait]
impl TokenSource for StaticToken {
    async fn header(&self) -> Result<(HeaderName, HeaderValue), TransportError> {
        Ok((self.name.clone(), self.value.clone()))
    }

    fn at_hand(&self) -> Option<(HeaderName, HeaderValue)> {
        Some((self.name.clone(), self.value.clone()))
    }
}

/// Adds the token of a [`TokenSource`] to each attempt.
#[derive(Debug)]
pub struct Auth<T> {
    inner: T,
    source: Option<Arc<dyn TokenSource>>,
}

impl<T: Transport> Auth<T> {
    /// Adds tokens from `source`; none without one.
    pub fn new(inner: T, source: Option<Arc<dyn TokenSource>>) -> Self {
        Self { inner, source }
    }
}

impl<T: Transport> Transport for Auth<T> {
    fn send(&self, mut request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let Some(source) = &self.source else { return Either::Left(self.inner.send(request)) };
        if let Some((name, value)) = source.at_hand() {
            request.headers_mut().insert(name, value);
            return Either::Left(self.inner.send(request));
        }
        Either::Right(Box::pin(async move {
            let (name, value) = source.header().await?;
            request.headers_mut().insert(name, value);
            self.inner.send(request).await
        }))
    }
}
