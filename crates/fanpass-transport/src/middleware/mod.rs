//! Middleware: transports around another transport, one file each, and the order in which they stand.

mod attempt_timeout;
mod auth;
mod rate_limit;
mod request_id;
mod retry;
mod retry_after;
mod retry_budget;
mod stack;
mod trace;

pub use attempt_timeout::AttemptTimeout;
pub use auth::{Auth, StaticToken, TokenSource};
pub use rate_limit::{RateLimit, RateLimited};
pub use request_id::RequestIds;
pub use retry::{Retry, RetryPolicy};
pub use retry_after::retry_after;
pub use retry_budget::RetryBudget;
pub use stack::Stack;
pub use trace::{AttemptTrace, CallTrace};
