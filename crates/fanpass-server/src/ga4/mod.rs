//! Forwarding to Google Analytics 4: changes of platform attributes, never of custom ones, from the outbox to the
//! [Measurement Protocol](https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference).

mod attempt;
mod forwarder;
mod options;
mod payload;
mod standing;
mod target;

pub(crate) use forwarder::Forwarder;
pub use options::Ga4Options;
pub(crate) use standing::Forwarding;
