//! Every page in light and dark and on a phone: a picture of each, what a checker of accessibility finds, and whether it
//! fits the screen.

use serde_json::json;

use super::driver::Browser;
use crate::harness::{Harness, segment, update, upload};

/// How pages are looked at: a name, the scheme of colours, the width.
const LOOKS: [(&str, &str, u32); 3] =
    [("light", "light", 1280), ("dark", "dark", 1280), ("phone", "light", 360)];

/// A service of a club in the middle of its season.
async fn season() -> (Harness, String) {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    for (key, kind) in
        [("custom.loyalty_tier", "string"), ("custom.seats", "list"), ("custom.spend", "number")]
    {
        harness.register(key, kind).await;
    }
    let fans = |from: u32, to: u32| (from..to).map(|fan| format!("{fan:05}")).collect::<Vec<_>>();
    for (name, sizes) in [
        ("season-ticket-holders", vec![410, 420, 455, 455, 430, 480, 505]),
        ("newsletter", vec![900, 880, 910, 1300, 1290]),
        ("away-travellers", vec![60, 120, 90]),
        ("Hospitalité & Großkunden", vec![12]),
    ] {
        for size in sizes {
            let body = json!({"segmentName": name, "userIds": fans(1, size)});
            assert_eq!(harness.call(segment(&body.to_string())).await.status, 200);
            harness.clock.advance(26 * 60 * 60 * 1_000_000);
        }
    }
    for (fan, tier, spend) in
        [("00001", "gold", 1290.5), ("00002", "silver", 310.0), ("00003", "gold", 87.25)]
    {
        let attributes = json!({"userId": fan, "userProperties": {"custom.loyalty_tier": tier, "custom.spend": spend,
            "custom.seats": ["B12-44", "B12-45"], "user_properties.sth": true}});
        assert_eq!(harness.call(update(&attributes.to_string())).await.status, 200);
        harness.clock.advance(60 * 1_000_000);
    }
    let change = json!({"userId": "00001", "userProperties": {"custom.loyalty_tier": "platinum", "custom.spend": null}});
    assert_eq!(harness.call(update(&change.to_string())).await.status, 200);
    for (name, expression) in [
        ("gold", r#"segment("season-ticket-holders") && custom.loyalty_tier in ["gold", "platinum"]"#),
        ("spenders", "custom.spend > 100 || has(custom.seats)"),
    ] {
        let audience =
            json!({"audienceName": name, "expression": expression, "description": "For the summer campaign"});
        let saved = crate::harness::post("/service/v1/audiences").json(&audience.to_string());
        assert_eq!(harness.call(saved).await.status, 200);
    }
    harness.issue("nightly export", &["segments:write", "users:write"]).await;
    harness.issue("box office", &["read"]).await;
    let rows: String = (1..60)
        .map(|fan| if fan % 3 == 0 { format!("{fan} \u{7}\n") } else { format!("{fan:05}\n") })
        .collect();
    let ended =
        harness.import("away-travellers", "away-2026-07.csv", format!("fan_id\n{rows}").as_bytes()).await;
    let broken =
        upload("newsletter", "crm-export.csv", b"user_id\n00001\n").header("x-fanpass-fault", "stuck-job");
    assert_eq!(harness.call(broken).await.status, 202);
    (harness, ended["firebase_imported_segment_id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_looked_at() {
    let (harness, import) = season().await;
    let Some(browser) = Browser::open(&harness.address) else { return };
    for look in LOOKS {
        check(&browser, ("sign-in", "/portal/sign-in"), look);
    }
    browser.look("light", 1280, 900);
    browser.sign_in(&harness.token);
    let pages = [
        ("overview", "/portal".to_owned()),
        ("segments", "/portal/segments".to_owned()),
        ("segment", "/portal/segment?name=season-ticket-holders".to_owned()),
        ("members", "/portal/segment/members?name=newsletter".to_owned()),
        ("upload", "/portal/upload?segment=newsletter".to_owned()),
        ("imports", "/portal/imports".to_owned()),
        ("import", format!("/portal/import?id={import}")),
        ("users", "/portal/users".to_owned()),
        ("user", "/portal/user?id=00001".to_owned()),
        ("no-user", "/portal/user?id=nobody".to_owned()),
        ("attributes", "/portal/attributes".to_owned()),
        ("attribute", "/portal/attribute?key=custom.loyalty_tier&count=1".to_owned()),
        ("audiences", "/portal/audiences".to_owned()),
        ("audience", "/portal/audience?name=gold&count=1".to_owned()),
        ("audience-form", "/portal/audiences/write?name=gold".to_owned()),
        ("ga4", "/portal/ga4".to_owned()),
        ("tokens", "/portal/tokens".to_owned()),
        ("audit", "/portal/audit?operation=updateUser".to_owned()),
        ("settings", "/portal/settings".to_owned()),
        ("faults", "/portal/faults".to_owned()),
        ("elsewhere", "/portal/elsewhere".to_owned()),
    ];
    for look in LOOKS {
        for (name, path) in &pages {
            check(&browser, (name, path), look);
        }
    }
}

fn check(browser: &Browser, (name, path): (&str, &str), (look, scheme, width): (&str, &str, u32)) {
    browser.look(scheme, width, 700);
    browser.go(path);
    let height = browser.ask("return document.documentElement.scrollHeight");
    browser.look(scheme, width, u32::try_from(height.as_u64().unwrap()).unwrap());
    browser.picture(&format!("{name}-{look}"));
    let spill = browser.ask("return document.documentElement.scrollWidth - innerWidth");
    assert!(spill.as_i64().unwrap() <= 0, "{name}, {look}, is wider than the screen by {spill}");
    let elsewhere = "return performance.getEntriesByType('resource').map(entry => entry.name) \
                     .filter(name => !name.startsWith(location.origin))";
    assert_eq!(browser.ask(elsewhere), json!([]), "{name} asks others");
    assert!(browser.complaints().is_empty(), "{name}, {look}");
    let findings = browser.accessibility();
    assert!(findings.is_empty(), "{name}, {look}:\n{}", findings.join("\n"));
    // What the checker does is not the page's.
    browser.complaints();
}
