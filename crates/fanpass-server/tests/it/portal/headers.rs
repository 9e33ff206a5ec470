//! What every page tells the browser, and what none of them holds.

use super::person::{Page, Person};
use crate::harness::{Answer, Call, Harness};

const PAGES: [&str; 23] = [
    "/portal",
    "/portal/segments",
    "/portal/segment?name=vip",
    "/portal/segment?name=nobody",
    "/portal/segment/members?name=vip",
    "/portal/upload",
    "/portal/imports",
    "/portal/imports?segment=vip",
    "/portal/import?id=nothing",
    "/portal/users",
    "/portal/user?id=00042",
    "/portal/user?id=",
    "/portal/attributes",
    "/portal/attribute?key=custom.nothing",
    "/portal/audiences",
    "/portal/audiences/write",
    "/portal/audience?name=nobody",
    "/portal/ga4",
    "/portal/tokens",
    "/portal/audit",
    "/portal/settings",
    "/portal/faults",
    "/portal/nowhere",
];

fn check(path: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap();
    for wanted in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(wanted), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
    assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
}

#[tokio::test]
async fn every_page_says_what_it_may_load_and_holds_nothing_else() {
    let harness = Harness::start().await;
    harness.call(crate::harness::segment(r#"{"segmentName": "vip", "userIds": ["00042"]}"#)).await;
    let person = Person::sign_in(&harness).await;
    for path in PAGES {
        let answer = person.get(path).await;
        check(path, &answer);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        let page = Page::of(&answer);
        assert_eq!(page.all("h1").len(), 1, "{path}");
        assert_eq!(
            page.all("style, [style], iframe, object, embed, base, script:not([src])").len(),
            0,
            "{path}"
        );
        for (element, attribute) in [("link", "href"), ("script", "src")] {
            assert!(
                page.attribute(&format!("{element}[{attribute}]"), attribute).starts_with("/portal/assets/")
            );
        }
        assert!(!answer.body.contains("://") || path.contains("settings"), "{path} names another place");
    }
    check("sign-in", &harness.send(Call::new("GET", "/portal/sign-in")).await);
    check("refused", &harness.send(Call::new("POST", "/portal/sign-in")).await);
}

#[tokio::test]
async fn files_of_the_pages_may_be_kept_for_ever_under_their_names() {
    let harness = Harness::start().await;
    let page = Page::of(&harness.send(Call::new("GET", "/portal/sign-in")).await);
    for (selector, attribute, kind) in [
        ("link[rel=stylesheet]", "href", "text/css; charset=utf-8"),
        ("script", "src", "text/javascript; charset=utf-8"),
        ("link[rel=icon]", "href", "image/svg+xml"),
    ] {
        let path = page.attribute(selector, attribute);
        let answer = harness.send(Call::new("GET", &path)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        check(&path, &answer);
    }
    assert_eq!(
        harness.send(Call::new("GET", "/portal/assets/portal-0000000000000000.css")).await.status,
        404
    );
}

#[tokio::test]
async fn what_is_wrong_has_its_own_status_and_sentence() {
    let harness = Harness::start().await;
    let person = Person::sign_in(&harness).await;
    for (path, status, said) in [
        ("/portal/segment?name=nobody", 404, "there is no segment `nobody`"),
        ("/portal/segment?name=", 422, "`segmentName` is missing"),
        ("/portal/import?id=nothing", 404, "there is no import `nothing`"),
        ("/portal/segments?after=%07", 422, "control character"),
        ("/portal/audit?after=x", 422, "`after` is the `next`"),
        ("/portal/nowhere", 404, "no such page"),
        ("/portal/", 404, "no such page"),
        ("/portal/segment/delete?name=vip", 405, "nothing to see"),
    ] {
        let answer = person.get(path).await;
        assert_eq!(answer.status, status, "{path}: {answer}");
        let sentence = Page::of(&answer).text(".trouble");
        assert!(sentence.contains(said), "{path}: {sentence}");
    }
    assert_eq!(person.send(Call::new("OPTIONS", "/portal/segments")).await.status, 405);
    let answer = person.get("/portal/user?id=nobody").await;
    assert_eq!(answer.status, 404);
    assert_eq!(Page::of(&answer).text("h1"), "nobody");
}

#[tokio::test]
async fn a_token_sees_what_it_allows() {
    let harness = Harness::start().await;
    let reader = harness.issue("box office", &["read"]).await;
    let person = Person::sign_in_with(&harness, &reader).await;
    let page = person.page("/portal/segments").await;
    assert_eq!(page.all(".side a"), ["Overview", "Segments", "Imports", "Users", "Attributes", "Audiences"]);
    assert!(person.page("/portal/attributes").await.all("form:not(.who)").is_empty());
    let answer = person.get("/portal/tokens").await;
    assert_eq!(answer.status, 403);
    assert!(Page::of(&answer).text(".trouble").contains("`portal:admin`"));
}
