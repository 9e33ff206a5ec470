//! How `serve` is set up: from a file, the environment and the command line, and what is said of a slip.

use crate::harness::{Club, transcript};

const CHECK: [&str; 2] = ["serve", "--check-config"];

/// What is printed, with the club's folder under a name of its own length on all machines.
fn placed(club: &Club, printed: &str) -> String {
    let folder = club.path("").display().to_string();
    let folder = folder.trim_end_matches('/');
    let line = |line: &str| match line.split_once(folder) {
        Some((before, after)) => {
            format!("{before}CLUB{}", after.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        None => line.to_owned(),
    };
    printed.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_setting_has_a_default_and_is_listed() {
    let club = Club::alone();
    insta::assert_snapshot!("settings_default", placed(&club, &club.run(&CHECK)));
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let club = Club::alone();
    std::fs::create_dir(club.path("etc")).unwrap();
    club.file(
        "etc/serve.toml",
        "listen = \"0.0.0.0:80\"\ndata = \"../fans\"\n\n[limits]\nupload_bytes = \"1 GiB\"\nbody_pause = \"1m 30s\"\n\
         concurrent_uploads = 2\n\n[imports.files]\ncolumns = 100\n\n[[platform.attribute]]\n\
         key = \"user_properties.stand\"\ntype = \"string\"\nallowed_values = [\"north\", \"south\"]\n",
    );
    let arguments =
        ["serve", "--check-config", "--config-file", "etc/serve.toml", "--set", "limits.upload_bytes=2GiB"];
    let command = || {
        let mut command = club.command(&arguments);
        command.env("FANPASS_SERVE_LIMITS_UPLOAD_BYTES", "3 GiB");
        command.env("FANPASS_SERVE_LIMITS_CONCURRENT_UPLOADS", "3").env("FANPASS_SERVE_DRAIN", "");
        command
    };
    let stated: String = transcript(&arguments, command())
        .lines()
        .filter(|line| !line.ends_with("# default"))
        .collect::<Vec<_>>()
        .join("\n");
    insta::assert_snapshot!("settings_stated", placed(&club, &stated));

    // What is printed is a file that says the same, wherever it lies.
    let mut first = command();
    let printed = first.output().unwrap().stdout;
    club.file("etc/again.toml", &printed);
    let again =
        club.command(&["serve", "--check-config", "--config-file", "etc/again.toml"]).output().unwrap();
    let values = |text: &[u8]| -> Vec<String> {
        String::from_utf8(text.to_vec())
            .unwrap()
            .lines()
            .map(|line| line.split("  ").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(values(&again.stdout), values(&printed));
}

#[test]
fn each_place_wins_over_the_one_before_whatever_the_setting() {
    let club = Club::alone();
    let found = |key: &str, variables: &[(&str, &str)], options: &[&str]| {
        let mut command = club.command(&[&CHECK[..], options].concat());
        command.envs(variables.iter().copied());
        let printed = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let line = printed.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap();
        line.rsplit_once("# ").unwrap().1.to_owned()
    };
    for (key, short, long, option, values) in [
        ("data", "FANPASS_DATA", "FANPASS_SERVE_DATA", "--data", ["a", "b", "c", "d", "e"]),
        (
            "listen",
            "FANPASS_LISTEN",
            "FANPASS_SERVE_LISTEN",
            "--listen",
            ["[::1]:1", "[::1]:2", "[::1]:3", "[::1]:4", "[::1]:5"],
        ),
    ] {
        club.file("serve.toml", format!("{key} = {:?}\n", values[0]));
        let file = ["--config-file", "serve.toml"];
        let (short, long) = ((short, values[1]), (long, values[2]));
        let set = format!("{key}={}", values[3]);
        let set = [&file[..], &["--set", &set]].concat();
        let all = [&[option, values[4]], &set[..]].concat();
        assert_eq!(found(key, &[], &file), "serve.toml:1");
        assert_eq!(found(key, &[short], &file), short.0);
        assert_eq!(found(key, &[short, long], &file), long.0);
        assert_eq!(found(key, &[short, long], &set), "--set");
        assert_eq!(found(key, &[short, long], &all), option);
    }
}

#[test]
fn a_slip_is_told_with_its_line_and_the_nearest_name() {
    let club = Club::alone();
    std::fs::create_dir(club.path("etc")).unwrap();
    let mut said = String::new();
    for text in [
        "[limits]\nupload_byte = 1\n",
        "[limit]\n\nupload_bytes = 1\n",
        "upload_bytes = 1\n",
        "[limits]\nupload_bytes = \"4 gigabytes\"\n",
        "[limits]\nconnections = 0\n",
        "[limits]\nbody_pause = 30\n",
        "log = { format = \"xml\" }\n",
        "listen = 1979-05-27\n",
        "listen = [[\n",
        "[[platform.attribute]]\nkey = \"custom.tier\"\n",
        "[limits]\nupload_bytes = [1]\n",
        "token_lifetime = \"90000h\"\n\n[limits]\nheader_count = 18446744073709551615\nheader_bytes = 0\nwrites_waiting = 0\n\
         concurrent_uploads = 1000000001\nupload_bytes = \"2048 TiB\"\n\n[imports]\nrejects_kept = 1000000001\n\
         records_kept = \"876001h\"\n",
        "[limits]\nbody_bytes_in_all = 1000\ninline_bytes_in_all = 1000\nconnection = 1\n",
    ] {
        club.file("serve.toml", text);
        said.push_str(text);
        said.push_str(&club.run(&["serve", "--check-config", "--config-file", "serve.toml"]));
        said.push('\n');
    }
    for file in ["missing.toml", "etc"] {
        said.push_str(&club.run(&["serve", "--check-config", "--config-file", file]));
    }
    said.push_str(&club.run(&["serve", "--check-config", "--set", "ga4.secret_file=missing"]));
    said.push_str(&club.run(&["serve", "--check-config", "--set", "limits.conections=7"]));
    let mut command = club.command(&CHECK);
    command.env("FANPASS_SERVE_LIMITS_CONNECTION", "7");
    said.push_str(&transcript(&CHECK, command));
    insta::assert_snapshot!("settings_slips", said);
}

#[test]
fn every_setting_is_documented() {
    let page = include_str!("../../../../docs/service.md");
    for setting in Club::alone().json(&CHECK)["settings"].as_array().unwrap() {
        let key = setting["key"].as_str().unwrap();
        let name = ["limits.", "imports.files."]
            .into_iter()
            .find_map(|table| key.strip_prefix(table))
            .unwrap_or(key);
        assert!(page.contains(&format!("`{name}`")), "docs/service.md does not tell of `{key}`");
    }
}
