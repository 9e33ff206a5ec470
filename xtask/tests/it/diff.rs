//! The contract against collections of both versions, made by hand and by our own generator.

use std::path::Path;

use xtask::codegen;
use xtask::collection::{Auth, Body, Collection};
use xtask::contract::{self, Contract};

use super::small;

const V2_0: &str = include_str!("fixtures/vendor_v2.0.json");
const V2_1: &str = include_str!("fixtures/vendor_v2.1.json");

fn differences(contract: &Contract, collection: &str) -> String {
    let collection = Collection::parse(collection).unwrap();
    let lines = contract::diff(contract, &collection);
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_collection_says_otherwise_is_listed() {
    insta::assert_snapshot!("v2.1", differences(&small(), V2_1));
}

#[test]
fn the_older_format_is_read_alike() {
    insta::assert_snapshot!("v2.0", differences(&small(), V2_0));
    let collection = Collection::parse(V2_0).unwrap();
    let found = collection.requests.iter().map(|request| {
        (request.method.as_str(), request.path.as_str(), request.content_type(), request.auth.clone())
    });
    let bearer = Some(Auth { scheme: "bearer".to_owned(), variable: Some("api_access_token".to_owned()) });
    let expected = [
        ("POST", "/lists", Some("application/json"), bearer.clone()),
        ("POST", "/lists", Some("multipart/form-data"), bearer.clone()),
        ("GET", "/keys/{keyId}", None, bearer),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn the_collection_that_is_generated_agrees_with_its_contract() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for contract in [small(), Contract::read(top).unwrap()] {
        let files = codegen::generate(&contract).unwrap();
        let collection = &files[Path::new("docs/fanpass.postman_collection.json")];
        assert_eq!(differences(&contract, collection), "");
        assert_eq!(Collection::parse(collection).unwrap().exposed, [""; 0]);
    }
}

#[test]
fn no_value_of_a_variable_is_kept_or_shown() {
    let collection = Collection::parse(V2_1).unwrap();
    assert_eq!(collection.exposed, ["upload_key"]);
    assert!(!format!("{collection:?}{}", differences(&small(), V2_1)).contains("do-not-print-me"));
}

#[test]
fn a_body_that_is_no_json_is_said_to_be_so() {
    let broken = V2_0.replace(r#"{\"listName\": \"{{list}}\"}"#, "listName={{list");
    let collection = Collection::parse(&broken).unwrap();
    assert!(matches!(&collection.requests[0].body, Body::Unreadable(why) if why.contains("no JSON")));
    assert!(differences(&small(), &broken).starts_with("Write List: body: cannot be compared, "));
}

#[test]
fn what_is_no_collection_of_a_known_version_is_refused() {
    let version_1 = V2_1.replace("v2.1.0", "v1.0.0");
    let error = Collection::parse(&version_1).unwrap_err().to_string();
    assert!(
        error.contains("v1.0.0") && error.contains("export the collection from Postman as v2.1"),
        "{error}"
    );
    assert!(Collection::parse("{}").unwrap_err().to_string().contains("no Postman collection"));
}
