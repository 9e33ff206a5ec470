//! What is generated from a small contract, and how it is kept up to date on disk.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::codegen::{self, Mismatch};
use xtask::contract::Contract;

use super::small;

/// The text of the one generated file whose path ends with `end`.
fn generated(end: &str) -> String {
    let files = codegen::generate(&small()).unwrap();
    let mut found = files.into_iter().filter(|(path, _)| path.ends_with(end));
    let (_, text) = found.next().unwrap();
    assert_eq!(found.next(), None);
    text
}

#[test]
fn a_module_per_tag_and_one_for_what_only_failures_carry() {
    insta::assert_snapshot!("module_root", generated("generated/mod.rs"));
    insta::assert_snapshot!("module_of_objects_forms_and_enums", generated("generated/lists.rs"));
    insta::assert_snapshot!("module_of_secrets_and_other_modules_types", generated("generated/keys.rs"));
    insta::assert_snapshot!("module_of_failures", generated("generated/problem.rs"));
}

#[test]
fn a_constant_per_operation() {
    insta::assert_snapshot!("operations", generated("generated/operations.rs"));
}

#[test]
fn the_platform_catalogue_as_a_table() {
    insta::assert_snapshot!("platform", generated("generated/platform.rs"));
}

#[test]
fn a_reference_page_per_tag() {
    insta::assert_snapshot!("reference_index", generated("reference/index.md"));
    insta::assert_snapshot!("reference_lists", generated("reference/lists.md"));
    insta::assert_snapshot!("reference_keys", generated("reference/keys.md"));
    insta::assert_snapshot!("reference_problem", generated("reference/problem.md"));
    insta::assert_snapshot!("reference_types", generated("reference/types.md"));
}

#[test]
fn a_postman_collection_whose_token_is_empty() {
    insta::assert_snapshot!("postman", generated("fanpass.postman_collection.json"));
}

#[test]
fn every_difference_on_disk_is_listed_and_mended() {
    let top = tempfile::tempdir().unwrap();
    let files = codegen::generate(&small()).unwrap();
    assert_eq!(codegen::write(top.path(), &files).unwrap().len(), files.len());
    assert!(codegen::compare(top.path(), &files).unwrap().is_empty());

    let folder = Path::new("crates/fanpass-model/src/generated");
    fs::write(top.path().join(folder).join("lists.rs"), "// edited by hand").unwrap();
    fs::remove_file(top.path().join(folder).join("keys.rs")).unwrap();
    fs::write(top.path().join(folder).join("old.rs"), "").unwrap();
    fs::write(top.path().join("docs/reference/old.md"), "").unwrap();
    fs::write(top.path().join("docs/own.md"), "").unwrap();

    let found: Vec<(PathBuf, Mismatch)> = codegen::compare(top.path(), &files).unwrap().into_iter().collect();
    let expected = [
        (folder.join("keys.rs"), Mismatch::Missing),
        (folder.join("lists.rs"), Mismatch::Stale),
        (folder.join("old.rs"), Mismatch::Orphan),
        (PathBuf::from("docs/reference/old.md"), Mismatch::Orphan),
    ];
    assert_eq!(found, expected);
    assert_eq!(codegen::write(top.path(), &files).unwrap().len(), expected.len());
    assert!(codegen::compare(top.path(), &files).unwrap().is_empty());
    assert!(top.path().join("docs/own.md").exists());
}

#[test]
fn the_files_of_the_workspace_are_those_of_its_contract() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let contract = Contract::read(top).unwrap();
    let mismatches = codegen::compare(top, &codegen::generate(&contract).unwrap()).unwrap();
    assert!(mismatches.is_empty(), "run `cargo xtask codegen`: {mismatches:?}");
}
