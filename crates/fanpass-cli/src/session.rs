//! The FanPass that a command talks to: the local service in this process, or one behind a domain.

use std::fmt;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use fanpass_client::{BaseUrl, Client, ClientBuilder, IdBudget};
use fanpass_server::Service;
use fanpass_transport::{DynTransport, Transport as _};
use fanpass_transport_hyper::HyperTransport;
use fanpass_transport_reqwest::ReqwestTransport;

use crate::cli::{Global, Stack};
use crate::local::open_service;
use crate::printer::Printer;
use crate::quoting::quoted;
use crate::target::Target;

/// The base URL under which the service inside this process is addressed; no socket stands behind it.
const LOCAL_URL: &str = "http://localhost";

/// How long a feed's import is waited for, unless it is said.
pub const IMPORT_TIMEOUT: Duration = Duration::from_hours(6);

/// An open connection to a FanPass, ready for calls.
pub struct Session {
    /// Makes the calls.
    pub client: Client,
    /// Makes the client of a slot with a connection of its own, where the HTTP stack has such.
    slots: Option<Slots>,
    service: Option<Service>,
    /// The data folder of the service in this process.
    folder: Option<PathBuf>,
    flags: String,
    /// What all its requests together keep to.
    pub ids: IdBudget,
    /// How long a feed's import is waited for.
    pub import_timeout: Duration,
}

/// Makes the client of a slot, by its number.
pub type Slots = Box<dyn FnMut(usize) -> Result<Client, fanpass_client::Error> + Send>;

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("client", &self.client)
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens what the options ask for: `--local`, then `--domain`, then a profile.
    pub async fn open(global: &Global) -> Result<Self> {
        if global.local { Self::local(global).await } else { Self::remote(global) }
    }

    async fn local(global: &Global) -> Result<Self> {
        let data = &global.data;
        let service = open_service(data).await?;
        let left = match service.imports_taken_up() {
            0 => None,
            1 => Some("an import that an earlier command left unfinished".to_owned()),
            more => Some(format!("{more} imports that earlier commands left unfinished")),
        };
        if let Some(left) = left {
            Printer::new(global.json, global.quiet).note(&format!("finishing {left} in {}", data.display()));
        }
        let token = service.development_token().await?;
        let client =
            Client::builder().domain(LOCAL_URL).token(token).transport(service.transport()).build()?;
        let flags = if data == Path::new(".fanpass") {
            "--local".to_owned()
        } else {
            format!("--local --data {}", data.display())
        };
        let folder = Some(std::fs::canonicalize(data)?);
        Ok(Self { service: Some(service), folder, ..Self::new(client, flags) })
    }

    /// A session that reads and changes nothing, for a dry run; `None` where that would need a token or a folder that
    /// is not there yet. The service in this process is not opened: it goes on with its imports as soon as it is.
    pub fn to_read(global: &Global) -> Result<Option<Self>> {
        if global.local {
            return Ok(None);
        }
        let token = Target::named(global)?.map(|target| target.find_token(global)).transpose()?.flatten();
        token.map(|_| Self::remote(global)).transpose()
    }

    fn remote(global: &Global) -> Result<Self> {
        let target = Target::find(global)?;
        let token = target.token(global)?;
        let allowed = global.allow_plain_http.clone();
        let domain = target.domain;
        let build = move |transport: DynTransport| {
            let builder = Client::builder().domain(&domain).token(token.clone()).transport(transport);
            allowed.iter().fold(builder, ClientBuilder::allow_plain_http).build()
        };
        if is_reqwest(global.transport) {
            let client = build(ReqwestTransport::new()?.into_dyn())?;
            return Ok(Self::new(client, target.flags));
        }
        let transport = HyperTransport::new()?;
        let connection = transport.connection();
        let client = build(transport.into_dyn())?;
        let slots: Slots = Box::new(move |_| build(connection.sibling().into_dyn()));
        Ok(Self { slots: Some(slots), ..Self::new(client, target.flags) })
    }

    fn new(client: Client, flags: String) -> Self {
        Self {
            client,
            slots: None,
            service: None,
            folder: None,
            flags,
            ids: IdBudget::new(None),
            import_timeout: IMPORT_TIMEOUT,
        }
    }

    /// The same with so many ids a second at most.
    #[must_use]
    pub fn with_ids_rate(self, per_second: Option<NonZeroU32>) -> Self {
        Self { ids: IdBudget::new(per_second), ..self }
    }

    /// What tells this FanPass from others, from one command to the next.
    pub fn identity(&self) -> String {
        match &self.folder {
            Some(folder) => identity_of(folder),
            None => self.client.requests().base().to_string(),
        }
    }

    /// The identity of the FanPass that the options name, which is not opened; `None` where they name none.
    pub fn identity_named(global: &Global) -> Result<Option<String>> {
        if global.local {
            return Ok(Some(identity_of(&settled(&global.data)?)));
        }
        let Some(target) = Target::named(global)? else { return Ok(None) };
        let base = BaseUrl::parse_with_plain_hosts(&target.domain, global.allow_plain_http.as_slice())?;
        Ok(Some(base.to_string()))
    }

    /// A client for each slot of a bulk push: one with a connection of its own where the HTTP stack has such.
    pub fn slots(&mut self) -> Slots {
        self.slots.take().unwrap_or_else(|| {
            let client = self.client.clone();
            Box::new(move |_| Ok(client.clone()))
        })
    }

    /// A command line that goes on from here against the same FanPass.
    pub fn next(&self, command: &str) -> String {
        format!("fanpass {command} {}", self.flags).trim_end().to_owned()
    }

    /// As [`next`](Self::next), about an id or a name, which may begin like an option.
    pub fn next_about(&self, command: &str, id: &str) -> String {
        if id.starts_with('-') {
            format!("{} -- {}", self.next(command), quoted(id))
        } else {
            self.next(&format!("{command} {}", quoted(id)))
        }
    }

    /// Whether the target has the operations that are extensions: the local service does, and so does one that an answer
    /// named.
    pub fn offers_extensions(&self) -> bool {
        self.service.is_some() || self.client.met_service()
    }

    /// What becomes of an import that nobody waits for any more.
    pub fn goes_on(&self) -> &'static str {
        goes_on(self.service.is_some())
    }

    /// Ends the session at once: what the local service has received in full is left to the next command.
    pub async fn leave(self) {
        if let Some(service) = self.service {
            service.stop().await;
        }
    }

    /// Ends the session: the local service first finishes the imports it has received.
    pub async fn close(self) {
        if let Some(service) = self.service {
            service.finish().await;
        }
    }
}

fn identity_of(folder: &Path) -> String {
    format!("the service in {}", folder.display())
}

/// The path as it would be told once it is there, without links.
fn settled(path: &Path) -> io::Result<PathBuf> {
    match std::fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path = std::path::absolute(path)?;
            match (path.parent(), path.file_name()) {
                (Some(folder), Some(name)) => Ok(settled(folder)?.join(name)),
                _ => Err(error),
            }
        }
        settled => settled,
    }
}

/// A transport over the HTTP stack that was asked for.
pub fn transport(stack: Stack) -> Result<DynTransport> {
    let reqwest = is_reqwest(stack);
    Ok(if reqwest { ReqwestTransport::new()?.into_dyn() } else { HyperTransport::new()?.into_dyn() })
}

fn is_reqwest(stack: Stack) -> bool {
    match stack {
        Stack::Auto => names_proxy(),
        Stack::Reqwest => true,
        Stack::Hyper => false,
    }
}

/// Whether the environment names a proxy, in one of the variables that HTTP tools share.
fn names_proxy() -> bool {
    let variables = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    variables.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// What becomes of an import that nobody waits for any more.
pub const fn goes_on(local: bool) -> &'static str {
    if local {
        "what was received in full is finished by the next command that opens the data folder"
    } else {
        "what the service has received in full, it goes on with"
    }
}
