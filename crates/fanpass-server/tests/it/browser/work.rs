//! What people come for, step by step.

use std::io::Write as _;

use super::driver::Browser;
use crate::harness::{Harness, segment, update};

#[tokio::test(flavor = "multi_thread")]
async fn a_club_does_its_work() {
    let harness = Harness::start().await;
    let Some(browser) = Browser::open(&harness.address) else { return };
    browser.sign_in(&harness.token);
    browser.wait_for_text(".empty", "Nothing is stored yet");

    // An attribute is registered; a slip is told beside its field.
    browser.go("/portal/attributes");
    browser.type_into("#key", "custom.loyalty-tier");
    browser.press("Register");
    browser.wait_for_text("#key-wrong", "no letter");
    browser.type_into("#key", "custom.loyalty_tier");
    browser.press("Register");
    browser.wait_for_text(".notice", "registered");
    browser.wait_for_text("tbody th", "custom.loyalty_tier");

    // A file is uploaded and watched until it has ended.
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    write!(file, "user_id\n00042\n00043\n00042\n\"bad\u{7}id\"\n").unwrap();
    browser.go("/portal/upload");
    browser.type_into("#segment", "season tickets");
    browser.type_into("#file", file.path().to_str().unwrap());
    browser.press("Upload");
    browser.wait_for_text(".state", "published");
    browser.wait_for_text("dl.figures", "2");
    browser.wait_for_text("#errors ~ *, section table", "control character");

    // A user is found.
    harness.call(update(r#"{"userId": "00042", "userProperties": {"custom.loyalty_tier": "gold"}}"#)).await;
    browser.go("/portal/users");
    browser.type_into("#id", "00042");
    browser.press("Find");
    browser.wait_for_text(".tags", "season tickets");
    browser.wait_for_text("td .value", "gold");

    // An audience is tried out and saved.
    browser.go("/portal/audiences");
    browser.press("Write an audience");
    browser.type_into("#expression", "segment(\"season tickets\") && custom.loyalty_tier == \"gold\"");
    browser.press("Try it");
    browser.wait_for_text("#found", "1 user");
    browser.type_into("#name", "gold season tickets");
    browser.press("Save");
    browser.wait_for_text(".notice", "saved");
    browser.wait_for_text(".ids", "00042");

    // What takes long comes after its page.
    browser.wait_for_text("#users", "1 user");
    browser.go("/portal/attribute?key=custom.loyalty_tier");
    browser.wait_for_text(".figure", "1 user");
    browser.wait_for_text("tbody th", "gold");

    // A token is issued, seen once, and revoked.
    browser.go("/portal/tokens");
    browser.type_into("#subject", "nightly export");
    browser.press("Issue");
    browser.wait_for("#issued-token");
    let token = browser.ask("return document.querySelector('#issued-token').value");
    let token = token.as_str().unwrap();
    assert_eq!(
        harness.call_as(token, crate::harness::Call::new("GET", "/service/v1/segments")).await.status,
        200
    );
    browser.press("Done");
    browser.wait_for_text("tbody th", "nightly export");
    browser.press("Revoke…");
    browser.press("Revoke the token of nightly export");
    browser.wait_for_text(".notice", "revoked");
    assert_eq!(
        harness.call_as(token, crate::harness::Call::new("GET", "/service/v1/segments")).await.status,
        401
    );

    browser.press("Sign out");
    browser.wait_for_text(".notice", "signed out");
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
    let Some(browser) = Browser::open(&harness.address) else { return };
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

    browser.sign_in(&harness.token);
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
        browser.go(&page);
        let state = "return [document.title, document.querySelectorAll('main script, main img, [onload], [onerror]').length, \
                     document.querySelectorAll('body > footer').length]";
        let state = browser.ask(state);
        assert!(state[0].as_str().unwrap().ends_with(" · FanPass"), "{page}: {state}");
        assert_eq!((&state[1], &state[2]), (&0.into(), &1.into()), "{page}: {state}");
    }
    browser.go(&of("/portal/segment/members", "name", HOSTILE[0]));
    let text = browser.text();
    assert!(text.contains(HOSTILE[0]) && text.contains("a\\u{202e}b"), "{text}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Keys as `WebDriver` writes them.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName": "vip", "userIds": ["00042"]}"#)).await;
    let Some(browser) = Browser::open(&harness.address) else { return };
    browser.go("/portal/sign-in");
    // The field has the focus already.
    let letters: Vec<_> = harness.token.split("").filter(|letter| !letter.is_empty()).collect();
    browser.keys(&letters);
    browser.keys(&[ENTER]);
    browser.wait_for("nav.side");
    // The first stop leads past the navigation, to what the page is about.
    browser.go("/portal/segments");
    browser.keys(&[TAB, ENTER, TAB]);
    let focus = "return document.activeElement.textContent.trim()";
    assert_eq!(browser.ask(focus), "Upload a list");
    browser.keys(&[TAB, TAB]);
    assert_eq!(browser.ask(focus), "vip");
    let outline = "return getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.ask(outline), "solid");
    browser.keys(&[ENTER]);
    browser.wait_for_text("h1", "vip");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_file_is_sent_and_watched() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    let Some(browser) = Browser::open(&harness.address) else { return };
    browser.sign_in(&harness.token);
    let plan = r#"{"rules": ["stuck-job"]}"#;
    assert_eq!(
        harness.call(crate::harness::Call::new("PUT", "/service/v1/faults").json(plan)).await.status,
        200
    );
    browser.go("/portal/upload");
    // Refused, it keeps what was typed.
    let drop = "const given = new DataTransfer(); given.items.add(new File([arguments[0]], 'fans.csv')); \
                document.querySelector('[data-drop]').dispatchEvent(new DragEvent('drop', {dataTransfer: given, bubbles: true, cancelable: true}))";
    browser.tell(drop, &["".into()]);
    browser.type_into("#segment", "season tickets");
    browser.press("Upload");
    browser.wait_for_text("[data-trouble] p", "holds no rows");
    browser.tell(drop, &["user_id\n00042\n".into()]);
    browser.press("Upload");
    // It waits where the fault has put it, and the page follows when it is let go, without being asked.
    browser.wait_for_text("h1", "Import of fans.csv");
    browser.wait_for_text("[data-field=stage]", "validating");
    harness.call(crate::harness::Call::new("DELETE", "/service/v1/faults")).await;
    browser.wait_for_text(".state", "published");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
