//! What pages do: forms of a browser without scripts, and what is refused of other sites.

use super::person::{Page, Person, filled};
use crate::harness::{Call, Harness, form, segment, update};

#[tokio::test]
async fn a_form_counts_only_if_a_page_of_the_session_sent_it() {
    let harness = Harness::start().await;
    harness.call(segment(r#"{"segmentName": "vip", "userIds": ["00042"]}"#)).await;
    let person = Person::sign_in(&harness).await;
    let other = Person::sign_in(&harness).await.page("/portal/segment?name=vip").await;
    let own = person.page("/portal/segment?name=vip").await;
    let path = "/portal/segment/delete?name=vip";
    let theirs = other.attribute("form.who input[name=csrf]", "value");
    let csrf = own.attribute("form.who input[name=csrf]", "value");

    let refused = [
        filled(path, &[]),
        filled(path, &[("csrf", "0000")]),
        filled(path, &[("csrf", &theirs)]),
        filled(path, &[("csrf", &csrf)]).header("sec-fetch-site", "cross-site"),
        filled(path, &[("csrf", &csrf)]).header("sec-fetch-site", "same-site"),
        filled(path, &[("csrf", &csrf)]).header("origin", "https://evil.example"),
        filled(path, &[("csrf", &csrf)]).header("origin", "null"),
        Call::new("POST", path).header("content-type", "text/plain").body(b"csrf=0000"),
        form(&[("csrf", None, csrf.as_bytes())]),
    ];
    for mut call in refused {
        call.path = if call.path.starts_with("/api") { "/portal/upload".to_owned() } else { call.path };
        let answer = person.send(call).await;
        assert_eq!(answer.status, 403, "{answer}");
        assert!(Page::of(&answer).text(".trouble").contains("the form"));
    }
    let foreign =
        filled("/portal/sign-in", &[("token", &harness.token)]).header("sec-fetch-site", "cross-site");
    assert_eq!(harness.send(foreign).await.status, 403);
    assert_eq!(harness.get("/service/v1/segment?segmentName=vip").await.status, 200);
    let sent = filled(path, &[("csrf", &csrf)]).header("origin", "http://fanpass");
    assert_eq!(person.send(sent).await.status, 303);
    assert_eq!(harness.get("/service/v1/segment?segmentName=vip").await.status, 404);
}

#[tokio::test]
async fn a_file_is_uploaded_without_a_script() {
    let harness = Harness::start().await;
    let person = Person::sign_in(&harness).await;
    let page = person.page("/portal/upload?segment=season+tickets").await;
    assert_eq!(page.attribute("#segment", "value"), "season tickets");
    let action = page.attribute("form[data-upload]", "action");
    let sent = |parts: &[(&str, Option<&str>, &[u8])]| {
        let mut call = form(parts);
        call.path.clone_from(&action);
        call
    };
    let good: [(&str, Option<&str>, &[u8]); 3] = [
        ("segmentName", None, b"season tickets"),
        ("mode", None, b"append"),
        ("file", Some("fans.csv"), b"user_id\n00042\n00042\nbad\x07id\n"),
    ];
    let answer = person.send(sent(&good)).await;
    assert_eq!(answer.status, 303, "{answer}");
    let address = answer.header("location").unwrap();
    harness.ended(address.strip_prefix("/portal/import?id=").unwrap()).await;
    let page = person.page(address).await;
    assert_eq!(page.all(".figures dd"), ["3", "3", "1", "1", "1", "1"]);
    assert_eq!(page.all("tbody td").len(), 3);

    // What is wrong stands beside its field, all at once.
    let answer = person
        .send(sent(&[("segmentName", None, b""), ("mode", None, b"mix"), ("file", Some(""), b"")]))
        .await;
    assert_eq!(answer.status, 422, "{answer}");
    let page = Page::of(&answer);
    assert!(!page.text("#segment-wrong").is_empty() && !page.text("#mode-wrong").is_empty());
    // To a script it is told without a page.
    let answer = person.send(sent(&[("segmentName", None, b"")]).header("accept", "application/json")).await;
    assert_eq!((answer.status, answer.json()["sentences"].as_array().unwrap().len()), (422, 2), "{answer}");
    let answer = person.send(sent(&good).header("accept", "application/json")).await;
    assert!(answer.json()["address"].as_str().unwrap().starts_with("/portal/import?id="), "{answer}");
}

#[tokio::test]
async fn a_segment_is_rolled_back_and_deleted() {
    let harness = Harness::start().await;
    for ids in [r#"["1", "2", "3"]"#, r#"["1"]"#] {
        harness.call(segment(&format!(r#"{{"segmentName": "a&b <c>", "userIds": {ids}}}"#))).await;
    }
    let person = Person::sign_in(&harness).await;
    let address = "/portal/segment?name=a%26b+%3Cc%3E";
    let page = person.page(address).await;
    assert_eq!((page.text("h1"), page.text(".figure")), ("a&b <c>".to_owned(), "1 member".to_owned()));
    let answer = person.submit(&page, "/portal/segment/rollback?name=a%26b+%3Cc%3E", &[]).await;
    assert_eq!(
        answer.header("location"),
        Some("/portal/segment?name=a%26b+%3Cc%3E&done=rolled-back"),
        "{answer}"
    );
    let page = person.page(answer.header("location").unwrap()).await;
    assert_eq!(
        (page.text(".figure"), page.text(".notice")),
        ("3 members".to_owned(), "The version is served again.".to_owned())
    );
    assert_eq!(
        person.page("/portal/segment/members?name=a%26b+%3Cc%3E").await.all(".ids li"),
        ["1", "2", "3"]
    );
    let answer = person.submit(&page, "/portal/segment/delete?name=a%26b+%3Cc%3E", &[]).await;
    assert_eq!(answer.header("location"), Some("/portal/segments?done=segment-deleted"));
    assert!(person.page("/portal/segments").await.text(".empty").contains("There are no segments"));
}

#[tokio::test]
async fn an_attribute_is_registered_and_a_user_is_found_and_erased() {
    let harness = Harness::start().await;
    let person = Person::sign_in(&harness).await;
    let page = person.page("/portal/attributes").await;
    let slip = person
        .submit(&page, "/portal/attributes", &[("key", "loyalty"), ("description", "\"of <b>\"")])
        .await;
    assert_eq!(slip.status, 422, "{slip}");
    let again = Page::of(&slip);
    assert!(again.text("#key-wrong").contains("custom."), "{slip}");
    assert_eq!(again.attribute("#description", "value"), "\"of <b>\"");
    let fields = [
        ("key", "custom.loyalty"),
        ("type", "string"),
        ("description", "how <b>loyal</b>"),
        ("allowed", "gold\r\nsilver"),
        ("owner", "CRM"),
    ];
    let answer = person.submit(&again, "/portal/attributes", &fields).await;
    assert_eq!(answer.header("location"), Some("/portal/attributes?done=registered"), "{answer}");
    let page = person.page("/portal/attributes").await;
    assert_eq!(
        page.all("[aria-label='Custom attributes'] tbody tr > *"),
        ["custom.loyalty", "string", "goldsilver", "how <b>loyal</b>", "CRM", "ChangeRetire"]
    );
    let change = person.page("/portal/attributes?key=custom.loyalty").await;
    assert_eq!(change.text("#allowed"), "gold silver");
    assert_eq!(change.attribute("#owner", "value"), "CRM");
    for (shown, done) in [("string retired", "Restore"), ("string", "Retire")] {
        let page = person.page("/portal/attributes").await;
        let answer = person.submit(&page, "/portal/attribute/state?key=custom.loyalty", &[]).await;
        assert_eq!(answer.header("location"), Some("/portal/attributes?done=state-set"), "{answer}");
        let page = person.page("/portal/attributes").await;
        assert_eq!(page.text("[aria-label='Custom attributes'] tbody td"), shown);
        assert_eq!(page.text("tbody button"), done);
    }

    harness.call(update(r#"{"userId": "a/b", "userProperties": {"custom.loyalty": "gold"}}"#)).await;
    harness.call(segment(r#"{"segmentName": "vip", "userIds": ["a/b"]}"#)).await;
    assert_eq!(person.page("/portal/users").await.attribute("tbody th a", "href"), "/portal/user?id=a%2Fb");
    let page = person.page("/portal/user?id=a%2Fb").await;
    assert_eq!(page.all("[aria-label=Attributes] tbody td"), ["gold", "string"]);
    assert_eq!(
        (page.all(".tags li"), page.all("[aria-label=History] tbody tr").len()),
        (vec!["vip".to_owned()], 1)
    );
    let export = person.get("/portal/user/export?id=a%2Fb").await;
    assert_eq!(export.header("content-disposition"), Some("attachment; filename=\"user-a-b.json\""));
    assert_eq!(export.json()["userId"], "a/b");
    let answer = person.submit(&page, "/portal/user/erase?id=a%2Fb", &[]).await;
    assert_eq!(answer.header("location"), Some("/portal/users?done=erased"), "{answer}");
    assert!(person.page("/portal/user?id=a%2Fb").await.text("section .hint").contains("None are stored"));
}

#[tokio::test]
async fn a_token_is_issued_once_however_often_its_form_is_sent_and_revoked() {
    let harness = Harness::start().await;
    let person = Person::sign_in(&harness).await;
    let page = person.page("/portal/tokens").await;
    let fields = [("subject", "box office"), ("scope", "read"), ("scope", "users:write"), ("days", "7")];
    let first = person.submit(&page, "/portal/tokens", &fields).await;
    let second = person.submit(&page, "/portal/tokens", &fields).await;
    let token = Page::of(&first).text("textarea");
    assert_eq!(Page::of(&second).text("textarea"), token);
    assert_eq!(
        Page::of(&first).text(".facts dd"),
        "users:write read".split(' ').rev().collect::<Vec<_>>().join(" ")
    );
    assert_eq!(harness.call_as(&token, Call::new("GET", "/service/v1/segments")).await.status, 200);

    let page = person.page("/portal/tokens").await;
    assert!(!page.text("main").contains(&token));
    assert_eq!(page.all("tbody .state").len(), 2);
    let action = page.attribute("tbody form", "action");
    let answer = person.submit(&page, &action, &[]).await;
    assert_eq!(answer.header("location"), Some("/portal/tokens?done=revoked"), "{answer}");
    assert_eq!(harness.call_as(&token, Call::new("GET", "/service/v1/segments")).await.status, 401);

    for fields in [
        &[("subject", " "), ("scope", "read")][..],
        &[("subject", "x"), ("scope", "read"), ("days", "x")],
        &[("subject", "x")],
    ] {
        let answer = person.submit(&page, "/portal/tokens", fields).await;
        assert_eq!((answer.status, Page::of(&answer).all(".wrong").len()), (422, 1), "{answer}");
    }
}

#[tokio::test]
async fn faults_are_set_and_cleared() {
    let harness = Harness::with(|config| config.faults.enabled = true).await;
    let person = Person::sign_in(&harness).await;
    let page = person.page("/portal/faults").await;
    let wrong =
        person.submit(&page, "/portal/faults", &[("rules", "429=0.1\r\nnonsense"), ("seed", "7")]).await;
    assert_eq!((wrong.status, Page::of(&wrong).all("#rules-wrong").len()), (422, 1), "{wrong}");
    let set = person.submit(&page, "/portal/faults", &[("rules", "503\r\nlatency=1ms"), ("seed", "7")]).await;
    assert_eq!(set.header("location"), Some("/portal/faults?done=faults-set"), "{set}");
    // Pages meet faults as any caller does, and say so; but not the one that clears them.
    let answer = person.get("/portal/segments").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer}");
    let page = person.page("/portal/faults").await;
    assert_eq!(page.text("#rules"), "503 latency=1ms");
    assert_eq!(person.submit(&page, "/portal/faults/clear", &[]).await.status, 303);
    person.page("/portal/segments").await;
}

#[tokio::test]
async fn a_form_that_is_too_long_is_refused_before_it_is_read() {
    let harness = Harness::start().await;
    let person = Person::sign_in(&harness).await;
    let long = "x".repeat(70 << 10);
    let answer = person.send(filled("/portal/attributes", &[("key", &long)])).await;
    assert_eq!(answer.status, 413, "{answer}");
    assert!(Page::of(&answer).text(".trouble").contains("larger than"));
    assert_eq!(harness.send(filled("/portal/sign-in", &[("token", &long)])).await.status, 413);
}
