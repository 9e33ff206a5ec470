//! Audiences: the language, whom an expression selects, and the operations.

mod language;
mod strategies;
