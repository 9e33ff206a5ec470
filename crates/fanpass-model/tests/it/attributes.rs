//! Keys and values of attributes: what is one, and what is refused.

use fanpass_model::{
    AttributeKey, AttributeValue, ErrorKind, LIST_MAX_ENTRIES, Namespace, TEXT_VALUE_MAX_BYTES,
    UserProperties, attribute_key,
};
use proptest::prelude::*;

fn refusal(text: &str) -> ErrorKind {
    text.parse::<AttributeKey>().unwrap_err().kind().clone()
}

#[test]
fn a_key_is_its_namespace_and_its_name() {
    const TIER: AttributeKey = attribute_key!("custom.loyalty_tier");
    assert_eq!(
        (TIER.namespace(), TIER.name(), TIER.as_str()),
        (Namespace::Custom, "loyalty_tier", "custom.loyalty_tier")
    );
    let sth: AttributeKey = "user_properties.sth".parse().unwrap();
    assert_eq!((sth.namespace(), sth.name()), (Namespace::Platform, "sth"));
}

#[test]
fn each_wrong_key_has_its_kind() {
    assert_eq!(refusal("loyalty_tier"), ErrorKind::UnknownPrefix);
    assert_eq!(refusal("Custom.tier"), ErrorKind::UnknownPrefix);
    assert_eq!(refusal("user_property.sth"), ErrorKind::UnknownPrefix);
    assert_eq!(refusal("custom."), ErrorKind::EmptyName);
    assert_eq!(refusal("custom.9lives"), ErrorKind::NameStart);
    assert_eq!(refusal("custom.loyalty-tier"), ErrorKind::NameCharacter { at: 14 });
    assert_eq!(refusal("custom.a.b"), ErrorKind::NameCharacter { at: 8 });
    assert_eq!(refusal(&format!("custom.{}", "x".repeat(65))), ErrorKind::TooLong { limit: 71, actual: 72 });
}

#[test]
fn a_value_keeps_its_digits_or_is_refused() {
    for whole in ["9007199254740992", "-9007199254740992", "0.1", "1e-7"] {
        let value: AttributeValue = serde_json::from_str(whole).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), whole);
    }
    for whole in
        ["9007199254740993", "-9007199254740993", "18446744073709551615", "18446744073709551616", "1e300"]
    {
        let error = serde_json::from_str::<AttributeValue>(whole).unwrap_err();
        assert!(error.to_string().contains("past 2^53"), "{whole}: {error}");
    }
}

#[test]
fn a_value_is_flat() {
    for json in [r#"{"a":1}"#, r#"["a",1]"#, r#"[["a"]]"#] {
        assert!(serde_json::from_str::<AttributeValue>(json).is_err(), "{json}");
    }
}

#[test]
fn a_value_has_limits() {
    let text = AttributeValue::Text("x".repeat(TEXT_VALUE_MAX_BYTES + 1));
    assert_eq!(text.validate().unwrap_err().kind().code(), "too_long");
    let list = AttributeValue::List(vec![String::new(); LIST_MAX_ENTRIES + 1]);
    assert_eq!(list.validate().unwrap_err().kind().code(), "too_many");
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let json = r#"{"custom.tier":"gold","custom.tier":"silver"}"#;
    let error = serde_json::from_str::<UserProperties>(json).unwrap_err();
    assert!(error.to_string().contains("stands twice in one map: custom.tier"), "{error}");
}

proptest! {
    #[test]
    fn parsing_a_key_agrees_with_its_pattern(text in "(custom|user_properties|x)?\\.?[A-Za-z0-9_.-]{0,70}") {
        let name = text.strip_prefix("custom.").or_else(|| text.strip_prefix("user_properties."));
        let expected = name.is_some_and(|name| {
            name.len() <= 64
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        prop_assert_eq!(text.parse::<AttributeKey>().is_ok(), expected);
    }

    #[test]
    fn values_survive_json(value in value()) {
        let json = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<AttributeValue>(&json).unwrap(), value);
    }
}

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        any::<String>().prop_map(AttributeValue::Text),
        (-(1_i64 << 53)..=1 << 53).prop_map(AttributeValue::from),
        any::<bool>().prop_map(AttributeValue::Boolean),
        proptest::collection::vec(any::<String>(), 0..5).prop_map(AttributeValue::List),
        Just(AttributeValue::Unset),
    ]
}
