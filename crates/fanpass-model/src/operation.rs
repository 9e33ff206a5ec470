//! What the table of operations says of each.

use std::fmt;

/// An operation of the API: an endpoint and what a call of it needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Its `operationId` in the contract, such as `createSegment`.
    pub id: &'static str,
    /// Its name for people, such as "Create/Update Segment".
    pub name: &'static str,
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path from the host on, its parameters in braces.
    pub path: &'static str,
    /// The media type of the body it takes, if it takes one. It tells apart operations that share a path.
    pub content_type: Option<&'static str>,
    /// The names of the query parameters it takes.
    pub query: &'static [&'static str],
    /// The HTTP status of an answer when all went well.
    pub success: u16,
    /// Where it comes from; an [`Provenance::Extension`] is missing from a FanPass that is not this
    /// project's service.
    pub provenance: Provenance,
    /// The token scope that our service asks for.
    pub scope: &'static str,
    /// Whether sending it again leaves things as sending it once did, so that a retry is safe even if the
    /// first attempt arrived.
    pub idempotent: bool,
    /// What it does, in one line.
    pub summary: &'static str,
}

impl Operation {
    /// Whether a call may change something, so that an idempotency key has a meaning: some that only read are a `POST`.
    pub fn is_write(&self) -> bool {
        self.method != "GET" && self.scope != "read"
    }
}

/// Where a part of the contract comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// The vendor's page says so.
    Documented,
    /// This project's reading, until a real collection says otherwise.
    Assumed,
    /// Offered by this project's service only.
    Extension,
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Documented => "documented",
            Self::Assumed => "assumed",
            Self::Extension => "extension",
        })
    }
}
