//! The language of audiences: a part of [CEL](https://cel.dev), read, checked, printed and held against a user.
//!
//! An [`Expression`] says of each user whether an audience holds it:
//!
//! ```
//! use fanpass_server::targeting::Expression;
//! let text = r#"segment("season-ticket-holders") && custom.loyalty_tier in ["gold", "platinum"]"#;
//! let expression: Expression = text.parse().unwrap();
//! assert_eq!(expression.to_string(), text);
//! ```
//!
//! Syntax and precedence are CEL's; `docs/service.md` lists what of it there is. In one thing the language differs: each
//! comparison with an attribute that is not set, or holds a value of another type, is `false`, `!=` too.

mod check;
mod cursor;
mod draft;
mod evaluate;
mod expression;
mod fault;
mod names;
mod operand;
mod parser;
mod print;
mod text_literal;
mod token;

pub use draft::{
    ATTRIBUTES_MAX, DEPTH_MAX, Draft, EXPRESSION_MAX_BYTES, LITERALS_MAX, Missing, SEGMENTS_MAX,
};
pub use evaluate::Facts;
pub(crate) use evaluate::Value;
pub use expression::{Expression, Literal, Operator, TextTest};
pub use fault::Fault;
