//! GA4's limits concern platform attributes alone.

use fanpass_model::ga4::{Lint, MAX_USER_PROPERTIES, is_event_name, lint_count, lint_key, lint_value};
use fanpass_model::{AttributeKey, AttributeValue, attribute_key};

#[test]
fn names_past_a_limit_are_told() {
    let key = attribute_key!("user_properties.season_ticket_holder_since");
    assert_eq!(lint_key(&key), [Lint::NameTooLong { characters: 26 }]);
    assert_eq!(
        lint_key(&attribute_key!("user_properties.firebase_tier")),
        [Lint::ReservedPrefix("firebase_")]
    );
    assert_eq!(lint_key(&attribute_key!("user_properties.user_id")), [Lint::ReservedName]);
    assert!(lint_key(&attribute_key!("user_properties.sth")).is_empty());
    assert!(lint_key(&attribute_key!("custom.firebase_tier_of_a_very_long_name")).is_empty());
}

#[test]
fn values_count_in_characters() {
    let key = attribute_key!("user_properties.stand");
    let value = |text: &str| AttributeValue::Text(text.to_owned());
    assert_eq!(lint_value(&key, &value(&"é".repeat(36))), None);
    assert_eq!(lint_value(&key, &value(&"é".repeat(37))), Some(Lint::ValueTooLong { characters: 37 }));
    let plans = AttributeValue::List(vec!["full-season".to_owned(), "cup".to_owned(), "x".repeat(21)]);
    assert_eq!(lint_value(&key, &plans), Some(Lint::ValueTooLong { characters: 37 }));
    assert_eq!(lint_value(&attribute_key!("custom.stand"), &value(&"x".repeat(99))), None);
}

#[test]
fn more_platform_attributes_than_ga4_takes_are_told() {
    let keys: Vec<AttributeKey> = (0..=MAX_USER_PROPERTIES)
        .map(|n| AttributeKey::new(format!("user_properties.p{n}")).unwrap())
        .collect();
    assert_eq!(lint_count(&keys), Some(Lint::TooManyProperties { count: 26 }));
    assert_eq!(lint_count(&keys[1..]), None);
}

#[test]
fn names_of_events_have_rules_too() {
    let longest = "e".repeat(40);
    for name in ["fanpass_attributes", "E1", longest.as_str()] {
        assert!(is_event_name(name), "{name}");
    }
    let too_long = "e".repeat(41);
    for name in ["", "1e", "_e", "fan-pass", "é", "session_start", "ga_tier", too_long.as_str()] {
        assert!(!is_event_name(name), "{name}");
    }
}
