//! The routes are the contract's operations and nothing else, and every answer carries what it should.

use fanpass_model::operations;
use serde_json::json;

use crate::harness::{Call, Harness, update as update_of};
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
async fn no_operation_passes_over_a_parameter() {
    let harness = Harness::start().await;
    for operation in operations::ALL {
        let path = operation.path.replace("{jti}", "x");
        let answer = harness.call(Call::new(operation.method, &format!("{path}?dryRun=true"))).await;
        assert_eq!(answer.status, 422, "{}: {answer}", operation.id);
        assert_eq!(answer.json()["errors"][0]["pointer"], "dryRun", "{answer}");
    }
    snapshot!(
        "unknown_parameters",
        harness.call(Call::new("POST", "/service/v1/keys?dryRun=true&x=1&x=2")).await
    );
    let keys = harness.get("/service/v1/keys").await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1, "no key was made");
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

/// Sends lines as they are, and says the status, and the detail if there is one.
async fn told(harness: &Harness, lines: &[&str]) -> (u16, String) {
    let request = format!("{}\r\n\r\n", lines.join("\r\n"));
    let answer = harness.exchange(request.as_bytes()).await;
    if answer.status >= 400 {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer}");
        assert!(answer.header("x-request-id").is_some(), "{answer}");
    }
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_request_says_once_which_host_it_is_for() {
    let harness = Harness::start().await;
    let (get, close) = ("GET /healthz HTTP/1.1", "connection: close");
    for good in ["host: fanpass", "host: [::1]:80", "host:"] {
        assert_eq!(told(&harness, &[get, good, close]).await.0, 200, "{good}");
    }
    assert_eq!(told(&harness, &["GET /healthz HTTP/1.0"]).await.0, 200);
    for bad in [
        &[get, close] as &[_],
        &[get, "host: a", "host: a", close],
        &[get, "host: a b", close],
        &[get, "host: u@a", close],
    ] {
        assert_eq!(told(&harness, bad).await.0, 400, "{bad:?}");
    }
}

#[tokio::test]
async fn headers_that_would_say_two_things_are_refused() {
    let harness = Harness::start().await;
    let rotate = "POST /service/v1/keys HTTP/1.1";
    let token = format!("authorization: Bearer {}", harness.token);
    let rest = ["host: fanpass", "connection: close"];
    for twice in [&token, "idempotency-key: a", "content-type: application/json", "x-fanpass-fault: 503"] {
        let lines = [&[rotate, &token, twice], &rest[..], &[twice]].concat();
        let (status, body) = told(&harness, &lines).await;
        assert!(status == 400 && body.contains("stands twice"), "{twice}: {body}");
    }
    let keys = harness.get("/service/v1/keys").await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1, "no key was made");
}

#[tokio::test]
async fn a_body_has_no_transfer_coding_but_chunked() {
    let harness = Harness::start().await;
    let token = format!("authorization: Bearer {}", harness.token);
    let list = r#"{"segmentName":"cup","userIds":["a"]}"#;
    let send = async |coding: &str| {
        let head = [
            "POST /api/v1/segments HTTP/1.1",
            "host: fanpass",
            &token,
            "content-type: application/json",
            coding,
        ];
        let request = format!("{}\r\n\r\n{:x}\r\n{list}\r\n0\r\n\r\n", head.join("\r\n"), list.len());
        harness.exchange(request.as_bytes()).await
    };
    for coding in ["gzip, chunked", "chunked, chunked", "chunked\r\ntransfer-encoding: chunked"] {
        let answer = send(&format!("transfer-encoding: {coding}")).await;
        assert_eq!(answer.status, 501, "{coding}: {answer}");
    }
    assert_eq!(send("transfer-encoding: Chunked").await.status, 200);
}

#[tokio::test]
async fn what_never_gets_to_the_service_is_refused_without_a_problem() {
    let harness = Harness::start().await;
    let long = format!("GET /{} HTTP/1.1", "a".repeat(65_534));
    for (status, lines) in
        [(414, [&long, "host: a"]), (400, ["POST / HTTP/1.1", "content-length: 1\r\ncontent-length: 2"])]
    {
        let answer = harness.exchange(format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes()).await;
        assert_eq!((answer.status, answer.body.as_str(), answer.header("x-request-id")), (status, "", None));
    }
    let within = format!("GET /{} HTTP/1.1", "a".repeat(65_533));
    assert_eq!(told(&harness, &[&within, "host: a", "connection: close"]).await.0, 431);
}

#[tokio::test]
async fn a_parameter_that_is_not_utf8_is_not_taken_for_another() {
    let harness = Harness::start().await;
    let fan = "\u{fffd}fan";
    let update = json!({"userId": fan, "userProperties": {"user_properties.sth": true}}).to_string();
    assert_eq!(harness.call(update_of(&update)).await.status, 200);
    for (method, path) in [
        ("DELETE", "user?userId=%FFfan"),
        ("GET", "user?userId=%FEfan"),
        ("GET", "user/history?userId=%C3fan"),
        ("GET", "users?after=%FF"),
        ("DELETE", "segment?segmentName=%FF"),
        ("GET", "user?userId=%zz"),
        ("GET", "user?userId=%4"),
        ("GET", "users?after=100%"),
    ] {
        let answer = harness.call(Call::new(method, &format!("/service/v1/{path}"))).await;
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["code"]),
            (422, &json!("not_utf8")),
            "{answer}"
        );
    }
    assert_eq!(
        harness.get("/service/v1/user?userId=%EF%BF%BDfan").await.status,
        200,
        "who is called that is there"
    );
}
