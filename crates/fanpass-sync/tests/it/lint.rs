//! What is told of a mapping before anything is sent.

use fanpass_model::{AttributeDefinition, AttributeRegistry, AttributeType, PlatformPolicy, attribute_key};

use crate::support::mapping;

fn registry() -> AttributeRegistry {
    let mut points = AttributeDefinition::new(attribute_key!("custom.points"));
    points.r#type = Some(AttributeType::Number);
    let mut registry = AttributeRegistry::builtin().with_policy(PlatformPolicy::AllowUnknown);
    registry.insert(points);
    registry.insert(AttributeDefinition::new(attribute_key!("custom.loyalty_tier")));
    registry
}

#[test]
fn a_sound_mapping_has_no_findings() {
    let maps = mapping(["a=user_properties.sth:bool", "b=custom.points:decimal", "c=custom.loyalty_tier"]);
    assert_eq!(maps.lint(&registry()), []);
}

#[test]
fn unknown_keys_and_other_types_are_errors_and_ga4_limits_warnings() {
    let mut maps = mapping([
        "a=custom.loyalty_teir",
        "b=custom.points:bool",
        "c=user_properties.ga_score:integer",
        "d=user_properties.a_name_that_is_far_too_long",
        "e=user_properties.club,default=The First Football Club of Somewhere Else",
    ]);
    maps.set = vec!["user_properties.stand=The Stand Behind the Goal at the North End".parse().unwrap()];
    let findings = maps.lint(&registry());
    let told: Vec<_> = findings
        .iter()
        .map(|finding| format!("{} {finding}", if finding.is_error() { "error:" } else { "warning:" }))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn constants_and_defaults_that_are_not_allowed_are_errors_and_retired_columns_warnings() {
    let mut registry = registry();
    for json in [
        r#"{"key":"custom.tier","type":"string","allowedValues":["silver","gold"]}"#,
        r#"{"key":"custom.old","type":"string","state":"retired"}"#,
        r#"{"key":"custom.older","type":"string","state":"retired"}"#,
    ] {
        registry.insert(serde_json::from_str(json).unwrap());
    }
    let mut maps =
        mapping(["a=custom.tier,default=golf", "b=custom.old,blank=unset", "c=custom.points,default=1"]);
    maps.set = vec!["custom.older=x".parse().unwrap()];
    let told: Vec<_> = maps
        .lint(&registry)
        .iter()
        .map(|finding| format!("{} {finding}", if finding.is_error() { "error:" } else { "warning:" }))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn more_platform_attributes_than_ga4_takes_are_a_warning() {
    let mut maps = mapping([]);
    maps.map = (0..26).map(|n| format!("c{n}=user_properties.p{n}").parse().unwrap()).collect();
    let findings = maps.lint(&registry());
    assert_eq!(findings.len(), 1);
    assert!(!findings[0].is_error());
}
