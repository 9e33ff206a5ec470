//! The bulk push, under a paused clock, against a service in memory.

mod flow;
mod id_budget;
mod limit;
mod order;
mod overload;
mod retries;
mod service;
mod stop;
