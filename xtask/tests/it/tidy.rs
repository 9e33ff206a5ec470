//! What the house rules find, each in a workspace that is clean but for one thing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use xtask::codegen;
use xtask::contract;
use xtask::tidy::{self, Package, Workspace};

use super::{CATALOGUE, SMALL, small};

const README_AS_DOCS: &str = "#![doc = include_str!(\"../README.md\")]\n";

/// A workspace of one published crate in which nothing is to be found.
fn clean() -> Workspace {
    let mut workspace = Workspace::default();
    for name in ["Cargo.lock", "Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
        write(&mut workspace, name, "");
    }
    write(&mut workspace, "docs/SUMMARY.md", "- [Guide](guide.md)\n- [Reference](reference/index.md)\n");
    write(
        &mut workspace,
        "docs/guide.md",
        "[a](../README.md) [b](guide.md#c) [d](#e) [f](https://g.example)\n",
    );
    write(&mut workspace, contract::PATH, SMALL);
    write(&mut workspace, "crates/fanpass-model/tests/fixtures/write_list/request.json", "{}");
    write(&mut workspace, contract::CATALOGUE_PATH, CATALOGUE);
    workspace.files.extend(codegen::generate(&small()).unwrap());
    write(&mut workspace, "crates/fanpass-model/Cargo.toml", "[lints]\nworkspace = true\n");
    write(&mut workspace, "crates/fanpass-model/README.md", "# fanpass-model\n");
    write(&mut workspace, "crates/fanpass-model/src/lib.rs", README_AS_DOCS);
    write(&mut workspace, "crates/fanpass-model/tests/it/main.rs", "//! Tests.\n");
    write(
        &mut workspace,
        "crates/fanpass-model/tests/it/snapshots/it__id.snap",
        "---\nsource: crates/fanpass-model/tests/it/main.rs\nexpression: id\n---\n42\n",
    );
    write(&mut workspace, "xtask/src/main.rs", "//! Tasks.\n");
    workspace.packages.push(package("fanpass-model"));
    workspace
}

fn package(name: &str) -> Package {
    Package {
        name: name.to_owned(),
        folder: Path::new("crates").join(name),
        published: true,
        described: true,
        ..Package::default()
    }
}

fn write(workspace: &mut Workspace, path: &str, text: &str) {
    workspace.files.insert(PathBuf::from(path), text.to_owned());
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// What is found once `spoil` has been at a clean workspace.
#[track_caller]
fn found(spoil: impl FnOnce(&mut Workspace)) -> Vec<String> {
    let mut workspace = clean();
    assert_eq!(tidy::check(&workspace), []);
    spoil(&mut workspace);
    tidy::check(&workspace).iter().map(ToString::to_string).collect()
}

#[test]
fn packages_stay_in_their_layers() {
    let findings = found(|workspace| {
        workspace.packages[0].uses = names(["fanpass-testkit", "fanpass-transport"]);
        workspace.packages[0].tree = names(["serde", "tokio"]);
        for (name, tests) in [("fanpass-server", "fanpass-client"), ("fanpass-new", "fanpass-testkit")] {
            workspace.packages.push(Package { uses_in_tests: names([tests]), ..package(name) });
            write(workspace, &format!("crates/{name}/Cargo.toml"), "lints.workspace = true");
            write(workspace, &format!("crates/{name}/README.md"), "What it is.");
        }
    });
    insta::assert_snapshot!("layers", findings.join("\n"));
}

#[test]
fn one_major_version_of_what_types_are_shared_of() {
    let findings = found(|workspace| {
        let locked = [
            ("axum", "0.8.9"),
            ("axum", "0.9.0"),
            ("http", "1.4.0"),
            ("http", "1.5.2"),
            ("rand", "1.0.0"),
            ("rand", "2.0.0"),
        ];
        workspace.locked = locked.map(|(name, version)| (name.to_owned(), version.to_owned())).into();
    });
    insta::assert_snapshot!("duplicates", findings.join("\n"));
}

#[test]
fn everything_stands_where_it_belongs() {
    let findings = found(|workspace| {
        workspace.files.remove(Path::new("LICENSE-MIT"));
        write(workspace, "src/lib.rs", "//! Astray.\n");
        write(workspace, ".ci/run", "");
        write(workspace, "crates/fanpass-model/src/generated/old.rs", "//! Old.\n");
        write(workspace, "docs/reference/old.md", "");
    });
    insta::assert_snapshot!("layout", findings.join("\n"));
}

#[test]
fn an_operation_without_a_hand_written_fixture_is_found() {
    let findings = found(|workspace| {
        workspace.files.remove(Path::new("crates/fanpass-model/tests/fixtures/write_list/request.json"));
    });
    assert_eq!(findings.len(), 1);
    assert!(findings[0].contains("fixtures/write_list/request.json: is missing"), "{findings:?}");
}

#[test]
fn a_contract_that_cannot_be_read_is_a_finding() {
    let findings = found(|workspace| write(workspace, contract::PATH, "{}"));
    assert_eq!(findings.len(), 1);
    assert!(findings[0].contains(contract::PATH), "{findings:?}");
}

#[test]
fn links_lead_somewhere_and_pages_are_listed() {
    let findings = found(|workspace| {
        write(workspace, "docs/guide.md", "See\n[a](gone.md#x) and [b](../crates) and [c](../gone/).\n");
        write(workspace, "docs/code.md", "```text\n[a](gone.md)\n```\n");
        write(workspace, "crates/fanpass-model/README.md", "See [a](crate::a).\n");
    });
    insta::assert_snapshot!("pages", findings.join("\n"));
}

#[test]
fn packages_describe_themselves_and_inherit_lints() {
    let findings = found(|workspace| {
        write(workspace, "crates/fanpass-model/Cargo.toml", "[package]\nname = \"fanpass-model\"\n");
        write(workspace, "crates/fanpass-model/README.md", "\n");
        workspace.packages[0].described = false;
        write(workspace, "xtask/Cargo.toml", "lints.workspace = true");
        workspace.packages.push(Package { folder: "xtask".into(), ..package("xtask") });
    });
    insta::assert_snapshot!("manifests", findings.join("\n"));
}

#[test]
fn a_library_shows_its_readme() {
    let findings =
        found(|workspace| write(workspace, "crates/fanpass-model/src/lib.rs", "//! Its own words.\n"));
    insta::assert_snapshot!("readme", findings.join("\n"));
}

#[test]
fn rust_files_have_a_preamble_a_length_and_no_loose_ends() {
    let findings = found(|workspace| {
        write(workspace, "xtask/src/bare.rs", "fn main() {}\n");
        write(workspace, "xtask/src/watched.rs", &"//! Line.\n".repeat(251));
        write(workspace, "xtask/src/page.rs", &"//! Line.\n".repeat(250));
        write(workspace, "xtask/src/long.rs", &"//! Line.\n".repeat(401));
        let marks = [concat!("todo", "!()"), concat!("#[", "ignore]"), concat!("unimplemented", "!()")];
        write(workspace, "xtask/src/begun.rs", &format!("//! Begun.\n{}\n", marks.join("\n")));
    });
    insta::assert_snapshot!("sources", findings.join("\n"));
}

#[test]
fn snapshots_are_reviewed_and_belong_to_a_test() {
    let snapshot = "crates/fanpass-model/tests/it/snapshots/it__id.snap";
    let findings = found(|workspace| {
        workspace.pending_snapshots.push("xtask/tests/it/snapshots/it__new.snap.new".into());
        workspace.files.remove(Path::new("crates/fanpass-model/tests/it/main.rs"));
    });
    insta::assert_snapshot!("snapshots", findings.join("\n"));

    let used = |paths: &[&str]| Some(paths.iter().map(PathBuf::from).collect());
    assert_eq!(found(|workspace| workspace.used_snapshots = used(&[snapshot])), [""; 0]);
    assert_eq!(found(|workspace| workspace.used_snapshots = used(&[])).len(), 1);
}

#[test]
fn this_workspace_is_read_as_it_stands() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let workspace = Workspace::read(top, None).unwrap();
    let xtask = workspace.packages.iter().find(|package| package.name == "xtask").unwrap();
    assert!(!xtask.published && xtask.described);
    assert_eq!(xtask.folder, Path::new("xtask"));
    assert!(xtask.tree.contains("serde") && xtask.tree.contains("serde_derive"));
    assert!(!xtask.tree.contains("insta") && !xtask.tree.contains("xtask"));
    let client = workspace.packages.iter().find(|package| package.name == "fanpass-client").unwrap();
    assert_eq!(client.uses, names(["fanpass-model", "fanpass-transport"]));
    assert_eq!(client.uses_in_tests, names(["fanpass-testkit", "fanpass-transport-hyper"]));
    assert!(client.published && workspace.locked.iter().any(|(name, _)| name == "serde"));
    assert!(
        workspace.files[Path::new("xtask/tests/it/tidy.rs")].contains("this_workspace_is_read_as_it_stands")
    );
}
