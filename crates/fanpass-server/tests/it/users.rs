//! Update User Properties over a real socket.

use serde_json::json;

use crate::harness::{Harness, update};
use crate::snapshot;

const REQUEST: &str = include_str!("../../../fanpass-model/tests/fixtures/update_user/request.json");
const RESPONSE: &str = include_str!("../../../fanpass-model/tests/fixtures/update_user/response.json");

/// A service where the attributes of the fixture are registered.
async fn harness() -> Harness {
    let harness = Harness::start().await;
    harness.register("custom.loyalty_points", "number").await;
    harness.register("custom.loyalty_tier", "string").await;
    harness.register("custom.shirt_size", "string").await;
    harness
}

#[tokio::test]
async fn an_update_sets_and_unsets_and_leaves_the_rest() {
    let harness = harness().await;
    harness.call(update(r#"{"userId":"00042","userProperties":{"custom.shirt_size":"XL"}}"#)).await;
    let answer = harness.call(update(REQUEST)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, RESPONSE.trim_end()));

    harness.call(update(r#"{"userId":"00042","userProperties":{"custom.loyalty_points":1300}}"#)).await;
    let record = harness.get("/service/v1/user?userId=00042").await;
    assert_eq!(
        record.json()["userProperties"],
        json!({
            "custom.loyalty_points": 1300,
            "custom.loyalty_tier": "gold",
            "user_properties.sth": true,
            "user_properties.ticketing_plans": ["full-season", "cup"],
        })
    );
    assert_eq!(harness.get("/service/v1/user?userId=42").await.status, 404, "00042 is not 42");
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let harness = harness().await;
    let request = r#"{"userId": 42, "source": "crm", "userProperties": {
        "loyalty_tier": "gold", "custom.loyalty_teir": "gold", "custom.loyalty_points": "many",
        "user_properties.shoe": 43, "custom.a/b~c": true, "custom.loyalty_tier": {"nested": 1}}}"#;
    snapshot!("update_user_all_wrong", harness.call(update(request)).await);
    let request = r#"{"userId": "42", "userProperties": {"custom.loyalty_teir": "gold"}}"#;
    snapshot!("update_user_misspelt", harness.call(update(request)).await);
}

#[tokio::test]
async fn a_registered_attribute_counts_at_once() {
    let harness = Harness::start().await;
    let request = r#"{"userId": "42", "userProperties": {"custom.tier": "gold"}}"#;
    assert_eq!(harness.call(update(request)).await.status, 422);
    harness.register("custom.tier", "string").await;
    assert_eq!(harness.call(update(request)).await.status, 200);
}

#[tokio::test]
async fn more_attributes_than_one_update_takes_are_refused() {
    let harness = Harness::with(|config| config.limits.attributes_per_update = 1).await;
    let request = r#"{"userId":"1","userProperties":{"user_properties.sth":true,"user_properties.ticketing_plans":[]}}"#;
    let answer = harness.call(update(request)).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (422, &json!("too_many")));
}

#[tokio::test]
async fn the_operator_extends_the_platform_catalogue() {
    let request = r#"{"userId":"1","userProperties":{"user_properties.shoe":43}}"#;
    let strict = Harness::start().await;
    assert_eq!(strict.call(update(request)).await.status, 422);
    let extended = Harness::with(|config| {
        let key = fanpass_model::attribute_key!("user_properties.shoe");
        config.platform_attributes = vec![fanpass_model::AttributeDefinition::new(key)];
    });
    assert_eq!(extended.await.call(update(request)).await.status, 200);
    let lenient =
        Harness::with(|config| config.platform_policy = fanpass_model::PlatformPolicy::AllowUnknown);
    assert_eq!(lenient.await.call(update(request)).await.status, 200);
}
