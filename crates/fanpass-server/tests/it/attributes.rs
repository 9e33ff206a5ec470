//! List Attributes, Register Attribute and Set Attribute State over a real socket.

use crate::harness::{Call, Harness, post, update};
use crate::snapshot;

#[tokio::test]
async fn registered_attributes_are_listed_behind_the_platform_catalogue() {
    let harness = Harness::start().await;
    let definition = r#"{"key":"custom.tier","type":"string","description":"Tier"}"#;
    let call = post("/service/v1/attributes").json(definition);
    let answer = harness.call(call.clone()).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, definition));
    assert_eq!(harness.call(call).await.status, 200, "the same again changes nothing");
    snapshot!("list_attributes", harness.get("/service/v1/attributes").await);
}

#[tokio::test]
async fn what_cannot_be_registered_is_said() {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    let register =
        async |definition: &str| harness.call(post("/service/v1/attributes").json(definition)).await;
    snapshot!("register_other_type", register(r#"{"key":"custom.tier","type":"number"}"#).await);
    snapshot!("register_platform_key", register(r#"{"key":"user_properties.shoe"}"#).await);
    snapshot!("register_unknown_type", register(r#"{"key":"custom.x","type":"date"}"#).await);
    snapshot!("register_unknown_member", register(r#"{"key":"custom.x","typ":"number"}"#).await);
    assert_eq!(harness.get("/service/v1/attributes").await.json()["attributes"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn all_that_is_wrong_with_a_definition_is_said_at_once() {
    let harness = Harness::start().await;
    let wrong = r#"{"key":"user_properties.x","type":"number","allowedValues":[1,"a",1],"owner":"","state":"gone","ga4":{"name":"x","findings":[]},"tpye":1}"#;
    snapshot!("register_all_wrong", harness.call(post("/service/v1/attributes").json(wrong)).await);
}

const TIER: &str = r#"{"key":"custom.tier","type":"string","allowedValues":["silver","gold"],"description":"Tier","owner":"CRM team"}"#;

fn tier(value: &str) -> Call {
    update(&format!(r#"{{"userId":"00042","userProperties":{{"custom.tier":{value}}}}}"#))
}

#[tokio::test]
async fn only_allowed_values_are_stored_and_stored_ones_stay() {
    let harness = Harness::start().await;
    let register = async |body: &str| harness.call(post("/service/v1/attributes").json(body)).await;
    assert_eq!(register(TIER).await.body, TIER);
    let set = async |value: &str| harness.call(tier(value)).await;
    snapshot!("update_not_allowed", set(r#""golf""#).await);
    assert_eq!(set(r#""gold""#).await.status, 200);
    assert_eq!(register(&TIER.replace(r#","gold""#, r#","bronze""#)).await.status, 200);
    assert_eq!(set(r#""gold""#).await.status, 422, "it is not allowed any more");
    let harness = harness.restart().await;
    let user = harness.get("/service/v1/user?userId=00042").await.json();
    assert_eq!(user["userProperties"]["custom.tier"], "gold", "what is stored stays");
    let folder = harness.into_folder().await;
    let check = fanpass_server::store::check(folder.path()).unwrap();
    assert_eq!(check.damages, 0, "{:?}", check.findings);
}

#[tokio::test]
async fn a_retired_attribute_is_unset_and_not_set() {
    let harness = Harness::start().await;
    assert_eq!(harness.call(post("/service/v1/attributes").json(TIER)).await.status, 200);
    let state = async |body: &str| harness.call(post("/service/v1/attribute/state").json(body)).await;
    let set = async |value: &str| harness.call(tier(value)).await;
    assert_eq!(set(r#""gold""#).await.status, 200);
    snapshot!("retire", state(r#"{"key":"custom.tier","state":"retired"}"#).await);
    snapshot!("update_retired", set(r#""gold""#).await);
    assert_eq!(set("null").await.status, 200);
    let list = harness.get("/service/v1/attributes").await.json();
    assert_eq!(list["attributes"][2]["state"], "retired");
    assert_eq!(state(r#"{"key":"custom.tier","state":"active"}"#).await.body, TIER);
    assert_eq!(set(r#""gold""#).await.status, 200);
    let audit = harness.get("/service/v1/audit?operation=setAttributeState").await.json();
    let told = [0, 1].map(|index| audit["records"][index]["outcome"].as_str().unwrap().to_owned());
    assert_eq!(told, [r#"{"state":"active"}"#, r#"{"state":"retired"}"#]);
    assert_eq!(audit["records"][0]["target"], "custom.tier");
}

#[tokio::test]
async fn a_state_that_cannot_be_set_is_said() {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    let state = async |body: &str| harness.call(post("/service/v1/attribute/state").json(body)).await;
    snapshot!("state_unknown_key", state(r#"{"key":"custom.teir","state":"retired"}"#).await);
    snapshot!("state_unknown_state", state(r#"{"key":"custom.tier","state":"paused"}"#).await);
    snapshot!("state_platform_key", state(r#"{"key":"user_properties.sth","state":"retired"}"#).await);
    let audit = harness.get("/service/v1/audit?operation=setAttributeState").await.json();
    assert_eq!(audit["records"][1].get("outcome"), None, "what is no state is not kept");
}

#[tokio::test]
async fn what_ga4_makes_of_platform_attributes_is_told() {
    let harness = Harness::with(|config| {
        let long = r#"{"key":"user_properties.season_ticket_holder_since","type":"string"}"#;
        config.platform_attributes = vec![serde_json::from_str(long).unwrap()];
    })
    .await;
    harness.register("custom.ga_tier", "string").await;
    let list = harness.get("/service/v1/attributes").await.json();
    let findings = |index: usize| list["attributes"][index]["ga4"]["findings"].as_array().map(Vec::len);
    assert_eq!([findings(0), findings(1), findings(3)], [Some(1), Some(0), None], "{list}");
}

#[tokio::test]
async fn the_use_of_an_attribute_knows_every_update_that_was_answered() {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    harness.register("custom.spend", "number").await;
    let tier = async || harness.get("/service/v1/attribute/use?key=custom.tier").await;
    assert_eq!(tier().await.json()["users"], 0);
    for (user, properties) in [
        ("a", r#""custom.tier":"gold","custom.spend":10"#),
        ("b", r#""custom.tier":"bronze","custom.spend":10.5"#),
        ("c", r#""custom.tier":"bronze""#),
    ] {
        harness.call(update(&format!(r#"{{"userId":"{user}","userProperties":{{{properties}}}}}"#))).await;
    }
    snapshot!("attribute_use", tier().await);
    snapshot!(
        "attribute_use_numbers",
        harness.get("/service/v1/attribute/use?key=custom.spend&limit=1").await
    );
    harness.call(update(r#"{"userId":"b","userProperties":{"custom.tier":null}}"#)).await;
    harness.call(Call::new("DELETE", "/service/v1/user?userId=a")).await;
    let later = tier().await;
    assert_eq!(
        later.body,
        r#"{"key":"custom.tier","users":1,"distinct":1,"values":[{"value":"bronze","users":1}]}"#
    );
    let harness = harness.restart().await;
    assert_eq!(harness.get("/service/v1/attribute/use?key=custom.tier").await.body, later.body);
}

#[tokio::test]
async fn an_attribute_whose_use_is_not_told_is_named() {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    snapshot!("attribute_use_unknown", harness.get("/service/v1/attribute/use?key=custom.teir").await);
    snapshot!("attribute_use_no_key", harness.get("/service/v1/attribute/use").await);
    snapshot!("attribute_use_wrong", harness.get("/service/v1/attribute/use?key=tier&limit=0").await);
}
