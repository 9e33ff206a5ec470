//! `fanpass attributes`, and files of attributes that mappings and rows are checked against.

use crate::harness::Club;

#[test]
fn the_catalogue_and_registered_attributes_are_listed() {
    let club = Club::with_service();
    let register =
        ["attributes", "register", "custom.loyalty_tier", "--type", "string", "--description", "Tier"];
    insta::assert_snapshot!("register", club.run(&register));
    insta::assert_snapshot!("list", club.run(&["attributes", "list"]));
}

#[test]
fn another_type_for_a_taken_key_is_refused() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    insta::assert_snapshot!(club.run(&["attributes", "register", "custom.loyalty_tier", "--type", "number"]));
}

const TIER: [&str; 12] = [
    "attributes",
    "register",
    "custom.tier",
    "--type",
    "string",
    "--allow",
    "silver",
    "--allow",
    "gold",
    "--owner",
    "CRM team",
    "--json",
];

#[test]
fn an_attribute_is_retired_and_restored() {
    let club = Club::with_service();
    club.run(&TIER);
    let set = ["users", "update", "00042", "--set", "custom.tier=gold"];
    club.json(&set);
    insta::assert_snapshot!("retire", club.run(&["attributes", "retire", "custom.tier"]));
    assert!(club.run(&set).ends_with("exit 6\n"));
    assert!(club.run(&["users", "update", "00042", "--unset", "custom.tier"]).ends_with("exit 0\n"));
    insta::assert_snapshot!("list_all", club.run(&["attributes", "list"]));
    insta::assert_snapshot!("restore", club.run(&["attributes", "restore", "custom.tier"]));
    assert!(club.run(&set).ends_with("exit 0\n"));
    assert!(club.run(&["attributes", "retire", "custom.teir"]).ends_with("exit 5\n"));
    assert!(club.run(&["attributes", "retire", "custom.teir", "--dry-run"]).ends_with("exit 5\n"));
    assert!(
        club.run(&["attributes", "retire", "custom.tier", "--dry-run"]).contains("Would retire custom.tier")
    );
}

#[test]
fn allowed_values_are_of_the_type() {
    let club = Club::with_service();
    let register =
        |values: &[&str]| club.run(&[&["attributes", "register", "custom.stars"], values].concat());
    insta::assert_snapshot!("allow_no_number", register(&["--type", "number", "--allow", "three"]));
    insta::assert_snapshot!(
        "allow_twice",
        register(&["--type", "number", "--allow", "-1", "--allow", "-1.0"])
    );
    insta::assert_snapshot!(
        "allow",
        register(&[
            "--type", "number", "--allow", "1", "--allow", "2", "--allow", "3", "--allow", "4", "--allow",
            "5"
        ])
    );
    insta::assert_snapshot!(
        "allow_again_dry_run",
        register(&["--type", "number", "--allow", "1", "--dry-run"])
    );
}

const FILE: &str = r#"[[attribute]]
key = "custom.tier"
type = "string"
allowed_values = ["bronze", "silver", "gold"]
owner = "CRM team"

[[attribute]]
key = "custom.points"
type = "number"

[[attribute]]
key = "custom.old"
state = "retired"

[[attribute]]
key = "user_properties.sth"
"#;

#[test]
fn a_file_is_imported_and_again_changes_nothing() {
    let club = Club::with_service();
    club.run(&TIER);
    club.json(&["attributes", "register", "custom.other"]);
    club.file("attributes.toml", FILE);
    insta::assert_snapshot!(
        "import_dry_run",
        club.run(&["attributes", "import", "attributes.toml", "--dry-run"])
    );
    insta::assert_snapshot!("import", club.run(&["attributes", "import", "attributes.toml"]));
    let again = club.json(&["attributes", "import", "attributes.toml"]);
    assert_eq!((&again["read"], &again["unchanged"], &again["sent"]), (&4.into(), &4.into(), &true.into()));

    club.run(&["attributes", "export", "--out", "exported.toml"]);
    let again = club.json(&["attributes", "import", "exported.toml"]);
    assert_eq!((&again["read"], &again["unchanged"], &again["notInFile"]), (&6.into(), &6.into(), &0.into()));
    insta::assert_snapshot!("export", club.run(&["attributes", "export"]));

    if cfg!(unix) {
        assert!(std::process::Command::new("mkfifo").arg(club.path("pipe")).status().unwrap().success());
        let refused = club.run(&["attributes", "export", "--out", "pipe"]);
        assert!(refused.contains("is no file, and is not replaced by one"), "{refused}");
        assert!(!club.path("pipe").is_file());
    }
}

#[test]
fn a_file_of_which_anything_is_refused_changes_nothing() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.points", "--type", "string"]);
    club.file("attributes.toml", FILE.replace("user_properties.sth", "user_properties.stand"));
    insta::assert_snapshot!("import_refused", club.run(&["attributes", "import", "attributes.toml"]));
    club.file("attributes.toml", FILE.replace("allowed_values", "alowed_values").replace("retired", "gone"));
    insta::assert_snapshot!("import_slips", club.run(&["attributes", "import", "attributes.toml"]));
    assert_eq!(club.json(&["attributes", "list"])["attributes"].as_array().unwrap().len(), 3);
}

const FANS: &str = "fan_id,tier,old\n1,gold,\n2,golf,\n3,silver,x\n4,,\n";

const MAP: [&str; 6] =
    ["--map", "tier=custom.tier", "--map", "old=custom.old", "--attributes", "attributes.toml"];

#[test]
fn rows_are_checked_against_a_file_offline() {
    let club = Club::alone();
    club.file("attributes.toml", FILE);
    club.file("fans.csv", FANS);
    insta::assert_snapshot!("check", club.run(&[&["check", "fans.csv"], &MAP[..]].concat()));
    let wrong = ["check", "fans.csv", "--map", "tier=custom.teir", "--set", "custom.tier=golf"];
    let wrong = club.json(&[&wrong[..], &MAP[4..]].concat());
    let severities: Vec<_> =
        wrong["findings"].as_array().unwrap().iter().map(|finding| finding["severity"].clone()).collect();
    assert_eq!(severities, ["error", "error"], "{wrong}");
    club.file("attributes.toml", "[[attribute]]\nkey = 7\n");
    assert!(club.run(&[&["check", "fans.csv"], &MAP[..]].concat()).ends_with("exit 6\n"));
}

#[test]
fn rows_with_other_values_are_rejected_before_they_are_sent() {
    let club = Club::with_service();
    club.file("fans.csv", FANS);
    club.file("attributes.toml", FILE);
    club.json(&["attributes", "import", "attributes.toml"]);
    // The service's own list is as good.
    let push = [&["users", "push", "--file", "fans.csv", "--concurrency", "1"], &MAP[..4]].concat();
    insta::assert_snapshot!("push", club.run(&push));
    let sent = club.json(&["audit", "--operation", "updateUser"]);
    assert_eq!(sent["records"].as_array().unwrap().len(), 1, "{sent}");

    club.file(
        "rejects.csv",
        std::fs::read_to_string(club.path("rejects.csv")).unwrap().replace("golf", "golb"),
    );
    let again = club.json(&["rejects", "retry", "rejects.csv"]);
    assert_eq!((&again["rejected"], &again["sent"]), (&2.into(), &0.into()), "{again}");
}

#[test]
fn a_configuration_names_the_file_and_the_command_line_wins() {
    let club = Club::with_service();
    club.file("fans.csv", FANS.replace('x', ""));
    club.file("attributes.toml", FILE);
    club.json(&["attributes", "import", "attributes.toml"]);
    club.file("narrow.toml", FILE.replace(r#", "gold""#, ""));
    club.file(
        "season.toml",
        "attributes-file = \"narrow.toml\"\nguards = { rejects = 60 }\n\
         [[attributes]]\nname = \"crm\"\nfile = \"fans.csv\"\nmap = [\"tier=custom.tier\"]\n",
    );
    let plan = |more: &[&str]| {
        club.json(&[&["plan", "season.toml", "--dry-run"], more].concat())["feeds"][0].clone()
    };
    let narrow = plan(&[]);
    assert_eq!((&narrow["unsent"], &narrow["rejected"], &narrow["empty"]), (&1.into(), &2.into(), &1.into()));
    assert_eq!(plan(&["--attributes", "attributes.toml"])["rejected"], 1);
    let applied = club.json(&["apply", "season.toml"]);
    assert_eq!(
        (&applied["feeds"][0]["sent"], &applied["feeds"][0]["rejected"]),
        (&1.into(), &2.into()),
        "{applied}"
    );
    let retried = club.json(&["rejects", "retry", "rejects/crm.csv", "--dry-run"]);
    assert_eq!(retried["rejected"], 2, "the recipe names the file: {retried}");
    club.file("narrow.toml", FILE.replace("custom.tier", "custom.other"));
    assert!(club.run(&["apply", "season.toml"]).contains("custom.tier is not registered"));
}

#[test]
fn the_use_of_an_attribute_is_told() {
    let club = Club::with_service();
    club.json(&["attributes", "register", "custom.loyalty_tier", "--type", "string"]);
    for (user, tier) in [("a", "gold"), ("b", "bronze"), ("c", "bronze"), ("d", "silver")] {
        club.json(&["users", "update", user, "--set", &format!("custom.loyalty_tier={tier}")]);
    }
    insta::assert_snapshot!("use", club.run(&["attributes", "use", "custom.loyalty_tier", "--limit", "2"]));
    insta::assert_json_snapshot!("use_json", club.json(&["attributes", "use", "custom.loyalty_tier"]));
    insta::assert_snapshot!("use_of_nobody", club.run(&["attributes", "use", "user_properties.sth"]));
    insta::assert_snapshot!("use_unknown", club.run(&["attributes", "use", "custom.loyalty_teir"]));
}
