//! Statuses and headers that an operation answers with for what it is: a rule, so that none is forgotten in the contract.

use anyhow::{Result, ensure};

use super::{Contract, Operation};

/// Its token, its parameters, its rate and the service itself may be in the way of any operation.
const ANY: [u16; 7] = [401, 403, 422, 429, 500, 503, 507];
/// A body can be malformed, slow, too large or of another type.
const BODY: [u16; 4] = [400, 408, 413, 415];
/// An idempotency key can be malformed, or that of a call under way.
const KEY: [u16; 2] = [400, 409];
/// What tells that an answer was given before.
const REPLAYED: &str = "Idempotency-Replayed";

/// Refuses an operation that lacks one of them, and a write that takes no idempotency key.
pub(super) fn check(contract: &Contract) -> Result<()> {
    for operation in &contract.operations {
        let Operation { id, method, scope, request, failures, .. } = operation;
        let writes = method != "GET" && scope != "read";
        ensure!(
            writes == operation.takes_key(),
            "/paths: `{id}` takes an `Idempotency-Key` and writes nothing, or the other way round"
        );
        ensure!(
            writes == operation.success.headers.iter().any(|(name, _)| name == REPLAYED),
            "/paths: `{id}` tells `{REPLAYED}` and writes nothing, or the other way round"
        );
        let body: &[u16] = if request.is_some() { &BODY } else { &[] };
        let key: &[u16] = if writes { &KEY } else { &[] };
        for status in ANY.iter().chain(body).chain(key) {
            let there = failures.iter().any(|failure| failure.status == *status);
            ensure!(there, "/paths: `{id}` lacks the answer {status}");
        }
    }
    Ok(())
}
