//! `fsck`: what it says of a sound folder and of a damaged one.

use crate::harness::Club;

#[test]
fn a_folder_is_checked_and_damage_ends_with_its_own_code() {
    let club = Club::alone();
    club.file("ids.csv", "user_id\n00042\nfan-7\n");
    club.run(&["segments", "push", "fans", "--file", "ids.csv", "--wait", "--local"]);
    let sound = club.run(&["fsck"]);
    assert!(sound.ends_with("exit 0\n"), "{sound}");
    let key = club.path(".fanpass/signing-key");
    std::fs::write(&key, "short").unwrap();
    std::fs::write(club.path(".fanpass/temporary/run"), "").unwrap();
    let damaged = club.run(&["fsck"]);
    // How often the push asked how far the import was.
    let mut filters = insta::Settings::clone_current();
    filters.add_filter(r"audit       \d+", "audit       N");
    let said = format!("{sound}{damaged}{}", club.run(&["fsck", "--data", "nowhere"]));
    filters.bind(|| insta::assert_snapshot!("fsck", said));
    let json = club.json(&["fsck"]);
    assert_eq!((&json["damages"], &json["findings"][0]["severity"]), (&1.into(), &"damage".into()), "{json}");
}
