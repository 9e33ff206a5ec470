//! The bulk push, under a paused clock, against a service in memory.

mod flow;
mod limit;
mod order;
mod overload;
mod retries;
mod service;
mod stop;
