//! List Attributes, Register Attribute and Get Attribute Use over a real socket.

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
