//! What an operator decides: the data folder, the limits, the platform catalogue, how long tokens live.

use std::path::PathBuf;
use std::time::Duration;

use fanpass_model::{AttributeDefinition, PlatformPolicy, ServiceSetting};

use crate::faults::FaultOptions;
use crate::ga4::Ga4Options;
use crate::imports::ImportOptions;

/// How a [`Service`](crate::Service) runs. Everything but the data folder has a default that suits a laptop and a
/// small server.
///
/// ```
/// use fanpass_server::{Config, Limits};
/// let config = Config {
///     data: "/var/lib/fanpass".into(),
///     limits: Limits { concurrent_uploads: 2, ..Limits::default() },
///     ..Config::default()
/// };
/// assert_eq!(config.limits.upload_bytes, 4 * 1024 * 1024 * 1024);
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder, made when it is not there. One service at a time owns it. Default `.fanpass`.
    pub data: PathBuf,
    /// What one caller may ask of the service.
    pub limits: Limits,
    /// What to do with a `user_properties.*` key that neither the contract's catalogue nor
    /// [`platform_attributes`](Self::platform_attributes) knows. Default: refuse it.
    pub platform_policy: PlatformPolicy,
    /// Platform attributes beside those of the contract's catalogue; one of the same key replaces it.
    pub platform_attributes: Vec<AttributeDefinition>,
    /// How long a token lives that was issued without a lifetime of its own. Default: 365 days.
    pub token_lifetime: Duration,
    /// How imports run.
    pub imports: ImportOptions,
    /// Faults on demand, to test a client against. Default: none, ever.
    pub faults: FaultOptions,
    /// Where changes of platform attributes are forwarded to. Default: nowhere.
    pub ga4: Ga4Options,
    /// How long it is kept what updates changed of users. Default: 365 days.
    pub user_history: Duration,
    /// How long a stopping service waits for calls under way. Default: 30 s.
    pub drain: Duration,
    /// The pages for people.
    pub portal: PortalOptions,
    /// What Get Settings tells, which changes nothing: settings under the names and with the origins that whoever runs the
    /// service knows them by. No secret belongs here. Default: none.
    pub settings: Vec<ServiceSetting>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from(".fanpass"),
            limits: Limits::default(),
            platform_policy: PlatformPolicy::default(),
            platform_attributes: Vec::new(),
            token_lifetime: Duration::from_hours(24 * 365),
            imports: ImportOptions::default(),
            faults: FaultOptions::default(),
            ga4: Ga4Options::default(),
            user_history: Duration::from_hours(24 * 365),
            drain: Duration::from_secs(30),
            portal: PortalOptions::default(),
            settings: Vec::new(),
        }
    }
}

/// The pages for people, at `/portal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalOptions {
    /// Whether there are any. Default: yes.
    pub enabled: bool,
    /// Whether browsers are to send a session over HTTPS alone, under a name that no other host can set. To be set where the
    /// service is reached through a proxy that speaks HTTPS; without one nobody could sign in. Default: no.
    pub secure_cookie: bool,
}

impl Default for PortalOptions {
    fn default() -> Self {
        Self { enabled: true, secure_cookie: false }
    }
}

/// Bounds on what arrives from the network; each names the status that answers what is past it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's head: its target and its headers (431). Default: 32 KiB.
    pub header_bytes: usize,
    /// Headers of a request (431). Default: 100.
    pub header_count: usize,
    /// Bytes of an inline segment's JSON body (413). Default: 32 MiB, about a million ids.
    pub inline_body_bytes: u64,
    /// Ids of an inline segment (422). Default: 2,000,000.
    pub ids_per_list: usize,
    /// Bytes of all inline segments' JSON bodies that are received or stored at the same time (503 with `Retry-After`).
    /// Default: 128 MiB.
    pub inline_bytes_in_all: u64,
    /// Bytes of any other JSON body (413). Default: 1 MiB.
    pub body_bytes: u64,
    /// Objects and lists inside each other in a JSON body (422). Default: 32.
    pub json_depth: usize,
    /// Members of all objects of a JSON body together (422). Default: 4,096.
    pub json_members: usize,
    /// Bytes of a form part that is not the file (422). Default: 4 KiB.
    pub form_text_bytes: usize,
    /// Bytes of a form part's own headers (422). Default: 8 KiB.
    pub form_header_bytes: usize,
    /// Bytes of all JSON bodies but inline lists that are received, or whose calls are under way, at the same time (503 with
    /// `Retry-After`). Default: 64 MiB.
    pub body_bytes_in_all: u64,
    /// Bytes of all answers of more than 64 KiB that are not sent yet; one more waits, for 10 s at most (503 with `Retry-After`).
    /// Default: 128 MiB.
    pub answer_bytes_in_all: u64,
    /// Bytes of an uploaded file (413). Default: 4 GiB.
    pub upload_bytes: u64,
    /// Uploads that are received at the same time (503 with `Retry-After`). Default: 8.
    pub concurrent_uploads: usize,
    /// Imports that were received and wait for their turn, uploads under way counted (503 with `Retry-After`).
    /// Default: 1,000.
    pub imports_waiting: usize,
    /// Writes of users, tokens and audit records that wait for the disk (503 with `Retry-After`). Default: 4,096.
    pub writes_waiting: usize,
    /// Bytes of the data folder's disk that uploads and inline segments leave free (507). Default: 256 MiB.
    pub disk_kept_free: u64,
    /// Attributes that one update may carry (422). Default: 256.
    pub attributes_per_update: usize,
    /// Custom attributes that may ever be registered (409). Default: 2,000.
    pub attributes_registered: usize,
    /// How long a connection may take to send the head of a request (closed). Default: 10 s.
    pub header_timeout: Duration,
    /// How long a request's body may pause (408). Default: 30 s.
    pub body_pause: Duration,
    /// Bytes a second that a body must keep up on average, once [`body_pause`](Self::body_pause) has passed (408); 0 asks for
    /// nothing. Default: 4 KiB.
    pub body_rate: u64,
    /// How long a client may leave an answer unread (closed). Default: 30 s.
    pub answer_pause: Duration,
    /// Connections open at the same time; further ones wait to be accepted. Fewer where the system's limit of open files leaves
    /// less beside what the storage needs: see [`raise_open_files`](crate::raise_open_files). Default: 1,024.
    pub connections: usize,
    /// Calls a second that one token may make in the long run (429 with `Retry-After`); 0 sets no limit. Default: 0, since a
    /// push makes as many as it can.
    pub requests_per_second_per_token: u32,
    /// Calls that one token may make at once after a pause; 0: those of a second. Default: 0.
    pub request_burst_per_token: u32,
    /// As [`requests_per_second_per_token`](Self::requests_per_second_per_token), for all tokens of one subject together.
    /// Default: 0.
    pub requests_per_second_per_subject: u32,
    /// As [`request_burst_per_token`](Self::request_burst_per_token), for all tokens of one subject together. Default: 0.
    pub request_burst_per_subject: u32,
}

const MIB: u64 = 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 32 * 1024,
            header_count: 100,
            inline_body_bytes: 32 * MIB,
            ids_per_list: 2_000_000,
            inline_bytes_in_all: 128 * MIB,
            body_bytes: MIB,
            json_depth: 32,
            json_members: 4096,
            form_text_bytes: 4096,
            form_header_bytes: 8192,
            body_bytes_in_all: 64 * MIB,
            answer_bytes_in_all: 128 * MIB,
            upload_bytes: 4096 * MIB,
            concurrent_uploads: 8,
            imports_waiting: 1000,
            writes_waiting: 4096,
            disk_kept_free: 256 * MIB,
            attributes_per_update: 256,
            attributes_registered: 2000,
            header_timeout: Duration::from_secs(10),
            body_pause: Duration::from_secs(30),
            body_rate: 4 * 1024,
            answer_pause: Duration::from_secs(30),
            connections: 1024,
            requests_per_second_per_token: 0,
            request_burst_per_token: 0,
            requests_per_second_per_subject: 0,
            request_burst_per_subject: 0,
        }
    }
}
