//! What people come for, step by step.

use std::io::Write as _;

use super::driver::Browser;
use crate::harness::{Harness, segment, update};

#[tokio::test(flavor = "multi_thread")]
async fn a_club_does_its_work() {
    let harness = Harness::start().await;
    let Some(browser) = Browser::open(&harness.address).await else { return };
    browser.sign_in(&harness.token).await;
    browser.wait_for_text(".empty", "Nothing is stored yet").await;

    // An attribute is registered; a slip is told beside its field.
    browser.go("/portal/attributes").await;
    browser.type_into("#key", "custom.loyalty-tier").await;
    browser.press("Register").await;
    browser.wait_for_text("#key-wrong", "no letter").await;
    browser.type_into("#key", "custom.loyalty_tier").await;
    browser.press("Register").await;
    browser.wait_for_text(".notice", "registered").await;
    browser.wait_for_text("tbody th", "custom.loyalty_tier").await;

    // A file is uploaded and watched until it has ended.
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    write!(file, "user_id\n00042\n00043\n00042\n\"bad\u{7}id\"\n").unwrap();
    browser.go("/portal/upload").await;
    browser.type_into("#segment", "season tickets").await;
    browser.type_into("#file", file.path().to_str().unwrap()).await;
    browser.press("Upload").await;
    browser.wait_for_text(".state", "published").await;
    browser.wait_for_text("dl.figures", "2").await;
    browser.wait_for_text("#errors ~ *, section table", "control character").await;

    // A user is found.
    harness.call(update(r#"{"userId": "00042", "userProperties": {"custom.loyalty_tier": "gold"}}"#)).await;
    browser.go("/portal/users").await;
    browser.type_into("#id", "00042").await;
    browser.press("Find").await;
    browser.wait_for_text(".tags", "season tickets").await;
    browser.wait_for_text("td .value", "gold").await;

    // A token is issued, seen once, and revoked.
    browser.go("/portal/tokens").await;
    browser.type_into("#subject", "nightly export").await;
    browser.press("Issue").await;
    let token = browser.wait_for("#issued-token").await.prop("value").await.unwrap().unwrap();
    assert_eq!(
        harness.call_as(&token, crate::harness::Call::new("GET", "/service/v1/segments")).await.status,
        200
    );
    browser.press("Done").await;
    browser.wait_for_text("tbody th", "nightly export").await;
    browser.press("Revoke…").await;
    browser.press("Revoke the token of nightly export").await;
    browser.wait_for_text(".notice", "revoked").await;
    assert_eq!(
        harness.call_as(&token, crate::harness::Call::new("GET", "/service/v1/segments")).await.status,
        401
    );

    browser.press("Sign out").await;
    browser.wait_for_text(".notice", "signed out").await;
    browser.close().await;
}

/// What a page would do with text that it took for markup.
const HOSTILE: [&str; 6] = [
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "'onmouseover='document.title=1'",
    "javascript:document.title='owned'",
    "</title><svg onload=document.title='owned'>",
    "{{7*7}}${7*7}<!--",
];

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_shown_and_does_nothing() {
    let harness = Harness::start().await;
    let Some(browser) = Browser::open(&harness.address).await else { return };
    harness.register("custom.note", "string").await;
    for text in HOSTILE {
        let ids = serde_json::json!({"segmentName": text, "userIds": [text, "a\u{202e}b"]});
        assert_eq!(harness.call(segment(&ids.to_string())).await.status, 200);
        let attributes = serde_json::json!({"userId": text, "userProperties": {"custom.note": text}});
        assert_eq!(harness.call(update(&attributes.to_string())).await.status, 200);
        harness.issue(text, &["read"]).await;
    }
    let rows = HOSTILE.map(|text| format!("\"{}\u{7}\"\n", text.replace('"', "\"\"")));
    let status =
        harness.import("rows", "<b>file</b>.csv", format!("id\n{}ok\n", rows.concat()).as_bytes()).await;
    let import = status["firebase_imported_segment_id"].as_str().unwrap().to_owned();

    browser.sign_in(&harness.token).await;
    let of = |path: &str, name: &str, text: &str| {
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair(name, text).finish();
        format!("{path}?{query}")
    };
    let mut pages: Vec<String> = ["", "/segments", "/imports", "/users", "/tokens", "/audit"]
        .map(|page| format!("/portal{page}"))
        .into();
    pages.push(of("/portal/import", "id", &import));
    for text in HOSTILE {
        pages.push(of("/portal/segment", "name", text));
        pages.push(of("/portal/segment/members", "name", text));
        pages.push(of("/portal/user", "id", text));
        pages.push(of("/portal/upload", "segment", text));
        pages.push(of("/portal/audit", "target", text));
        pages.push(of("/portal/segment", "done", text));
    }
    for page in pages {
        browser.go(&page).await;
        let state = "return [document.title, document.querySelectorAll('main script, main img, [onload], [onerror]').length, \
                     document.querySelectorAll('body > footer').length]";
        let state = browser.ask(state).await;
        assert!(state[0].as_str().unwrap().ends_with(" · FanPass"), "{page}: {state}");
        assert_eq!((&state[1], &state[2]), (&0.into(), &1.into()), "{page}: {state}");
    }
    browser.go(&of("/portal/segment/members", "name", HOSTILE[0])).await;
    let text = browser.text().await;
    assert!(text.contains(HOSTILE[0]) && text.contains("a\\u{202e}b"), "{text}");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}
