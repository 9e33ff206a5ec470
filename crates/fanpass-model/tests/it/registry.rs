//! The registry, which says what may be written, and the definitions in it.

use fanpass_model::{
    AttributeDefinition, AttributeRegistry, AttributeType, AttributeValue, ErrorKind, PlatformPolicy,
    UserProperties, attribute_key,
};

fn registry() -> AttributeRegistry {
    let mut registry = AttributeRegistry::builtin();
    let mut tier = AttributeDefinition::new(attribute_key!("custom.loyalty_tier"));
    tier.r#type = Some(AttributeType::String);
    registry.insert(tier);
    registry
}

fn definition(json: &str) -> AttributeDefinition {
    serde_json::from_str(json).unwrap()
}

fn complaints(registry: &AttributeRegistry, json: &str) -> Vec<String> {
    let properties: UserProperties = serde_json::from_str(json).unwrap();
    registry.check(&properties).iter().map(ToString::to_string).collect()
}

#[test]
fn the_registry_lists_every_violation_at_once() {
    let update =
        r#"{"custom.loyalty_teir":"gold","custom.loyalty_tier":7,"custom.zzz":1,"user_properties.sht":true}"#;
    insta::assert_debug_snapshot!(complaints(&registry(), update), @r#"
    [
        "custom.loyalty_teir is not registered; did you mean custom.loyalty_tier?",
        "custom.loyalty_tier takes a string, and this is a number",
        "custom.zzz is not registered; register it first: `fanpass attributes register custom.zzz --type number`",
        "user_properties.sht is not in the platform catalogue; did you mean user_properties.sth?",
    ]
    "#);
}

#[test]
fn unset_fits_any_type_and_unknown_platform_keys_can_be_allowed() {
    assert!(complaints(&registry(), r#"{"custom.loyalty_tier":null}"#).is_empty());
    assert!(complaints(&registry(), r#"{"user_properties.favourite_stand":null}"#).is_empty());
    assert_eq!(complaints(&registry(), r#"{"user_properties.favourite_stand":"north"}"#).len(), 1);
    let lenient = registry().with_policy(PlatformPolicy::AllowUnknown);
    assert!(complaints(&lenient, r#"{"user_properties.favourite_stand":"north"}"#).is_empty());
    assert_eq!(complaints(&lenient, r#"{"custom.favourite_stand":"north"}"#).len(), 1);
}

#[test]
fn the_catalogue_can_be_extended() {
    let mut registry = AttributeRegistry::builtin();
    registry.insert(
        serde_json::from_str(r#"{"key":"user_properties.favourite_stand","type":"string"}"#).unwrap(),
    );
    assert!(complaints(&registry, r#"{"user_properties.favourite_stand":"north"}"#).is_empty());
    let keys: Vec<_> = registry.iter().map(|definition| definition.key.as_str()).collect();
    assert_eq!(
        keys,
        ["user_properties.favourite_stand", "user_properties.sth", "user_properties.ticketing_plans"]
    );
}

#[test]
fn a_value_that_is_not_allowed_is_told_with_those_that_are() {
    let mut registry = registry();
    for json in [
        r#"{"key":"custom.tier","type":"string","allowedValues":["bronze","silver","gold"]}"#,
        r#"{"key":"custom.stars","type":"number","allowedValues":[1,2,3,4,5,6]}"#,
        r#"{"key":"custom.stands","type":"list","allowedValues":["north","south"]}"#,
        r#"{"key":"custom.any","allowedValues":["x",7,true]}"#,
    ] {
        registry.insert(definition(json));
    }
    let update = r#"{"custom.any":false,"custom.stands":["north","soth","east"],"custom.stars":7,"custom.tier":"GOLD"}"#;
    insta::assert_snapshot!(complaints(&registry, update).join("\n"), @r#"
    custom.any does not take false: its values are "x", 7, true
    custom.stands does not take "soth": its values are "north", "south"; did you mean "south"?
    custom.stars does not take 7: its values are 1, 2, 3, 4, 5, … (6 in all)
    custom.tier does not take "GOLD": its values are "bronze", "silver", "gold"; did you mean "gold"?
    "#);
    let allowed =
        r#"{"custom.any":7.0,"custom.stands":["south","north"],"custom.stars":2.0,"custom.tier":"gold"}"#;
    assert_eq!(complaints(&registry, allowed), [""; 0], "a number is one however it is written");
    assert_eq!(
        complaints(&registry, r#"{"custom.any":["x"],"custom.stands":[],"custom.tier":null}"#),
        [""; 0]
    );
    assert_eq!(
        complaints(&registry, r#"{"custom.tier":7}"#),
        ["custom.tier takes a string, and this is a number"]
    );
}

#[test]
fn a_long_value_is_cut_where_it_is_told() {
    let mut registry = AttributeRegistry::builtin();
    registry.insert(definition(r#"{"key":"custom.tier","allowedValues":["gold"]}"#));
    let update = format!(r#"{{"custom.tier":"{}"}}"#, "é".repeat(4000 / 2));
    let [complaint] = complaints(&registry, &update).try_into().unwrap();
    assert!(complaint.chars().count() < 120, "{complaint}");
}

#[test]
fn a_retired_attribute_is_unset_and_not_set() {
    let mut registry = AttributeRegistry::builtin();
    registry.insert(definition(r#"{"key":"custom.tier","type":"string","state":"retired"}"#));
    assert_eq!(complaints(&registry, r#"{"custom.tier":null}"#), [""; 0]);
    insta::assert_snapshot!(complaints(&registry, r#"{"custom.tier":"gold"}"#).join("\n"), @r#"
    custom.tier is retired and takes no value, only null; `fanpass attributes restore custom.tier` restores it
    "#);
}

#[test]
fn everything_wrong_with_a_definition_is_told_at_once() {
    let mut wrong = definition(
        r#"{"key":"custom.tier","type":"number","state":"paused","allowedValues":[1,1.0,"gold",null,["a"]]}"#,
    );
    wrong.description = Some("x".repeat(1025));
    wrong.owner = Some(" ".to_owned());
    let told = wrong.faults().into_iter().map(|fault| {
        let entry = fault.entry.map(|entry| format!("/{entry}")).unwrap_or_default();
        format!("{}{entry}: the {}", fault.member, fault.error)
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    allowedValues/1: the allowed value stands twice; keep it once
    allowedValues/2: the allowed value is a string, where a number is wanted
    allowedValues/3: the allowed value is a list or null; name texts, numbers or booleans
    allowedValues/4: the allowed value is a list or null; name texts, numbers or booleans
    description: the description has 1025 bytes; at most 1024 are allowed
    owner: the owner begins or ends with white space; trim it
    state: the state is neither `active` nor `retired`
    "#);

    let list = definition(
        r#"{"key":"custom.a","type":"list","allowedValues":["north"],"owner":"CRM","state":"active"}"#,
    );
    assert_eq!(list.faults(), []);
    let mut many = definition(r#"{"key":"custom.a"}"#);
    many.allowed_values = (0..=256).map(AttributeValue::from).collect();
    assert_eq!(many.faults().len(), 1);
    many.allowed_values = vec!["x".repeat(257).into()];
    assert_eq!(many.faults()[0].error.kind(), &ErrorKind::TooLong { limit: 256, actual: 257 });
}

#[test]
fn ga4_is_told_of_platform_attributes_only() {
    let mut tier = definition(r#"{"key":"user_properties.ga_tier"}"#);
    tier.allowed_values = vec!["gold".into(), "x".repeat(37).into()];
    let told = tier.ga4_property(26).unwrap();
    assert_eq!(told.name, "ga_tier");
    insta::assert_snapshot!(told.findings.join("\n"), @r#"
    GA4 keeps names that begin with `ga_` for itself
    GA4 cuts values at 36 characters; this one has 37
    GA4 takes 25 user properties; these are 26
    "#);
    assert_eq!(definition(r#"{"key":"user_properties.sth"}"#).ga4_property(2).unwrap().findings, [""; 0]);
    assert_eq!(definition(r#"{"key":"custom.ga_tier"}"#).ga4_property(26), None);
}
