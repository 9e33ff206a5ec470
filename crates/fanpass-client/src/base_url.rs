//! Where a FanPass is: a domain or a base URL, checked so that a token never travels in clear by accident.

use std::fmt;

use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use url::{Host, Url};

use crate::{Error, ErrorKind};

/// Scheme, host, port and path prefix of a FanPass.
///
/// A bare domain means `https`. Plain `http` is taken for this machine (`localhost` and loopback addresses) and for
/// hosts that are allowed by name, because a request carries its token in a header.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    /// Without a slash at its end; empty for none.
    prefix: Box<str>,
}

impl BaseUrl {
    /// Parses `fanreach.example`, `https://host[:port][/prefix]` or `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if `text` is no such URL, carries credentials, a query or a fragment, or is plain
    /// `http` to another machine.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_with_plain_hosts(text, &[])
    }

    /// The same, with plain `http` allowed to each of `plain_hosts` (names or addresses, without a port).
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with_plain_hosts(text: &str, plain_hosts: &[String]) -> Result<Self, Error> {
        let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&whole).map_err(|error| refused(&format!("it cannot be read ({error})")))?;
        let Some(host) = url.host() else { return Err(refused("it has no host")) };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("it carries a user name or password; give the token apart"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it carries a query or a fragment"));
        }
        let scheme = match url.scheme() {
            "https" => Scheme::HTTPS,
            "http" if is_this_machine(&host) || plain_hosts.contains(&host.to_string()) => Scheme::HTTP,
            "http" => {
                return Err(refused(&format!(
                    "the token would travel in clear to {host}; use https, or allow plain http by name: --allow-plain-http {host}"
                )));
            }
            other => return Err(refused(&format!("{other} is neither https nor http"))),
        };
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let authority =
            authority.parse().map_err(|error| refused(&format!("its host cannot be read ({error})")))?;
        Ok(Self { scheme, authority, prefix: url.path().trim_end_matches('/').into() })
    }

    /// Host and port, as messages name it.
    pub fn host(&self) -> &str {
        self.authority.as_str()
    }

    /// The URI of a path that begins with a slash, query included.
    pub(crate) fn join(&self, path_and_query: &str) -> Result<Uri, Error> {
        let path: PathAndQuery = format!("{}{path_and_query}", self.prefix)
            .parse()
            .map_err(|error| refused(&format!("its path cannot be read ({error})")))?;
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).map_err(|error| refused(&format!("it makes no address ({error})")))
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Says what is wrong without repeating the text, which may hold credentials.
fn refused(reason: &str) -> Error {
    let advice = "give a domain such as fanreach.example, or https://host[:port][/prefix]";
    Error::unsent(ErrorKind::Configuration, format!("the base URL is not usable: {reason}; {advice}"))
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}
