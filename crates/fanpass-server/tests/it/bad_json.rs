//! JSON that a request may not be, or not say: each fault is named by its place.

use serde_json::json;

use crate::bad_input::refused;
use crate::harness::{Call, Harness, post, segment, update};
use crate::snapshot;

#[tokio::test]
async fn attributes_that_may_not_be_written() {
    let harness = Harness::start().await;
    let set = |key: &str| update(&json!({"userId": "u1", "userProperties": {key: "x"}}).to_string());
    snapshot!("unknown_prefix", refused(&harness, set("loyalty_tier")).await);
    snapshot!("unregistered_key", refused(&harness, set("custom.loyalty_tier")).await);
    snapshot!("unknown_platform_key", refused(&harness, set("user_properties.st")).await);
    snapshot!("no_attributes", refused(&harness, update(r#"{"userId":"u1","userProperties":{}}"#)).await);
    let twice =
        r#"{"userId":"u1","userProperties":{"user_properties.sth":true,"user_properties.sth":false}}"#;
    snapshot!("attribute_twice", refused(&harness, update(twice)).await);
    let deep = r#"{"userId":"u1","userProperties":["user_properties.sth"]}"#;
    snapshot!("properties_not_an_object", refused(&harness, update(deep)).await);
}

#[tokio::test]
async fn ids_that_are_not_text() {
    let harness = Harness::start().await;
    snapshot!("no_user_ids", refused(&harness, segment(r#"{"segmentName":"cup","userIds":[]}"#)).await);
    let number = r#"{"segmentName":"cup","userIds":["a","b","c",42]}"#;
    snapshot!("number_as_id", refused(&harness, segment(number)).await);
    let odd = r#"{"segmentName":"cup","userIds":["a"," b",null,"","\u0007",1e5,["c"]],"colour":1}"#;
    snapshot!("ids_of_all_kinds", refused(&harness, segment(odd)).await);
    let many = json!({"segmentName": "cup", "userIds": vec![42; 500]});
    let named =
        refused(&harness, segment(&many.to_string())).await.json()["errors"].as_array().unwrap().len();
    assert_eq!(named, 100);
    snapshot!("list_as_body", refused(&harness, segment(r#" ["cup",["a"]]"#)).await);
    snapshot!("ids_not_a_list", refused(&harness, segment(r#"{"segmentName":"cup","userIds":"map"}"#)).await);
    let name = r#"{"segmentName":7,"userIds":["a"]}"#;
    snapshot!("number_as_name", refused(&harness, segment(name)).await);
}

#[tokio::test]
async fn all_of_it_is_named_at_once() {
    let harness = Harness::start().await;
    let wrong = r#"{"segmentName":"","userIds":[]}"#;
    snapshot!("empty_name_and_list", refused(&harness, segment(wrong)).await);
    let tokens = |body: &str| post("/service/v1/tokens").json(body);
    for (call, wrong) in [
        (segment(r#"{"userIds":[7]}"#), &["/segmentName", "/userIds/0"][..]),
        (
            segment(r#"{"segmentName":1,"userIds":"x","mode":2,"foo":1}"#),
            &["/foo", "/mode", "/segmentName", "/userIds"],
        ),
        (segment(r#"{"userIds":"x","userIds":"y"}"#), &["/segmentName", "/userIds"]),
        (update("{}"), &["/userId", "/userProperties"]),
        (update(r#"{"userId":1,"userProperties":2,"foo":3}"#), &["/foo", "/userId", "/userProperties"]),
        (tokens(r#"{"subject":1,"scopes":"x","zz":1}"#), &["/scopes", "/subject", "/zz"]),
        (Call::new("GET", "/service/v1/segments?limit=0&zz=1&after=%ff"), &["after", "limit", "zz"]),
    ] {
        let answer = refused(&harness, call).await.json();
        let mut pointers: Vec<_> = answer["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["pointer"].as_str().unwrap())
            .collect();
        pointers.sort_unstable();
        assert_eq!(pointers, wrong, "{answer}");
    }
    snapshot!("empty_request", refused(&harness, segment("{}")).await);
}

#[tokio::test]
async fn null_stands_for_nothing_that_a_request_may_leave_out() {
    let harness = Harness::start().await;
    let mode = segment(r#"{"segmentName":"cup","mode":null,"userIds":["a"]}"#);
    snapshot!("null_as_mode", refused(&harness, mode).await);
    let requests = [
        ("/service/v1/segments/combine", r#"{"all":["cup"],"any":null}"#, "/any"),
        ("/service/v1/segments/combine", r#"{"all":["cup"],"limit":null}"#, "/limit"),
        ("/service/v1/audiences/preview", r#"{"expression":"true","count":null}"#, "/count"),
        (
            "/service/v1/audiences",
            r#"{"audienceName":"a","expression":"true","description":null}"#,
            "/description",
        ),
        ("/service/v1/segment/rollback", r#"{"segmentName":"cup","version":null}"#, "/version"),
        ("/service/v1/attributes", r#"{"key":"custom.a","type":null}"#, "/type"),
        ("/service/v1/attributes", r#"{"key":"custom.a","allowedValues":null}"#, "/allowedValues"),
        ("/service/v1/tokens", r#"{"subject":"x","lifetimeSeconds":null}"#, "/lifetimeSeconds"),
    ];
    for (path, body, pointer) in requests {
        let answer = refused(&harness, post(path).json(body)).await;
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["pointer"]),
            (422, &pointer.into()),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn values_of_another_type_than_their_member_has_are_told_by_their_place() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    // None of which any member takes.
    let other = ["1.5", "1e999", r#""\ud800""#, r#"{"a":1,"b":2}"#];
    let members: [(&str, &[&str]); 9] = [
        ("/service/v1/attributes", &["key", "type", "allowedValues", "description", "owner"]),
        ("/service/v1/attribute/state", &["key", "state"]),
        ("/service/v1/audiences/preview", &["expression", "after", "limit", "count"]),
        ("/service/v1/audiences", &["audienceName", "expression", "description"]),
        ("/service/v1/segments/combine", &["all", "any", "none", "after", "limit", "count"]),
        ("/service/v1/segment/rollback", &["segmentName", "version"]),
        ("/service/v1/tokens", &["subject", "scopes", "lifetimeSeconds"]),
        ("/api/v1/segments", &["segmentName", "userIds", "mode"]),
        ("/api/v1/update_user", &["userId", "userProperties"]),
    ];
    for (path, members) in members {
        for member in members {
            for value in other {
                let answer = harness.call(post(path).json(&format!(r#"{{"{member}":{value}}}"#))).await;
                assert_eq!(answer.status, 422, "{path}, {member}, {value}: {answer}");
                let told = answer.json()["errors"].to_string();
                assert!(
                    told.contains(&format!(r#""pointer":"/{member}"#)),
                    "{path}, {member}, {value}: {told}"
                );
            }
        }
    }
    let register = |body: &str| post("/service/v1/attributes").json(body);
    snapshot!("number_as_type", refused(&harness, register(r#"{"key":"custom.a","type":5}"#)).await);
    snapshot!(
        "negative_lifetime",
        refused(&harness, post("/service/v1/tokens").json(r#"{"subject":"x","lifetimeSeconds":-1}"#)).await
    );
    snapshot!(
        "object_as_type",
        refused(&harness, register(r#"{"key":"custom.a","type":{"a":1,"b":2}}"#)).await
    );
}

#[tokio::test]
async fn members_that_are_misspelt_missing_or_doubled() {
    let harness = Harness::start().await;
    let misspelt = r#"{"segmentName":"cup","user_ids":["a"]}"#;
    snapshot!("misspelt_member", refused(&harness, segment(misspelt)).await);
    let surplus = r#"{"segmentName":"cup","userIds":["a"],"colour":"append"}"#;
    snapshot!("surplus_member", refused(&harness, segment(surplus)).await);
    let doubled = r#"{"segmentName":"cup","userIds":["a"],"userIds":["b"]}"#;
    snapshot!("doubled_member", refused(&harness, segment(doubled)).await);
}

#[tokio::test]
async fn json_that_is_malformed() {
    let harness = Harness::start().await;
    snapshot!(
        "malformed_json",
        refused(&harness, segment("{\"segmentName\":\"cup\",\n \"userIds\": [\"a\"}")).await
    );
    snapshot!(
        "trailing_garbage",
        refused(&harness, segment(r#"{"segmentName":"cup","userIds":["a"]} x"#)).await
    );
    snapshot!("empty_body", refused(&harness, segment("")).await);
    let deep = format!(r#"{{"segmentName":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(refused(&harness, segment(&deep)).await.status, 422);
    let deep = format!(
        r#"{{"userId":"u1","userProperties":{{"custom.x":{}1{}}}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!((400..=422).contains(&refused(&harness, update(&deep)).await.status));
    let not_utf8 = post("/api/v1/segments").header("content-type", "application/json");
    let body = b"{\"segmentName\":\"c\xffp\",\"userIds\":[\"a\"]}";
    assert_eq!(refused(&harness, not_utf8.body(body)).await.status, 400);
}

#[tokio::test]
async fn what_is_very_long_is_told_in_brief() {
    let harness = Harness::start().await;
    let long = "z".repeat(1 << 20);
    for body in [
        json!({"segmentName": "cup", "userIds": ["1"], (&long): 1}),
        json!({"segmentName": "cup", "userIds": ["1"], "mode": long}),
        json!({"segmentName": "cup", "userIds": long}),
    ] {
        let answer = harness.call(segment(&body.to_string())).await;
        assert!(answer.status == 422 && answer.body.len() < 4_000, "{} bytes", answer.body.len());
        assert!(answer.body.contains("zzz…zzz"), "{answer}");
    }
    let name = harness.call(segment(&json!({(&long): 1}).to_string())).await.json();
    let detail = name["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("`zzz") && detail.ends_with("check its spelling"), "{detail}");
}
