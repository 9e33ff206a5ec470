//! Sets a client up: where, with which token, over which transport.

use std::fmt;

use fanpass_model::operations::UPDATE_USER;
use fanpass_transport::DynTransport;
use fanpass_transport::Transport;
use fanpass_transport::middleware::{Stack, StaticToken, TokenSource};
use secrecy::SecretString;

use crate::{BaseUrl, Boundary, Client, Error, ErrorKind, Requests};

/// Bytes that an answer may have unless another limit is set.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

type Middleware = Box<dyn FnOnce(Stack) -> Stack + Send>;

/// Settings of a [`Client`]. A domain and a transport have to be given; without a token every operation is answered
/// with 401 by a FanPass that keeps to the API.
#[must_use]
pub struct ClientBuilder {
    domain: Option<String>,
    plain_hosts: Vec<String>,
    token: Option<SecretString>,
    transport: Option<DynTransport>,
    middleware: Middleware,
    user_agent: Option<String>,
    boundaries: fn() -> Boundary,
    answer_limit: usize,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            domain: None,
            plain_hosts: Vec::new(),
            token: None,
            transport: None,
            middleware: Box::new(|stack| stack),
            user_agent: None,
            boundaries: Boundary::random,
            answer_limit: ANSWER_LIMIT,
        }
    }

    /// Where the FanPass is: a domain, or a base URL as [`BaseUrl::parse`] takes it.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Lets the token travel in clear to one host, by its name or address without a port. Can be given repeatedly.
    pub fn allow_plain_http(mut self, host: impl Into<String>) -> Self {
        self.plain_hosts.push(host.into());
        self
    }

    /// The access token, sent as `Authorization: Bearer`.
    pub fn token(mut self, token: SecretString) -> Self {
        self.token = Some(token);
        self
    }

    /// A source of tokens, asked once for each attempt: for tokens that are refreshed, or sent in another header.
    pub fn token_source(self, source: impl TokenSource) -> Self {
        self.middleware(|stack| stack.tokens(source))
    }

    /// The adapter that sends; the middleware of [`Stack`] is put around it, in its documented order.
    pub fn transport(mut self, adapter: impl Transport) -> Self {
        self.transport = Some(adapter.into_dyn());
        self
    }

    /// Settings of the middleware: retries, rate limit, timeouts, request ids. Can be given repeatedly; each sees
    /// what those before it have set.
    ///
    /// ```
    /// use fanpass_client::Client;
    /// use fanpass_transport::middleware::RetryPolicy;
    /// let builder = Client::builder()
    ///     .middleware(|stack| stack.retry(RetryPolicy { max_attempts: 6, ..RetryPolicy::default() }));
    /// ```
    pub fn middleware(mut self, settings: impl FnOnce(Stack) -> Stack + Send + 'static) -> Self {
        let before = self.middleware;
        self.middleware = Box::new(|stack| settings(before(stack)));
        self
    }

    /// The `User-Agent`; `fanpass/VERSION` otherwise.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// The boundaries of uploads, for tests and recordings; they are random otherwise.
    pub fn boundaries(mut self, source: fn() -> Boundary) -> Self {
        self.boundaries = source;
        self
    }

    /// How many bytes an answer may have; 16 MiB otherwise. A longer one is an error.
    pub fn answer_limit(mut self, bytes: usize) -> Self {
        self.answer_limit = bytes;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the domain or the transport is missing, or a setting cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let missing = |message| Error::unsent(ErrorKind::Configuration, message);
        let domain = self.domain.ok_or_else(|| missing("no domain was given; set `domain`"))?;
        let adapter = self.transport.ok_or_else(|| missing("no transport was given; set `transport`"))?;
        let base = BaseUrl::parse_with_plain_hosts(&domain, &self.plain_hosts)?;
        let mut requests = Requests::new(base)?.with_boundaries(self.boundaries);
        if let Some(name) = &self.user_agent {
            requests = requests.with_user_agent(name)?;
        }
        let mut stack = (self.middleware)(Stack::new(adapter));
        if let Some(token) = &self.token {
            stack = stack.tokens(StaticToken::bearer(token).map_err(Error::transport)?);
        }
        let single = stack.clone().build_single(UPDATE_USER.id);
        Ok(Client::new(requests, stack.whole_answers(self.answer_limit).build(), single, self.answer_limit))
    }
}

impl fmt::Debug for ClientBuilder {
    /// Leaves the token out, whatever its type shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("domain", &self.domain)
            .field("plain_hosts", &self.plain_hosts)
            .field("transport", &self.transport)
            .field("user_agent", &self.user_agent)
            .field("answer_limit", &self.answer_limit)
            .finish_non_exhaustive()
    }
}
