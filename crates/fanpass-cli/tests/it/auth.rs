//! Profiles: which FanPass a command talks to, and that a token goes to its own domain only.

use std::fs;

use crate::harness::{Club, transcript};

/// `{"alg":"HS256"}.{"sub":"nightly-export","exp":1785553200}.signature`
const TOKEN: &str =
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJuaWdodGx5LWV4cG9ydCIsImV4cCI6MTc4NTU1MzIwMH0.c2lnbmF0dXJl";

#[test]
fn a_token_is_stored_shown_by_its_claims_and_forgotten() {
    let club = Club::alone();
    club.profile("fanreach.example", TOKEN);
    insta::assert_snapshot!("status", club.run(&["auth", "status"]));
    club.run(&["auth", "logout"]);
    insta::assert_snapshot!("after_logout", club.run(&["auth", "status"]));
}

#[test]
fn what_is_no_token_is_not_kept() {
    let club = Club::alone();
    for pasted in ["rubbish", "eyJhbGciOiJIUzI1NiJ9", "a.b c.d", "Bearer a.b.c"] {
        let arguments = ["auth", "login", "--domain", "fanreach.example"];
        let mut login = club.command(&arguments);
        login.write_stdin(pasted);
        let said = transcript(&arguments, login);
        assert!(said.contains("standard input holds no token") && said.ends_with("exit 2\n"), "{said}");
        assert!(!said.contains(pasted), "what was pasted may be a secret: {said}");
    }
    assert!(!club.path("config").exists());
}

#[test]
fn without_any_target_the_ways_to_name_one_are_told() {
    insta::assert_snapshot!(Club::alone().run(&["segments", "list"]));
}

#[test]
fn a_stored_token_goes_to_its_own_domain_only() {
    let club = Club::alone();
    club.profile("fanreach.example", TOKEN);
    insta::assert_snapshot!(club.run(&["segments", "list", "--domain", "fanreach.exampel"]));
}

#[test]
fn the_environment_gives_a_token_too() {
    let club = Club::alone();
    let arguments = ["auth", "status", "--domain", "fanreach.example"];
    let mut command = club.command(&arguments);
    command.env("FANPASS_TOKEN", TOKEN);
    insta::assert_snapshot!(transcript(&arguments, command));
}

#[test]
fn a_token_does_not_travel_in_clear() {
    let club = Club::alone();
    let arguments = ["segments", "list", "--domain", "http://fanreach.example"];
    let mut command = club.command(&arguments);
    command.env("FANPASS_TOKEN", TOKEN);
    insta::assert_snapshot!(transcript(&arguments, command));
}

#[test]
fn no_error_shows_the_token() {
    let club = Club::with_service();
    let mut command = club.command(&["segments", "list", "-vv"]);
    command.env("FANPASS_TOKEN", TOKEN);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let printed = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8_lossy(&printed).contains("c2lnbmF0dXJl"));
}

#[test]
fn a_token_that_is_piped_in_wins_over_the_environment() {
    let club = Club::alone();
    fs::write(club.path("other.token"), "x.y.z").unwrap();
    let login = |stdin: &str| {
        let mut command = club.command(&["auth", "login", "--domain", "fanreach.example", "--json"]);
        command.env("FANPASS_TOKEN", "a.b.c").env("FANPASS_TOKEN_FILE", club.path("other.token"));
        let output = command.write_stdin(stdin.to_owned()).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let kept = fs::read_to_string(club.path("config/tokens/default")).unwrap();
        (report["tokenFrom"].as_str().unwrap().to_owned(), kept)
    };
    assert_eq!(login(TOKEN), ("standard input".to_owned(), TOKEN.to_owned()));
    assert_eq!(login(""), ("FANPASS_TOKEN".to_owned(), "a.b.c".to_owned()), "an empty pipe, as in cron");
}

#[cfg(unix)]
#[test]
fn a_token_file_that_is_named_wins_over_all() {
    use std::os::unix::fs::PermissionsExt as _;
    let club = Club::alone();
    fs::write(club.path("nightly.token"), TOKEN).unwrap();
    fs::set_permissions(club.path("nightly.token"), fs::Permissions::from_mode(0o600)).unwrap();
    let arguments = ["auth", "status", "--domain", "fanreach.example", "--token-file", "nightly.token"];
    let mut command = club.command(&arguments);
    command.env("FANPASS_TOKEN", "a.b.c");
    assert!(transcript(&arguments, command).contains("token    from nightly.token"));
}

#[test]
fn a_file_is_for_the_fanpass_that_it_names_whatever_the_environment_says() {
    let club = Club::with_service();
    club.file("fans.csv", "fan_id\na\nb\n");
    let feeds = "target = { profile = \"default\" }\n\n[[segment]]\nname = \"fans\"\nfile = \"fans.csv\"\nmode = \"add\"\n";
    club.file("club.toml", feeds);
    let elsewhere = |arguments: &[&str]| {
        let mut command = club.command(arguments);
        command.env("FANPASS_DOMAIN", "http://127.0.0.1:1").env("FANPASS_PROFILE", "staging");
        command.env("FANPASS_TOKEN", "x.y.z");
        transcript(arguments, command)
    };
    let applied = elsewhere(&["apply", "club.toml"]);
    assert!(applied.ends_with("exit 0\n"), "{applied}");
    let listed = elsewhere(&["segments", "list", "--profile", "default", "--json"]);
    assert!(listed.contains("\"memberCount\": 2"), "the command line wins as well: {listed}");
    let unnamed = elsewhere(&["segments", "list"]);
    assert!(!unnamed.ends_with("exit 0\n"), "{unnamed}");
}

#[test]
fn profiles_that_cannot_be_read_stop_nobody_who_needs_none() {
    let club = Club::with_service();
    let token = fs::read_to_string(club.path("config/tokens/default")).unwrap();
    fs::remove_file(club.path("config/profiles.toml")).unwrap();
    fs::create_dir(club.path("config/profiles.toml")).unwrap();
    let list = |arguments: &[&str]| {
        let arguments = [&["segments", "list"], arguments].concat();
        let mut command = club.command(&arguments);
        command.env("FANPASS_DOMAIN", format!("http://{}", club.address())).env("FANPASS_TOKEN", &token);
        transcript(&arguments, command)
    };
    assert!(list(&[]).ends_with("exit 0\n"), "{}", list(&[]));
    assert!(list(&["--profile", "club"]).contains("cannot read"), "one that is asked for has to be there");
}

#[test]
fn profiles_that_are_stored_are_named_where_another_is_meant() {
    let club = Club::alone();
    let token = "aaaa.bbbb.cccc";
    for name in ["club", "north"] {
        let login = ["auth", "login", "--profile", name, "--domain", "fanreach.example"];
        assert!(club.command(&login).write_stdin(token).output().unwrap().status.success());
    }
    let told = club.run(&["auth", "status"]);
    assert!(told.contains("which FanPass? Use --profile club, --profile north, --local for"), "{told}");
    let told = club.run(&["auth", "status", "--profile", "clup"]);
    assert!(
        told.contains("there is no profile `clup`: use --profile club, --profile north, or make it"),
        "{told}"
    );
}
