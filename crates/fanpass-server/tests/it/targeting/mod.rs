//! Audiences: the language, whom an expression selects, and the operations.

mod cel;
mod language;
mod operations;
mod selection;
mod strategies;
