//! The routes are the contract's operations and nothing else, and every answer carries what it should.

use fanpass_model::operations;

use crate::harness::{Call, Harness};
use crate::snapshot;

#[tokio::test]
async fn every_operation_of_the_contract_is_routed() {
    let harness = Harness::start().await;
    for operation in operations::ALL {
        let path = operation.path.replace("{jti}", "x");
        let answer = harness.send(Call::new(operation.method, &path)).await;
        assert_eq!(answer.status, 401, "{}: {answer}", operation.id);
    }
}

#[tokio::test]
async fn a_path_takes_the_methods_of_its_operations_alone() {
    let harness = Harness::start().await;
    snapshot!("wrong_method", harness.send(Call::new("PUT", "/service/v1/tokens")).await);
    snapshot!("wrong_path", harness.send(Call::new("GET", "/api/v2/segments")).await);
    for operation in operations::ALL {
        let path = operation.path.replace("{jti}", "x");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let known =
                operations::ALL.iter().any(|other| other.path == operation.path && other.method == method);
            let answer = harness.send(Call::new(method, &path)).await;
            assert_eq!(answer.status == 405, !known, "{method} {path}: {answer}");
        }
    }
}

#[tokio::test]
async fn the_address_of_the_service_leads_browsers_to_the_portal() {
    let harness = Harness::start().await;
    let front = |method| Call::new(method, "/");
    let browser = |method| front(method).header("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    let led = harness.send(browser("GET")).await;
    assert_eq!((led.status, led.header("location")), (303, Some("/portal")), "{led}");
    for program in [front("GET"), front("GET").header("accept", "*/*"), browser("POST")] {
        let answer = harness.send(program).await;
        assert_eq!(
            (answer.status, &answer.json()["title"]),
            (404, &"There is no such thing".into()),
            "{answer}"
        );
    }
    let harness = harness.restart_with(|config| config.portal.enabled = false).await;
    assert_eq!(harness.send(browser("GET")).await.status, 404);
}

#[tokio::test]
async fn health_readiness_and_the_contract_need_no_token() {
    let harness = Harness::start().await;
    assert_eq!(harness.send(Call::new("GET", "/healthz")).await.body, "ok\n");
    assert_eq!(harness.send(Call::new("GET", "/readyz")).await.body, "ready\n");
    let contract = harness.send(Call::new("GET", "/openapi.json")).await;
    assert_eq!(contract.body, fanpass_model::CONTRACT_JSON);
    assert_eq!(contract.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn every_answer_names_its_call_and_the_service() {
    let harness = Harness::start().await;
    let call = |id: &str| Call::new("GET", "/healthz").header("x-request-id", id);
    let own = harness.send(call("crm-export_7.2:a")).await;
    assert_eq!(own.header("x-request-id"), Some("crm-export_7.2:a"));
    assert_eq!(own.header("x-fanpass-service"), Some(env!("CARGO_PKG_VERSION")));
    for strange in ["with space", "a\"b", &"x".repeat(129)] {
        let fresh = harness.send(call(strange)).await;
        let id = fresh.header("x-request-id").unwrap();
        assert!(id != strange && !id.is_empty(), "{id}");
    }
}
