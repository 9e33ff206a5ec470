//! Pages of long entries: they end by their bytes, and none is left out.

use fanpass_transport::{RequestBody, Transport as _};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use crate::harness::{Harness, post, update};

/// A page has 4 MiB and the entry that reaches them, which is no more than two bodies of an update.
const ANSWER_MAX: usize = 7 << 20;

/// All entries of a list, each answer of which is bounded, and how many pages they took.
async fn all(harness: &Harness, path: &str, entries: &str) -> (Vec<Value>, usize) {
    let (mut found, mut pages, mut address) = (Vec::new(), 0, path.to_owned());
    loop {
        let answer = harness.get(&address).await;
        assert!(answer.body.len() < ANSWER_MAX, "{path} answers {} bytes", answer.body.len());
        let page = answer.json();
        found.extend(page[entries].as_array().unwrap().iter().cloned());
        pages += 1;
        match page["next"].as_str() {
            Some(next) => address = format!("{path}&after={next}"),
            None => return (found, pages),
        }
    }
}

/// A service that knows of one user six long changes.
async fn with_a_long_history() -> Harness {
    let harness = Harness::start().await;
    harness.register("custom.notes", "list").await;
    for letter in ["a", "b", "c", "d", "e", "f"] {
        let notes: Vec<_> = (0..200).map(|_| letter.repeat(4_000)).collect();
        let body = json!({"userId": "1", "userProperties": {"custom.notes": notes}});
        assert_eq!(harness.call(update(&body.to_string())).await.status, 200);
    }
    harness
}

#[tokio::test]
async fn a_history_of_long_changes_is_told_in_bounded_pages() {
    let harness = with_a_long_history().await;
    let (changes, pages) = all(&harness, "/service/v1/user/history?userId=1&limit=1000", "changes").await;
    let letters: Vec<_> = changes.iter().map(|change| change["attributes"][0]["after"][0].as_str()).collect();
    let letters: Vec<_> = letters.into_iter().map(|text| text.unwrap().get(..1).unwrap()).collect();
    assert_eq!((letters.concat(), pages > 1), ("fedcba".to_owned(), true));
}

#[tokio::test]
async fn an_export_says_where_the_rest_of_a_long_history_is() {
    let harness = with_a_long_history().await;
    let answer = harness.get("/service/v1/user/export?userId=1").await;
    assert!(answer.body.len() < ANSWER_MAX, "{} bytes", answer.body.len());
    let export = answer.json();
    assert_eq!((&export["complete"], &export["auditNext"]), (&json!(false), &Value::Null));
    let after = export["historyNext"].as_str().unwrap();
    let rest = format!("/service/v1/user/history?userId=1&limit=1000&after={after}");
    let rest = harness.get(&rest).await.json()["changes"].as_array().unwrap().len();
    assert_eq!(export["history"].as_array().unwrap().len() + rest, 6);
}

#[tokio::test]
async fn one_user_has_a_bounded_lot_of_attributes() {
    let harness = Harness::start().await;
    let set = async |number: usize, notes: Value| {
        let body = json!({"userId": "1", "userProperties": {format!("custom.n{number}"): notes}});
        harness.call(update(&body.to_string())).await
    };
    let notes = json!(vec!["x".repeat(4_000); 80]);
    let mut statuses = Vec::new();
    for number in 0..5 {
        harness.register(&format!("custom.n{number}"), "list").await;
        statuses.push(set(number, notes.clone()).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 409, 409]);
    assert_eq!(set(0, Value::Null).await.status, 200);
    assert_eq!(set(4, notes).await.status, 200, "there is room again");
}

#[tokio::test]
async fn attributes_of_many_values_are_told_in_bounded_pages() {
    let harness = Harness::start().await;
    let values: Vec<_> = (0..256).map(|number| format!("{number:0>250}")).collect();
    for number in 0..70 {
        let body = json!({"key": format!("custom.a{number}"), "type": "string", "allowedValues": values});
        assert_eq!(harness.call(post("/service/v1/attributes").json(&body.to_string())).await.status, 200);
    }
    let (attributes, pages) = all(&harness, "/service/v1/attributes?limit=1000", "attributes").await;
    let mut keys: Vec<_> = attributes.iter().map(|known| known["key"].as_str().unwrap()).collect();
    assert_eq!((keys.len(), pages > 1), (72, true));
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 72);
    assert_eq!(harness.get("/service/v1/attributes?after=x").await.status, 422);
}

#[tokio::test]
async fn so_many_long_answers_are_under_way_at_a_time() {
    let harness = Harness::start().await;
    let transport = harness.service.transport();
    let ask = || {
        let bearer = format!("Bearer {}", harness.token);
        let request =
            http::Request::get("http://local/service/v1/attributes").header("authorization", bearer);
        transport.send(request.body(RequestBody::from("")).unwrap())
    };
    // All of it is in memory: an answer needs nothing but a place.
    let mut untaken: Vec<_> = (0..16).map(|_| ask().now_or_never().unwrap().unwrap()).collect();
    let mut next = Box::pin(ask());
    assert!((&mut next).now_or_never().is_none());
    untaken.pop();
    assert_eq!(next.await.unwrap().status(), 200);
}
