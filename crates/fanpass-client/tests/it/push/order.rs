//! Order per user: one request at a time, merged by the rule, with the effect of the updates one after another.

use std::time::Duration;

use fanpass_client::Delivery;
use fanpass_model::AttributeValue;
use fanpass_testkit::{Fault, FaultTransport};
use proptest::prelude::*;

use super::service::{Memory, Users, apply, finish, names, options, push, update};

fn text(value: &str) -> AttributeValue {
    AttributeValue::Text(value.to_owned())
}

#[tokio::test(start_paused = true)]
async fn updates_of_a_user_that_wait_are_merged_into_one_request() {
    let service = Memory::new(|_, _| Duration::from_millis(20));
    let rows = [
        update(0, "00042", "custom.tier", text("gold")),
        update(1, "00042", "custom.tier", text("silver")),
        update(2, "00042", "custom.size", text("M")),
        update(3, "7", "custom.tier", text("gold")),
        update(4, "00042", "custom.tier", AttributeValue::Unset),
    ];
    let outcomes = finish(push(service.clone(), rows.into_iter(), options(4))).await;
    let expected = [(0, "sent"), (1, "superseded"), (2, "superseded"), (3, "sent"), (4, "sent")];
    assert_eq!(names(outcomes), expected);
    let sent: Vec<_> = service
        .log()
        .iter()
        .map(|received| format!("{} {}", received.user, serde_json::to_string(&received.properties).unwrap()))
        .collect();
    assert_eq!(
        sent,
        [
            r#"00042 {"custom.tier":"gold"}"#,
            r#"7 {"custom.tier":"gold"}"#,
            r#"00042 {"custom.size":"M","custom.tier":null}"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_is_repeated_as_it_was_and_later_updates_wait_behind_its_retry() {
    let service = Memory::new(|_, _| Duration::ZERO);
    let faults = FaultTransport::scripted(service.clone(), [Some(Fault::Lost), None]);
    let rows = [update(0, "42", "custom.a", text("1")), update(1, "42", "custom.a", text("2"))];
    let outcomes = finish(push(faults, rows.into_iter(), options(4))).await;
    assert_eq!(names(outcomes), [(0, "sent"), (1, "sent")]);
    let values: Vec<_> =
        service.log().iter().map(|received| received.properties.get("custom.a").cloned()).collect();
    assert_eq!(values, [Some(text("1")), Some(text("1")), Some(text("2"))]);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_invalid_takes_no_other_with_it() {
    let service = Memory::new(|_, _| Duration::from_millis(20));
    let rows = [
        update(0, "42", "custom.a", text("1")),
        update(1, "42", "custom.a", text(&"x".repeat(5000))),
        update(2, "42", "custom.a", text("2")),
    ];
    let outcomes = finish(push(service, rows.into_iter(), options(4))).await;
    assert_eq!(names(outcomes), [(0, "sent"), (1, "rejected"), (2, "sent")]);
}

/// Rows of few users with few attributes, so that they meet.
fn rows() -> impl Strategy<Value = Vec<(u8, u8, u8)>> {
    prop::collection::vec((0..6_u8, 0..3_u8, 0..5_u8), 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // That no two requests of a user are in flight is asserted by the service.
    #[test]
    fn a_push_has_the_effect_of_its_updates_one_after_another(
        rows in rows(),
        latencies in prop::collection::vec(0..50_u64, 1..40),
        slots in 1..9_usize,
        window in 1..30_usize,
        seed: u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let updates: Vec<_> = rows.iter().enumerate().map(|(tag, &(user, key, value))| {
                // One value in five takes the attribute off.
                let value = if value == 0 { AttributeValue::Unset } else { text(&format!("{value}-{tag}")) };
                update(tag, &format!("user-{user}"), &format!("custom.key_{key}"), value)
            }).collect();
            let mut model = Users::new();
            for update in &updates {
                apply(&mut model, update.user.as_str(), update.properties.clone());
            }

            let service = Memory::new(move |number, _| Duration::from_millis(latencies[number % latencies.len()]));
            let kinds = vec![Fault::Refused, Fault::Lost, Fault::Status(503), Fault::Limited(1), Fault::Status(500)];
            let faults = FaultTransport::seeded(service.clone(), seed, 150, kinds);
            let mut options = options(slots);
            options.window = window;
            options.retry.max_attempts = 100;
            let outcomes = finish(push(faults, updates.into_iter(), options)).await;

            prop_assert_eq!(outcomes.len(), rows.len());
            let delivered = |delivery: &Delivery| matches!(delivery, Delivery::Sent | Delivery::Superseded);
            prop_assert!(outcomes.iter().all(|outcome| delivered(&outcome.delivery)));
            prop_assert_eq!(service.users(), model);
            prop_assert!(service.most_in_flight() <= slots);
            for user in 0..6 {
                let of_user = outcomes.iter().map(|outcome| outcome.tag).filter(|tag| rows[*tag].0 == user);
                prop_assert!(of_user.is_sorted(), "the outcomes of user {} are out of order", user);
            }
            Ok(())
        })?;
    }
}
