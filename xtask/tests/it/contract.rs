//! What the contract reader accepts, and what it says of the rest.

use serde_json::{Value, json};
use xtask::contract::Contract;

use super::{CATALOGUE, SMALL, small};

/// What is said of the small contract once `value` stands at `pointer`; `None` takes away what stands there.
fn error_with(pointer: &str, value: Option<Value>) -> String {
    let mut contract: Value = serde_json::from_str(SMALL).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = contract.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(members), Some(value)) => drop(members.insert(name.to_owned(), value)),
        (Value::Object(members), None) => drop(members.remove(name).unwrap()),
        (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value,
        other => panic!("no place for {other:?}"),
    }
    Contract::parse(&contract.to_string(), CATALOGUE).unwrap_err().to_string()
}

#[test]
fn every_part_must_say_where_it_comes_from() {
    let parts = [
        "/paths/~1lists/post",
        "/paths/~1lists/post/x-operations/1",
        "/paths/~1lists/post/responses/202",
        "/paths/~1keys~1{keyId}/get",
        "/paths/~1keys~1{keyId}/get/parameters/1",
        "/components/securitySchemes/apiAccessToken",
        "/components/headers/X-Call",
        "/components/responses/Bad",
        "/components/responses/Bad/headers/Retry-After",
        "/components/schemas/ListName",
        "/components/schemas/List",
        "/components/schemas/List/properties/count",
        "/components/schemas/ListForm/properties/file",
    ];
    for part in parts {
        let missing = error_with(&format!("{part}/x-provenance"), None);
        assert!(missing.starts_with(&format!("{part}: missing field `x-provenance`")), "{missing}");
        let unknown = error_with(&format!("{part}/x-provenance"), Some(json!("guessed")));
        assert!(unknown.starts_with(&format!("{part}/x-provenance: unknown variant `guessed`")), "{unknown}");
    }
}

#[test]
fn what_no_generator_reads_is_an_error_at_its_place() {
    let cases = [
        ("/openapi", json!("2.0"), "/openapi: `2.0` is not a version of OpenAPI 3.1"),
        ("/paths/~1lists/post/x-provenence", json!("assumed"), "unknown field `x-provenence`"),
        ("/paths/~1lists/post/tags/0", json!("Users"), "/tags: lacks `Users`, the tag of `writeList`"),
        (
            "/components/schemas/List/properties/count/format",
            json!("int8"),
            "/components/schemas/List/properties/count: no generator knows type `integer`",
        ),
        (
            "/components/schemas/List/properties/state/$ref",
            json!("#/components/schemas/Gone"),
            "/components/schemas: lacks `Gone`, which `List` mentions",
        ),
        (
            "/components/schemas/List/required/0",
            json!("gone"),
            "/components/schemas/List/required: `gone` is no property",
        ),
        (
            "/components/schemas/State/enum/0",
            json!("gone"),
            "/components/schemas/State/x-enum-descriptions: lacks `gone`",
        ),
        (
            "/paths/~1lists/post/responses/400/$ref",
            json!("#/nowhere"),
            "/paths/~1lists/post/responses/400/$ref: `#/nowhere` is not in this file",
        ),
        (
            "/paths/~1lists/post/x-operations/1/operationId",
            json!("writeList"),
            "/paths: two operations are called `writeList`",
        ),
    ];
    for (pointer, value, expected) in cases {
        let error = error_with(pointer, Some(value));
        assert!(error.contains(expected), "{pointer}: {error}");
    }
}

#[test]
fn a_status_that_the_rule_asks_for_is_not_left_out() {
    let cases = [
        ("/paths/~1lists/post/responses/409", "`writeList` lacks the answer 409"),
        ("/paths/~1lists/post/responses/413", "`writeList` lacks the answer 413"),
        ("/paths/~1keys~1{keyId}/get/responses/507", "`getKey` lacks the answer 507"),
        ("/paths/~1lists/post/parameters", "`writeList` takes an `Idempotency-Key` and writes nothing"),
        ("/paths/~1lists/post/responses/200/headers", "`writeList` tells `Idempotency-Replayed`"),
    ];
    for (pointer, expected) in cases {
        let error = error_with(pointer, None);
        assert!(error.contains(expected), "{pointer}: {error}");
    }
}

#[test]
fn a_member_that_stands_twice_is_an_error() {
    let twice = SMALL.replacen("\"/keys/{keyId}\"", "\"/lists\"", 1);
    let error = Contract::parse(&twice, CATALOGUE).unwrap_err().to_string();
    assert!(error.starts_with("/paths: `/lists` stands there twice"), "{error}");
}

#[test]
fn operations_that_share_a_path_are_taken_apart_by_content_type() {
    let contract = small();
    let found = contract.operations.iter().map(|operation| {
        let content_type = operation.request.as_ref().map(|body| body.content_type.as_str());
        (operation.id.as_str(), content_type, operation.success.status, operation.idempotent)
    });
    let expected = [
        ("writeList", Some("application/json"), 200, true),
        ("uploadList", Some("multipart/form-data"), 202, false),
        ("getKey", None, 200, true),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn the_catalogue_holds_platform_keys_with_known_types() {
    let cases = [
        ("user_properties.seat", "custom.seat", "`custom.seat` is no platform key"),
        ("documented", "guessed", "unknown variant `guessed`"),
        ("boolean", "text", "`user_properties.seat` has a type that attributes do not have"),
    ];
    for (from, to, expected) in cases {
        let error = Contract::parse(SMALL, &CATALOGUE.replace(from, to)).unwrap_err();
        assert!(format!("{error:#}").contains(expected), "{to}: {error:#}");
    }
}
