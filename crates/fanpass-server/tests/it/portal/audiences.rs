//! Audiences and the use of attributes: tried out, saved, counted, downloaded, deleted.

use super::person::{Page, Person};
use crate::harness::{Harness, segment, update};

async fn fans() -> Harness {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    harness.call(segment(r#"{"segmentName": "vip", "userIds": ["00001", "00002", "00003"]}"#)).await;
    for (fan, tier) in [("00001", "gold"), ("00002", "silver"), ("00004", "gold")] {
        let body = format!(r#"{{"userId": "{fan}", "userProperties": {{"custom.tier": "{tier}"}}}}"#);
        assert_eq!(harness.call(update(&body)).await.status, 200);
    }
    harness
}

#[tokio::test]
async fn an_audience_is_tried_out_saved_and_deleted() {
    let harness = fans().await;
    let person = Person::sign_in(&harness).await;
    let page = person.page("/portal/audiences/write").await;
    let expression = r#"segment("vip") && custom.tier == "gold""#;

    let slip = person
        .submit(&page, "/portal/audiences", &[("expression", "segment(\"vop\") &&"), ("do", "try")])
        .await;
    assert_eq!(slip.status, 422, "{slip}");
    let again = Page::of(&slip);
    assert!(!again.text("#expression-wrong").is_empty());
    assert_eq!(again.text("#expression"), "segment(\"vop\") &&");

    let tried = person.submit(&page, "/portal/audiences", &[("expression", expression), ("do", "try")]).await;
    assert_eq!(tried.status, 200, "{tried}");
    let tried = Page::of(&tried);
    assert_eq!(
        (tried.text("#found"), tried.all(".tags li")),
        ("1 user".to_owned(), vec!["00001".to_owned()])
    );

    let fields =
        [("expression", expression), ("name", "gold <vip>"), ("description", "\"best\""), ("do", "save")];
    let saved = person.submit(&tried, "/portal/audiences", &fields).await;
    assert_eq!(saved.header("location"), Some("/portal/audience?name=gold+%3Cvip%3E&done=saved"), "{saved}");
    let page = person.page("/portal/audience?name=gold+%3Cvip%3E&count=1").await;
    assert_eq!(
        (page.text("h1"), page.text("pre"), page.text("#users")),
        ("gold <vip>".to_owned(), expression.to_owned(), "1 user".to_owned())
    );
    assert_eq!(page.all(".ids li"), ["00001"]);
    assert_eq!(person.page("/portal/user?id=00001").await.all("section:has(#audiences) li"), ["gold <vip>"]);
    let csv = person.get("/portal/audience/members.csv?name=gold+%3Cvip%3E").await;
    assert!(csv.body.contains("user_id\r\n00001\r\n"), "{csv}");
    let change = page.attribute(".actions a", "href");
    assert_eq!(person.page(&change).await.attribute("#description", "value"), "\"best\"");

    let answer = person.submit(&page, "/portal/audience/delete?name=gold+%3Cvip%3E", &[]).await;
    assert_eq!(answer.header("location"), Some("/portal/audiences?done=audience-deleted"), "{answer}");
    assert!(person.page("/portal/audiences").await.text(".empty").contains("No audience"));
}

#[tokio::test]
async fn the_use_of_an_attribute_is_told() {
    let harness = fans().await;
    let person = Person::sign_in(&harness).await;
    let page = person.page("/portal/attributes").await;
    assert_eq!(page.attribute("tbody th a", "href"), "/portal/attribute?key=custom.tier");
    let page = person.page("/portal/attribute?key=custom.tier").await;
    assert!(page.all("tbody tr").is_empty());
    let page = person.page(&page.attribute("#use[data-load] a", "href")).await;
    assert_eq!(page.text(".figure"), "3 users");
    assert_eq!(page.all("tbody tr > *"), ["gold", "2", "66 %", "silver", "1", "33 %"]);
    assert_eq!(person.get("/portal/attribute?key=custom.nothing").await.status, 404);
}
