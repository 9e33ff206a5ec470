//! `snapshot`, `restore`, `reset`, `serve --ephemeral`: what becomes of data folders.

use crate::harness::Club;

#[test]
fn a_snapshot_is_restored_and_a_folder_emptied() {
    let club = Club::alone();
    club.file("ids.csv", "user_id\n00042\n");
    club.run(&["segments", "push", "fans", "--file", "ids.csv", "--wait", "--local"]);
    let mut said = String::new();
    for arguments in [
        &["snapshot", "fans.zip"][..],
        &["restore", "fans.zip"],
        &["restore", "fans.zip", "--data", "other"],
        &["segments", "members", "fans", "--local", "--data", "other"],
        &["reset", "--data", "other"],
        &["reset", "--data", "other", "--yes"],
        &["segments", "list", "--local", "--data", "other"],
        &["restore", "fans.zip", "--data", "other", "--replace"],
        &["restore", "ids.csv", "--data", "new"],
        &["snapshot", "none.zip", "--data", "nowhere"],
    ] {
        said.push_str(&club.run(arguments));
    }
    // The machine decides when it is, and SQLite how large its files are.
    let mut filters = insta::Settings::clone_current();
    filters.add_filter(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME");
    filters.add_filter(r"\d+ bytes", "N bytes");
    filters.bind(|| insta::assert_snapshot!("folders", said));
}
