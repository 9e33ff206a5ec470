//! The Portal over a real socket: who is let in, what pages hold, what they refuse to hold.

mod audiences;
mod forms;
mod headers;
mod lists;
pub mod person;
mod sessions;
mod streams;
