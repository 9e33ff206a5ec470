//! What stands in the way of a release, and the order of publishing.

use std::path::PathBuf;

use xtask::release;
use xtask::tidy::{Package, Workspace};

const MANIFEST: &str = r#"
[workspace.package]
version = "1.2.0"
[workspace.dependencies]
fanpass-model = { path = "crates/fanpass-model", version = "1.2.0" }
serde = "1"
"#;

fn workspace(manifest: &str, changelog: &str) -> Workspace {
    let package = |name: &str, uses: &[&str]| Package {
        name: name.to_owned(),
        version: "1.2.0".to_owned(),
        folder: PathBuf::from("crates").join(name),
        published: name != "fanpass-testkit",
        uses: uses.iter().map(|&used| used.to_owned()).collect(),
        ..Package::default()
    };
    Workspace {
        files: [("Cargo.toml", manifest), ("docs/changelog.md", changelog)]
            .map(|(path, text)| (PathBuf::from(path), text.to_owned()))
            .into(),
        packages: vec![
            package("fanpass-cli", &["fanpass-client", "fanpass-model"]),
            package("fanpass-client", &["fanpass-model"]),
            package("fanpass-model", &[]),
            package("fanpass-testkit", &["fanpass-client"]),
        ],
        ..Workspace::default()
    }
}

#[test]
fn crates_are_published_behind_those_they_use() {
    let workspace = workspace(MANIFEST, "");
    let order: Vec<&str> =
        release::publish_order(&workspace).iter().map(|package| package.name.as_str()).collect();
    assert_eq!(order, ["fanpass-model", "fanpass-client", "fanpass-cli"]);
}

#[test]
fn versions_and_changelog_must_agree() {
    let ready = workspace(MANIFEST, "# Changelog\n\n## [1.2.0] - 2026-08-01\n");
    assert_eq!(release::check(&ready).unwrap(), []);

    let manifest =
        MANIFEST.replace("fanpass-model\", version = \"1.2.0", "fanpass-model\", version = \"1.1.0");
    let mut behind = workspace(&manifest, "# Changelog\n\n## [1.1.0] - 2026-07-01\n");
    behind.packages[1].version = "1.1.0".to_owned();
    behind.packages[3].version = "0.0.0".to_owned();
    let findings = release::check(&behind).unwrap();
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("release", findings.join("\n"));
}

#[test]
fn a_workspace_without_a_version_is_an_error() {
    assert!(release::check(&workspace("[workspace]", "")).is_err());
    assert!(release::check(&Workspace::default()).is_err());
}
