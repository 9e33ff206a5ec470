//! Tests of the workspace's tasks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod codegen;
mod contract;
mod diff;
mod release;
mod tidy;

use xtask::contract::Contract;

/// A contract with one of each thing that generators know.
const SMALL: &str = include_str!("fixtures/small.json");

/// A platform catalogue of two.
const CATALOGUE: &str = r#"
[[attribute]]
key = "user_properties.seat"
type = "boolean"
description = "Has a seat."
provenance = "documented"

[[attribute]]
key = "user_properties.plans"
description = "Plans."
provenance = "assumed"
"#;

fn small() -> Contract {
    Contract::parse(SMALL, CATALOGUE).unwrap()
}
