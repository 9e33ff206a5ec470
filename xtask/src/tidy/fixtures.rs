//! The oracle: each operation of the vendor's has a request and an answer that were written by hand.

use std::path::Path;

use super::{Finding, Workspace};
use crate::codegen::snake_case;
use crate::contract::{Contract, Example, Provenance};

const FIXTURES: &str = "crates/fanpass-model/tests/fixtures";

/// Fixtures that `contract` asks for and that are not there.
pub(super) fn missing(workspace: &Workspace, contract: &Contract) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ours = |provenance: Provenance| provenance == Provenance::Extension;
    for operation in contract.operations.iter().filter(|operation| !ours(operation.provenance)) {
        let is_json = |example: &Example| matches!(example, Example::Json(_));
        let request = operation.request.as_ref().and_then(|body| body.example.as_ref());
        let answer = operation.success.body.as_ref().and_then(|body| body.example.as_ref());
        for (name, example) in [("request.json", request), ("response.json", answer)] {
            let path = Path::new(FIXTURES).join(snake_case(&operation.id)).join(name);
            if example.is_some_and(is_json) && !workspace.files.contains_key(&path) {
                let mend =
                    format!("write one by hand for {}, and a round trip in tests/it/wire.rs", operation.name);
                findings.push(Finding::new(path, "is missing", mend));
            }
        }
    }
    findings
}
