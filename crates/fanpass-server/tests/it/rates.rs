//! Rates of calls, and what refused calls leave in the audit when they come in floods.

use serde_json::Value;

use crate::harness::{Call, Harness};
use crate::snapshot;

const SECOND: i64 = 1_000_000;

fn list() -> Call {
    Call::new("GET", "/service/v1/segments")
}

/// Status and outcome of each record of `operation`, oldest first.
async fn records(harness: &Harness, operation: &str) -> Vec<(u64, Value)> {
    let path = format!("/service/v1/audit?operation={operation}&limit=1000");
    let list = harness.get(&path).await.json();
    let records = list["records"].as_array().unwrap().iter().rev();
    records.map(|record| (record["status"].as_u64().unwrap(), record["outcome"].clone())).collect()
}

#[tokio::test]
async fn a_token_past_its_rate_waits_and_others_do_not() {
    let harness = Harness::with(|config| {
        config.limits.requests_per_second_per_token = 2;
        config.limits.request_burst_per_token = 3;
    })
    .await;
    let (greedy, modest) = (harness.issue("a", &["read"]).await, harness.issue("b", &["read"]).await);
    for _ in 0..3 {
        assert_eq!(harness.call_as(&greedy, list()).await.status, 200);
    }
    snapshot!("too_many_requests", harness.call_as(&greedy, list()).await);
    assert_eq!(harness.call_as(&modest, list()).await.status, 200);
    harness.clock.advance(SECOND / 2);
    assert_eq!(harness.call_as(&greedy, list()).await.status, 200, "there is room for one again");
    assert_eq!(harness.call_as(&greedy, list()).await.status, 429);
}

#[tokio::test]
async fn a_clock_that_goes_back_locks_nobody_out() {
    let harness = Harness::with(|config| config.limits.requests_per_second_per_token = 2).await;
    let greedy = harness.issue("a", &["read"]).await;
    let mut statuses = Vec::new();
    for _ in 0..2 {
        for _ in 0..3 {
            statuses.push(harness.call_as(&greedy, list()).await.status);
        }
        // A little less than tokens of the future are accepted for.
        harness.clock.advance(-29 * SECOND);
    }
    assert_eq!(statuses, [200, 200, 429, 200, 200, 429]);
}

#[tokio::test]
async fn a_subject_has_one_rate_for_all_its_tokens() {
    let harness = Harness::with(|config| config.limits.requests_per_second_per_subject = 3).await;
    let tokens = [harness.issue("a", &["read"]).await, harness.issue("a", &["read"]).await];
    let mut statuses = Vec::new();
    for token in [&tokens[0], &tokens[1], &tokens[0], &tokens[1]] {
        statuses.push(harness.call_as(token, list()).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[tokio::test]
async fn a_flood_of_refused_calls_leaves_a_few_records_and_a_count() {
    let harness = Harness::with(|config| config.limits.requests_per_second_per_token = 1).await;
    let greedy = harness.issue("greedy", &["read"]).await;
    for _ in 0..20 {
        harness.call_as(&greedy, list()).await;
        harness.send(Call::new("GET", "/service/v1/attributes")).await;
    }
    harness.clock.advance(SECOND);
    assert_eq!(records(&harness, "listSegments").await, [(200, Value::Null), (429, Value::Null)]);

    let harness = harness.restart().await;
    let limited = records(&harness, "listSegments").await;
    assert_eq!(limited[2..], [(429, Value::from(r#"{"calls":18}"#))]);
    let unknown = records(&harness, "listAttributes").await;
    assert_eq!(unknown.len(), 11);
    assert_eq!(unknown[10], (401, Value::from(r#"{"calls":10}"#)));
}
