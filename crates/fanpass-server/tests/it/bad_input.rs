//! Each kind of bad input: its status, a problem that names the place, nothing stored, and the service goes on.

use std::time::Duration;

use crate::harness::{Answer, Call, Harness, form, post, segment, update, upload, workbook};
use crate::snapshot;

/// The answer to a call that must leave nothing behind.
async fn refused(harness: &Harness, call: Call) -> Answer {
    let answer = harness.call(call).await;
    assert!((400..500).contains(&answer.status), "{answer}");
    nothing_stored(harness).await;
    answer
}

async fn nothing_stored(harness: &Harness) {
    let segments = harness.get("/service/v1/segments").await.json();
    assert_eq!(segments["segments"], serde_json::json!([]), "a segment was stored");
    assert_eq!(harness.get("/service/v1/user?userId=u1").await.status, 404, "a user was stored");
    let spooled = std::fs::read_dir(harness.folder.path().join("spool")).unwrap().count();
    assert_eq!(spooled, 0, "an upload was left behind");
}

#[tokio::test]
async fn attributes_that_may_not_be_written() {
    let harness = Harness::start().await;
    let set =
        |key: &str| update(&serde_json::json!({"userId": "u1", "userProperties": {key: "x"}}).to_string());
    snapshot!("unknown_prefix", refused(&harness, set("loyalty_tier")).await);
    snapshot!("unregistered_key", refused(&harness, set("custom.loyalty_tier")).await);
    snapshot!("unknown_platform_key", refused(&harness, set("user_properties.st")).await);
    snapshot!("no_attributes", refused(&harness, update(r#"{"userId":"u1","userProperties":{}}"#)).await);
    let twice =
        r#"{"userId":"u1","userProperties":{"user_properties.sth":true,"user_properties.sth":false}}"#;
    snapshot!("attribute_twice", refused(&harness, update(twice)).await);
    let deep = r#"{"userId":"u1","userProperties":["user_properties.sth"]}"#;
    snapshot!("properties_not_an_object", refused(&harness, update(deep)).await);
}

#[tokio::test]
async fn ids_that_are_not_text() {
    let harness = Harness::start().await;
    snapshot!("no_user_ids", refused(&harness, segment(r#"{"segmentName":"cup","userIds":[]}"#)).await);
    let number = r#"{"segmentName":"cup","userIds":["a","b","c",42]}"#;
    snapshot!("number_as_id", refused(&harness, segment(number)).await);
    let odd = r#"{"segmentName":"cup","userIds":["a"," b",null,"","\u0007",1e5,["c"]],"colour":1}"#;
    snapshot!("ids_of_all_kinds", refused(&harness, segment(odd)).await);
    let many = serde_json::json!({"segmentName": "cup", "userIds": vec![42; 500]});
    let named =
        refused(&harness, segment(&many.to_string())).await.json()["errors"].as_array().unwrap().len();
    assert_eq!(named, 100);
    snapshot!("list_as_body", refused(&harness, segment(r#" ["cup",["a"]]"#)).await);
    snapshot!("ids_not_a_list", refused(&harness, segment(r#"{"segmentName":"cup","userIds":"map"}"#)).await);
    let name = r#"{"segmentName":7,"userIds":["a"]}"#;
    snapshot!("number_as_name", refused(&harness, segment(name)).await);
}

#[tokio::test]
async fn all_of_it_is_named_at_once() {
    let harness = Harness::start().await;
    let wrong = r#"{"segmentName":"","userIds":[]}"#;
    snapshot!("empty_name_and_list", refused(&harness, segment(wrong)).await);
    let missing = refused(&harness, segment(r#"{"userIds":[7]}"#)).await.json();
    let pointers: Vec<_> =
        missing["errors"].as_array().unwrap().iter().map(|item| &item["pointer"]).collect();
    assert_eq!(pointers, ["/segmentName", "/userIds/0"]);
    snapshot!("empty_request", refused(&harness, segment("{}")).await);
}

#[tokio::test]
async fn null_stands_for_nothing_that_a_request_may_leave_out() {
    let harness = Harness::start().await;
    let mode = segment(r#"{"segmentName":"cup","mode":null,"userIds":["a"]}"#);
    snapshot!("null_as_mode", refused(&harness, mode).await);
    let requests = [
        ("/service/v1/segments/combine", r#"{"all":["cup"],"any":null}"#, "/any"),
        ("/service/v1/segments/combine", r#"{"all":["cup"],"limit":null}"#, "/limit"),
        ("/service/v1/audiences/preview", r#"{"expression":"true","count":null}"#, "/count"),
        (
            "/service/v1/audiences",
            r#"{"audienceName":"a","expression":"true","description":null}"#,
            "/description",
        ),
        ("/service/v1/segment/rollback", r#"{"segmentName":"cup","version":null}"#, "/version"),
        ("/service/v1/attributes", r#"{"key":"custom.a","type":null}"#, "/type"),
        ("/service/v1/attributes", r#"{"key":"custom.a","allowedValues":null}"#, "/allowedValues"),
        ("/service/v1/tokens", r#"{"subject":"x","lifetimeSeconds":null}"#, "/lifetimeSeconds"),
    ];
    for (path, body, pointer) in requests {
        let answer = refused(&harness, post(path).json(body)).await;
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["pointer"]),
            (422, &pointer.into()),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn values_of_another_type_than_their_member_has_are_told_by_their_place() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    // None of which any member takes.
    let other = ["1.5", "1e999", r#""\ud800""#, r#"{"a":1,"b":2}"#];
    let members: [(&str, &[&str]); 9] = [
        ("/service/v1/attributes", &["key", "type", "allowedValues", "description", "owner"]),
        ("/service/v1/attribute/state", &["key", "state"]),
        ("/service/v1/audiences/preview", &["expression", "after", "limit", "count"]),
        ("/service/v1/audiences", &["audienceName", "expression", "description"]),
        ("/service/v1/segments/combine", &["all", "any", "none", "after", "limit", "count"]),
        ("/service/v1/segment/rollback", &["segmentName", "version"]),
        ("/service/v1/tokens", &["subject", "scopes", "lifetimeSeconds"]),
        ("/api/v1/segments", &["segmentName", "userIds", "mode"]),
        ("/api/v1/update_user", &["userId", "userProperties"]),
    ];
    for (path, members) in members {
        for member in members {
            for value in other {
                let answer = harness.call(post(path).json(&format!(r#"{{"{member}":{value}}}"#))).await;
                assert_eq!(answer.status, 422, "{path}, {member}, {value}: {answer}");
                let told = answer.json()["errors"].to_string();
                assert!(
                    told.contains(&format!(r#""pointer":"/{member}"#)),
                    "{path}, {member}, {value}: {told}"
                );
            }
        }
    }
    let register = |body: &str| post("/service/v1/attributes").json(body);
    snapshot!("number_as_type", refused(&harness, register(r#"{"key":"custom.a","type":5}"#)).await);
    snapshot!(
        "negative_lifetime",
        refused(&harness, post("/service/v1/tokens").json(r#"{"subject":"x","lifetimeSeconds":-1}"#)).await
    );
    snapshot!(
        "object_as_type",
        refused(&harness, register(r#"{"key":"custom.a","type":{"a":1,"b":2}}"#)).await
    );
}

#[tokio::test]
async fn a_body_that_is_packed() {
    let harness = Harness::start().await;
    for call in [segment(r#"{"segmentName":"cup","userIds":["a"]}"#), upload("cup", "a.csv", b"user_id\na\n")]
    {
        let answer = refused(&harness, call.header("content-encoding", "gzip")).await;
        assert_eq!(answer.status, 415, "{answer}");
    }
    let plain = segment(r#"{"segmentName":"cup","userIds":["a"]}"#).header("content-encoding", "identity");
    assert_eq!(harness.call(plain).await.status, 200);
}

#[tokio::test]
async fn lists_that_are_too_large_together() {
    let harness = Harness::with(|config| config.limits.inline_bytes_in_all = 60).await;
    let list = segment(r#"{"segmentName":"cup","userIds":["a","b","c","d","e","f","g","h","i","j"]}"#);
    let answer = harness.call(list).await;
    snapshot!("too_many_inline_bytes", answer);
    nothing_stored(&harness).await;
    for _ in 0..3 {
        let answer = harness.call(segment(r#"{"segmentName":"cup","userIds":["a"]}"#)).await;
        assert_eq!(answer.status, 200, "the room is given back: {answer}");
    }
}

#[tokio::test]
async fn members_that_are_misspelt_missing_or_doubled() {
    let harness = Harness::start().await;
    let misspelt = r#"{"segmentName":"cup","user_ids":["a"]}"#;
    snapshot!("misspelt_member", refused(&harness, segment(misspelt)).await);
    let surplus = r#"{"segmentName":"cup","userIds":["a"],"colour":"append"}"#;
    snapshot!("surplus_member", refused(&harness, segment(surplus)).await);
    let doubled = r#"{"segmentName":"cup","userIds":["a"],"userIds":["b"]}"#;
    snapshot!("doubled_member", refused(&harness, segment(doubled)).await);
}

#[tokio::test]
async fn json_that_is_malformed() {
    let harness = Harness::start().await;
    snapshot!(
        "malformed_json",
        refused(&harness, segment("{\"segmentName\":\"cup\",\n \"userIds\": [\"a\"}")).await
    );
    snapshot!(
        "trailing_garbage",
        refused(&harness, segment(r#"{"segmentName":"cup","userIds":["a"]} x"#)).await
    );
    snapshot!("empty_body", refused(&harness, segment("")).await);
    let deep = format!(r#"{{"segmentName":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(refused(&harness, segment(&deep)).await.status, 422);
    let deep = format!(
        r#"{{"userId":"u1","userProperties":{{"custom.x":{}1{}}}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!((400..=422).contains(&refused(&harness, update(&deep)).await.status));
    let not_utf8 = post("/api/v1/segments").header("content-type", "application/json");
    let body = b"{\"segmentName\":\"c\xffp\",\"userIds\":[\"a\"]}";
    assert_eq!(refused(&harness, not_utf8.body(body)).await.status, 400);
}

#[tokio::test]
async fn content_types_that_are_not_taken() {
    let harness = Harness::start().await;
    let body = br#"{"segmentName":"cup","userIds":["a"]}"#;
    let typed = |path: &str, content_type: &str| post(path).header("content-type", content_type).body(body);
    snapshot!("wrong_type", refused(&harness, typed("/api/v1/segments", "text/csv")).await);
    snapshot!("no_type", refused(&harness, post("/api/v1/segments").body(body)).await);
    snapshot!("wrong_type_update", refused(&harness, typed("/api/v1/update_user", "text/json")).await);
    let without_boundary = typed("/api/v1/segments", "multipart/form-data");
    snapshot!("no_boundary", refused(&harness, without_boundary).await);
}

#[tokio::test]
async fn forms_that_are_not_whole() {
    let harness = Harness::start().await;
    snapshot!("no_file", refused(&harness, form(&[("segmentName", None, b"cup")])).await);
    snapshot!("no_name", refused(&harness, form(&[("file", Some("a.csv"), b"user_id\na\n")])).await);
    snapshot!("no_parts", refused(&harness, form(&[])).await);
    let two: [(&str, Option<&str>, &[u8]); 3] = [
        ("segmentName", None, b"cup"),
        ("file", Some("a.csv"), b"user_id\na\n"),
        ("file", Some("b.csv"), b"user_id\nb\n"),
    ];
    snapshot!("two_files", refused(&harness, form(&two)).await);
    let surplus: [(&str, Option<&str>, &[u8]); 2] =
        [("file", Some("a.csv"), b"user_id\na\n"), ("colour", None, b"append")];
    snapshot!("surplus_part", refused(&harness, form(&surplus)).await);
    snapshot!("bad_name_part", refused(&harness, upload(" cup", "a.csv", b"user_id\na\n")).await);
    let long = [b'x'; 5000];
    assert_eq!(refused(&harness, form(&[("segmentName", None, &long)])).await.status, 422);
}

#[tokio::test]
async fn files_that_cannot_be_imported() {
    let harness = Harness::start().await;
    let file = |name: &str, content: &[u8]| upload("cup", name, content);
    snapshot!("ambiguous_columns", refused(&harness, file("a.csv", b"seat,row\nA,1\nB,2\n")).await);
    snapshot!("empty_file", refused(&harness, file("a.csv", b"")).await);
    let protected = include_bytes!("../../../fanpass-table/tests/fixtures/protected.xlsx");
    snapshot!("password_protected", refused(&harness, file("fans.xlsx", protected)).await);
    let sheets = workbook(&[("Home", &["user_id", "a"]), ("Away", &["user_id", "b"])]);
    snapshot!("ambiguous_sheets", refused(&harness, file("fans.xlsx", &sheets)).await);
    snapshot!("damaged_workbook", refused(&harness, file("fans.xlsx", &sheets[..sheets.len() / 2])).await);
    snapshot!("not_a_table", refused(&harness, file("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")).await);
    let jsonl = file("a.jsonl", b"{\"user_id\":\"a\"}\n");
    snapshot!("format_not_of_the_api", refused(&harness, jsonl).await);
}

#[tokio::test]
async fn an_upload_that_ends_early() {
    let harness = Harness::start().await;
    let call = upload("cup", "a.csv", b"user_id\na\nb\n")
        .header("authorization", &format!("Bearer {}", harness.token));
    let whole = call.bytes();
    // Inside the file's content: the connection ends before the announced length.
    let answer = harness.exchange(&whole[..whole.len() - 20]).await;
    snapshot!("truncated_upload", answer);
    nothing_stored(&harness).await;

    // The form lacks its closing delimiter though the body is as long as announced.
    let form = b"--XXX\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\nuser_id\na";
    let open =
        post("/api/v1/segments").header("content-type", "multipart/form-data; boundary=XXX").body(form);
    assert_eq!(refused(&harness, open).await.status, 400);
}

#[tokio::test]
async fn a_json_body_that_ends_early() {
    let harness = Harness::start().await;
    let call = segment(r#"{"segmentName":"cup","userIds":["a"]}"#);
    let whole = call.header("authorization", &format!("Bearer {}", harness.token)).bytes();
    let answer = harness.exchange(&whole[..whole.len() - 2]).await;
    assert_eq!(answer.status, 400, "{answer}");
    nothing_stored(&harness).await;
}

#[tokio::test]
async fn bodies_past_their_limits() {
    let harness = Harness::with(|config| {
        config.limits.inline_body_bytes = 100;
        config.limits.body_bytes = 100;
        config.limits.upload_bytes = 1000;
    })
    .await;
    let list = format!(r#"{{"segmentName":"cup","userIds":["{}"]}}"#, "a".repeat(100));
    snapshot!("inline_too_large", refused(&harness, segment(&list)).await);
    let properties = format!(r#"{{"userId":"u1","userProperties":{{"custom.x":"{}"}}}}"#, "a".repeat(100));
    assert_eq!(refused(&harness, update(&properties)).await.status, 413);
    snapshot!("upload_too_large", refused(&harness, upload("cup", "a.csv", &[b'a'; 1001])).await);
}

#[tokio::test]
async fn a_client_that_sends_much_too_much_still_gets_its_answer() {
    let harness = Harness::with(|config| config.limits.upload_bytes = 1000).await;
    let content = vec![b'a'; 32 * 1024 * 1024];
    assert_eq!(refused(&harness, upload("cup", "a.csv", &content)).await.status, 413);
    let unknown = harness.call_as("x.y.z", upload("cup", "a.csv", &content)).await;
    assert_eq!(unknown.status, 401, "{unknown}");
}

#[tokio::test]
async fn a_chunked_body_past_its_limit() {
    let harness = Harness::with(|config| config.limits.inline_body_bytes = 100).await;
    let head = post("/api/v1/segments")
        .header("authorization", &format!("Bearer {}", harness.token))
        .header("content-type", "application/json")
        .header("transfer-encoding", "chunked")
        .bytes();
    let chunk = format!("40\r\n{}\r\n", " ".repeat(0x40));
    let answer = harness.exchange(&[&head[..], chunk.repeat(3).as_bytes(), b"0\r\n\r\n"].concat()).await;
    assert_eq!(answer.status, 413, "{answer}");
}

#[tokio::test]
async fn a_body_that_stalls() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let harness = Harness::with(|config| config.limits.body_pause = Duration::from_millis(20)).await;
    let whole = upload("cup", "a.csv", b"user_id\na\n")
        .header("authorization", &format!("Bearer {}", harness.token))
        .bytes();
    let mut stream = tokio::net::TcpStream::connect(&harness.address).await.unwrap();
    stream.write_all(&whole[..whole.len() - 20]).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    nothing_stored(&harness).await;
}

#[tokio::test]
async fn more_uploads_than_are_taken_at_a_time() {
    let harness = Harness::with(|config| config.limits.concurrent_uploads = 0).await;
    let answer = harness.call(upload("cup", "a.csv", b"user_id\na\n")).await;
    snapshot!("too_many_uploads", answer);
    nothing_stored(&harness).await;
}
