//! Long lists go on page by page.

use super::person::Person;
use crate::harness::Harness;

/// Rows by a number from 1 to `most`.
fn numbered(most: u32, insert: &str) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) INSERT INTO {insert} FROM n"
    )
}

/// A service with these rows.
async fn with(rows: &str) -> Harness {
    let fill = |folder: &std::path::Path| {
        rusqlite::Connection::open(folder.join("service.db")).unwrap().execute_batch(rows).unwrap();
    };
    Harness::start().await.restart_after(fill).await
}

/// How many rows each page of a list has.
async fn pages(harness: &Harness, path: &str, rows: &str) -> Vec<usize> {
    let person = Person::sign_in(harness).await;
    let (mut lengths, mut address) = (Vec::new(), path.to_owned());
    loop {
        let page = person.page(&address).await;
        lengths.push(page.all(rows).len());
        if page.all("nav a[rel=next]").is_empty() {
            return lengths;
        }
        address = page.attribute("nav a[rel=next]", "href");
    }
}

#[tokio::test]
async fn tokens_go_on_page_by_page() {
    let token =
        "tokens (jti, subject, scopes, issued_at, expires_at) SELECT printf('%03d', i), 'x', '[]', i / 10, 1";
    let harness = with(&numbered(250, token)).await;
    // The development token is one more.
    assert_eq!(pages(&harness, "/portal/tokens", "tbody tr").await, [100, 100, 51]);
}

#[tokio::test]
async fn attributes_go_on_page_by_page() {
    let attribute = "attributes (key, registered_at) SELECT printf('custom.a%03d', i), 0";
    let harness = with(&numbered(401, attribute)).await;
    let custom = "[aria-labelledby=custom] tbody tr";
    // The two of the platform stand before them.
    assert_eq!(pages(&harness, "/portal/attributes", custom).await, [198, 200, 3]);
}

#[tokio::test]
async fn a_filtered_audit_goes_on_where_nothing_was_found() {
    let record = "audit (at, request_id, operation, status) SELECT 0, '', 'getUser', 200";
    let cup = "INSERT INTO audit (at, request_id, operation, status, target) VALUES (0, '', 'getUser', 200, 'cup'); ";
    let harness = with(&(cup.to_owned() + &numbered(15_000, record))).await;
    assert_eq!(pages(&harness, "/portal/audit?target=cup", "tbody tr").await, [0, 1]);
}
