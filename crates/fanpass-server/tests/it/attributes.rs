//! List Attributes and Register Attribute over a real socket.

use crate::harness::{Harness, post};
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
