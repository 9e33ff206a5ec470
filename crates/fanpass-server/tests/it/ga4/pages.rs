//! The forwarding in the Portal: how far it is, and dead letters sent again.

use serde_json::json;

use super::{Manner, forwarding};
use crate::portal::person::Person;

#[tokio::test]
async fn dead_letters_are_shown_and_sent_again() {
    let (harness, sink) = forwarding().await;
    sink.usually(Manner::Status(403, None));
    harness.set("<a>", json!({"user_properties.goals": 1})).await;
    harness.emptied().await;
    let person = Person::sign_in(&harness).await;
    let page = person.page("/portal/ga4").await;
    assert_eq!(page.all(".figures dd").last().map(String::as_str), Some("1"));
    assert_eq!(page.text("tbody td"), "<a>");
    sink.usually(Manner::Take);
    let answer = person.submit(&page, "/portal/ga4/retry", &[]).await;
    assert_eq!(answer.header("location"), Some("/portal/ga4?done=retried"), "{answer}");
    harness.emptied().await;
    assert!(person.page("/portal/ga4").await.all("tbody td").is_empty());
}
