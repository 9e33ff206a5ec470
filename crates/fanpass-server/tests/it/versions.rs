//! Versions, modes, rollback and deletion over a real socket.

use serde_json::{Value, json};

use crate::harness::{Call, Harness, form, post, segment};
use crate::snapshot;

async fn put(harness: &Harness, mode: &str, ids: &[&str]) -> Value {
    let request = json!({"segmentName": "cup", "userIds": ids, "mode": mode});
    let answer = harness.call(segment(&request.to_string())).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()
}

async fn members(harness: &Harness) -> Value {
    harness.get("/service/v1/segment/members?segmentName=cup").await.json()["userIds"].clone()
}

fn roll_back(request: &Value) -> Call {
    post("/service/v1/segment/rollback").json(&request.to_string())
}

#[tokio::test]
async fn ids_are_added_and_removed_without_sending_the_others() {
    let harness = Harness::start().await;
    put(&harness, "replace", &["a", "b"]).await;
    put(&harness, "append", &["b", "c"]).await;
    assert_eq!(members(&harness).await, json!(["a", "b", "c"]));
    put(&harness, "remove", &["a", "x"]).await;
    assert_eq!(members(&harness).await, json!(["b", "c"]));
    let parts: [(&str, Option<&str>, &[u8]); 3] = [
        ("segmentName", None, b"cup"),
        ("mode", None, b"append"),
        ("file", Some("a.csv"), b"user_id\nd\nb\n"),
    ];
    let sent = harness.call(form(&parts)).await.json();
    let ended = harness.ended(sent["firebase_imported_segment_id"].as_str().unwrap()).await;
    assert_eq!((&ended["imported_rows"], &ended["changed_members"]), (&json!(2), &json!(1)));
    assert_eq!(members(&harness).await, json!(["b", "c", "d"]));
}

#[tokio::test]
async fn a_mode_that_is_none_and_a_segment_that_is_not_there_are_refused() {
    let harness = Harness::start().await;
    let odd = segment(r#"{"segmentName":"cup","userIds":["a"],"mode":"rollback"}"#);
    snapshot!("wrong_mode", harness.call(odd).await);
    let parts: [(&str, Option<&str>, &[u8]); 3] =
        [("segmentName", None, b"cup"), ("mode", None, b"merge"), ("file", Some("a.csv"), b"a\n")];
    assert_eq!(harness.call(form(&parts)).await.status, 422);
    let remove = segment(r#"{"segmentName":"cup","userIds":["a"],"mode":"remove"}"#);
    snapshot!("remove_from_nothing", harness.call(remove).await);
}

#[tokio::test]
async fn an_earlier_version_is_served_again_and_leaves_a_record() {
    let harness = Harness::start().await;
    put(&harness, "replace", &["a"]).await;
    put(&harness, "replace", &["b", "c"]).await;
    snapshot!("list_versions", harness.get("/service/v1/segment/versions?segmentName=cup").await);
    snapshot!("roll_back", harness.call(roll_back(&json!({"segmentName": "cup", "version": 1}))).await);
    assert_eq!(members(&harness).await, json!(["a"]));
    let imports = harness.get("/service/v1/imports?segmentName=cup&limit=1").await.json();
    assert_eq!(imports["imports"][0]["mode"], "rollback");
    harness.call(roll_back(&json!({"segmentName": "cup"}))).await;
    assert_eq!(members(&harness).await, json!(["b", "c"]));

    let audit = rusqlite::Connection::open(harness.folder.path().join("service.db")).unwrap();
    let sql =
        "SELECT count(*) FROM audit WHERE operation = 'rollBackSegment' AND target = 'cup' AND status = 200";
    assert_eq!(audit.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    let served = harness.get("/service/v1/segment?segmentName=cup").await.json()["version"].clone();
    snapshot!(
        "roll_back_to_itself",
        harness.call(roll_back(&json!({"segmentName": "cup", "version": served}))).await
    );
    snapshot!(
        "roll_back_to_nothing",
        harness.call(roll_back(&json!({"segmentName": "cup", "version": 99}))).await
    );
}

#[tokio::test]
async fn a_deleted_segment_is_gone_with_its_versions() {
    let harness = Harness::start().await;
    put(&harness, "replace", &["a", "b"]).await;
    let delete = || Call::new("DELETE", "/service/v1/segment?segmentName=cup");
    snapshot!("delete_segment", harness.call(delete()).await);
    for path in
        ["segment?segmentName=cup", "segment/members?segmentName=cup", "segment/versions?segmentName=cup"]
    {
        assert_eq!(harness.get(&format!("/service/v1/{path}")).await.status, 404, "{path}");
    }
    assert_eq!(harness.call(delete()).await.status, 404);
    put(&harness, "append", &["c"]).await;
    assert_eq!(members(&harness).await, json!(["c"]));
}
