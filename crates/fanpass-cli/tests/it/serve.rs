//! `serve`: prints where it is and a token, takes calls, and ends cleanly when it is told to.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use crate::harness::Club;
use crate::serving::{hang_up_is_ignored, served, served_after, served_in, served_logging_to};

/// What is answered to a plain GET.
fn get(url: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(url.split('/').nth(2).unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: fanpass\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Places that take nothing that is written to them.
#[cfg(unix)]
fn dead_ends() -> Vec<Stdio> {
    let (_, nobody_reads) = std::io::pipe().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").ok();
    full.map(Stdio::from).into_iter().chain([nobody_reads.into()]).collect()
}

#[cfg(unix)]
#[test]
fn a_log_that_cannot_be_written_costs_the_log_alone() {
    for log in dead_ends() {
        let (club, serving) = served_logging_to(log, &["-vv"]);
        club.file("ids.csv", "user_id\n00042\nfan-7\n");
        let pushed = club.json(&["segments", "import", "fans", "--file", "ids.csv", "--wait"]);
        assert_eq!(pushed["imported"], 2, "{pushed}");
        club.json(&["users", "update", "fan-7", "--set", "user_properties.sth=true"]);
        let ready = get(serving.started["url"].as_str().unwrap(), "/readyz");
        assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
        assert_eq!(serving.end(), Some(0));
    }
}

#[cfg(unix)]
#[test]
fn a_push_goes_on_when_nobody_reads_what_it_says() {
    let club = Club::alone();
    club.file("ids.csv", "user_id\n00042\nfan-7\n");
    for dead_end in dead_ends() {
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_fanpass"))
            .args(["segments", "push", "fans", "--local", "--wait", "--file", "ids.csv", "-vv", "--json"])
            .current_dir(club.path("."))
            .env_clear()
            .stdout(std::io::pipe().unwrap().1)
            .stderr(dead_end)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(0));
        assert_eq!(club.json(&["segments", "show", "fans", "--local"])["memberCount"], 2);
        club.json(&["segments", "delete", "fans", "--yes", "--local"]);
    }
}

#[cfg(unix)]
#[test]
fn it_serves_the_same_commands_over_http_until_a_signal() {
    let (club, serving) = served(&[]);
    club.file("ids.csv", "user_id\n00042\nfan-7\n");
    let pushed = club.json(&["segments", "push", "fans", "--file", "ids.csv", "--wait"]);
    assert_eq!((&pushed["imported"], &pushed["addsUp"]), (&2.into(), &true.into()));
    assert_eq!(serving.end(), Some(0));
    for log in ["segments.db-wal", "service.db-wal"] {
        assert!(!club.path(".fanpass").join(log).exists(), "{log} is left");
    }
    let here = club.json(&["segments", "show", "fans", "--local"]);
    assert_eq!(here["memberCount"], 2, "the data is in the folder");
}

/// Sends a request and reads the head of its answer, and leaves the connection open.
#[cfg(unix)]
fn ask(stream: &mut TcpStream, request: &str, body: &str) -> String {
    let head = format!("{request}\r\nhost: fanpass\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    String::from_utf8(answer).unwrap()
}

#[cfg(unix)]
#[test]
fn connections_leave_files_for_what_is_stored() {
    let (club, serving) = served_after("ulimit -n 128", &[]);
    let address = serving.started["url"].as_str().unwrap().trim_start_matches("http://");
    let mut first = TcpStream::connect(address).unwrap();
    assert!(ask(&mut first, "HEAD /healthz HTTP/1.1", "").starts_with("HTTP/1.1 200"));
    let idle: Vec<_> = (0..150).map(|_| TcpStream::connect(address).unwrap()).collect();
    let upload = format!(
        "POST /api/v1/segments HTTP/1.1\r\nauthorization: Bearer {}\r\ncontent-type: multipart/form-data; boundary=b",
        serving.started["token"].as_str().unwrap()
    );
    let part = "--b\r\ncontent-disposition: form-data; name=";
    let form = format!(
        "{part}segmentName\r\n\r\nfans\r\n{part}file; filename=fans.csv\r\n\r\nuser_id\na\n\r\n--b--\r\n"
    );
    for _ in 0..20 {
        let answer = ask(&mut first, &upload, &form);
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
        let length = answer.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap();
        let mut receipt = vec![0; length.parse().unwrap()];
        first.read_exact(&mut receipt).unwrap();
    }
    drop(idle);
    assert_eq!(serving.end(), Some(0));
    let log = std::fs::read_to_string(club.path("serve.log")).unwrap();
    assert!(log.contains("fewer connections are taken than limits.connections says"), "{log}");
}

#[cfg(unix)]
#[test]
fn too_few_open_files_are_told_with_what_is_wanted() {
    let club = Club::alone();
    let told = |files| {
        let script = format!("ulimit -n {files}; exec \"$0\" serve --listen 127.0.0.1:0");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_fanpass")]).current_dir(club.path("."));
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    let of_any = told(8);
    assert!(
        of_any.contains("Too many open files") && of_any.contains("hint:  `ulimit -n` tells"),
        "{of_any}"
    );
    for files in [16, 24, 63] {
        let told = told(files);
        let limit = format!("lets this process open {files} files at a time, and the service wants 1280");
        assert!(told.contains(&limit) && told.contains("`ulimit -n 1280`"), "{told}");
    }
    let (_club, serving) = served_after("ulimit -n 64", &[]);
    assert_eq!(serving.end(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_soft_limit_of_open_files_is_raised_to_what_is_needed() {
    let (_club, serving) = served_after("ulimit -S -n 128", &["--set", "limits.connections=300"]);
    let address = serving.started["url"].as_str().unwrap().trim_start_matches("http://");
    let mut open: Vec<_> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut open {
        assert!(ask(stream, "HEAD /healthz HTTP/1.1", "").starts_with("HTTP/1.1 200"));
    }
    drop(open);
    assert_eq!(serving.end(), Some(0));
}

#[cfg(unix)]
#[test]
fn metrics_have_an_address_of_their_own_and_the_log_is_json() {
    let (club, serving) = served(&["--metrics-listen", "127.0.0.1:0", "--log-format", "json", "-v"]);
    club.json(&["users", "update", "fan-7", "--set", "user_properties.sth=true"]);
    let answer = get(serving.started["metrics"].as_str().unwrap(), "/metrics");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("fanpass_build_info"), "{answer}");
    assert_eq!(serving.end(), Some(0));
    let log = std::fs::read_to_string(club.path("serve.log")).unwrap();
    let events: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let update = events.iter().find(|event| event["operation"] == "updateUser").unwrap();
    assert_eq!((&update["message"], &update["status"]), (&"answered".into(), &200.into()), "{update}");
    assert!(update["about"].as_str().unwrap().starts_with("user:") && !log.contains("fan-7"), "{update}");
}

#[cfg(unix)]
#[test]
fn an_ephemeral_service_leaves_nothing_and_shows_nobody_anything() {
    use std::os::unix::fs::PermissionsExt as _;

    let temporary = tempfile::tempdir().unwrap();
    let (club, serving) = served_in(temporary.path(), &["--ephemeral"]);
    club.file("ids.csv", "user_id\n00042\n");
    let pushed = club.json(&["segments", "push", "fans", "--file", "ids.csv", "--wait"]);
    assert_eq!(pushed["imported"], 1);
    let folders: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().map(Result::unwrap).collect();
    let [folder] = &folders[..] else { panic!("{folders:?}") };
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(serving.end(), Some(0));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
    assert!(!club.path(".fanpass").exists());
    let both = Club::alone().run(&["serve", "--ephemeral", "--data", "x"]);
    assert!(both.ends_with("exit 2\n"), "{both}");
}

#[cfg(unix)]
#[test]
fn a_second_signal_of_either_kind_ends_it_at_once() {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    let hang_up = if hang_up_is_ignored() { "-TERM" } else { "-HUP" };
    for second in ["-TERM", "-INT", hang_up] {
        let (_club, serving) = served(&["--set", "drain=1h"]);
        let address = serving.started["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let token = serving.started["token"].as_str().unwrap();
        // A call whose body is waited for holds the service up.
        let mut under_way = TcpStream::connect(&address).unwrap();
        let head = format!(
            "POST /api/v1/update_user HTTP/1.1\r\nhost: fanpass\r\nexpect: 100-continue\r\n\
             content-type: application/json\r\ncontent-length: 2\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        under_way.write_all(head.as_bytes()).unwrap();
        under_way.read_exact(&mut [0; 25]).unwrap();
        serving.signal(if cfg!(target_os = "linux") { hang_up } else { "-TERM" });
        while TcpStream::connect(&address).is_ok() {
            std::thread::yield_now();
        }
        serving.signal(second);
        assert_eq!(serving.exit_code(), Some(130), "{second}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_end_of_the_terminal_ends_it_in_order_unless_that_is_ignored() {
    if !hang_up_is_ignored() {
        let (club, serving) = served(&[]);
        club.json(&["segments", "list"]);
        serving.signal("-HUP");
        assert_eq!(serving.exit_code(), Some(0));
    }
    let (club, serving) = served_after("trap '' HUP", &[]);
    serving.signal("-HUP");
    assert_eq!(club.json(&["segments", "list"])["segments"], serde_json::json!([]));
    assert_eq!(serving.end(), Some(0));
}
