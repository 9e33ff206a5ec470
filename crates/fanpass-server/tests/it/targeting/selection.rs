//! Whom an expression selects, against an oracle that knows everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fanpass_model::{AttributeKey, AttributeValue, AudienceName, SegmentName, UserId, UserProperties};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{AuditEntry, Caller, Clock, Ids, Mode, RowReject, Store, Trace};
use fanpass_server::targeting::{Expression, Literal, Operator, TextTest};
use proptest::prelude::*;
use tempfile::TempDir;

use super::strategies;

/// What is known of somebody: attributes if anything is stored, and segments.
#[derive(Debug, Clone, Default)]
struct Fan {
    attributes: Option<UserProperties>,
    segments: BTreeSet<String>,
}

type Fans = BTreeMap<String, Fan>;

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        strategies::text().prop_map(AttributeValue::Text),
        (-3_i64..3).prop_map(AttributeValue::from),
        strategies::number()
            .prop_map(|number| { AttributeValue::Number(serde_json::Number::from_f64(number).unwrap()) }),
        any::<bool>().prop_map(AttributeValue::Boolean),
        prop::collection::vec(strategies::text(), 0..3).prop_map(AttributeValue::List),
    ]
}

fn fan() -> impl Strategy<Value = Fan> {
    let attributes =
        prop::collection::vec((strategies::key(), value()), 0..4).prop_map(UserProperties::from_iter);
    let segments = prop::collection::btree_set(strategies::segment().prop_map(String::from), 0..4);
    (prop::option::of(attributes), segments).prop_map(|(attributes, segments)| Fan { attributes, segments })
}

fn fans() -> impl Strategy<Value = Fans> {
    let id = prop_oneof!["[a-c]{1,3}", "[a-d]{1,2}x{180}[0-9]{2}", "é[0-9]{1,2}"];
    prop::collection::btree_map(id, fan(), 1..60)
}

/// What the page on audiences says, as plainly as it can be said.
fn holds(expression: &Expression, fan: &Fan) -> bool {
    let value =
        |key: &AttributeKey| fan.attributes.as_ref().and_then(|attributes| attributes.get(key.as_str()));
    match expression {
        Expression::Constant(constant) => *constant,
        Expression::All(parts) => !parts.iter().any(|part| !holds(part, fan)),
        Expression::Any(parts) => parts.iter().any(|part| holds(part, fan)),
        Expression::Not(part) => !holds(part, fan),
        Expression::Segment(name) => fan.segments.contains(name.as_str()),
        Expression::Has(key) => value(key).is_some(),
        Expression::Compare { key, operator, literal } => compares(value(key), *operator, literal),
        Expression::In { key, literals } => {
            literals.iter().any(|literal| compares(value(key), Operator::Equal, literal))
        }
        Expression::Text { key, test, text } => match (value(key), test) {
            (Some(AttributeValue::Text(value)), TextTest::StartsWith) => value.starts_with(text.as_str()),
            (Some(AttributeValue::Text(value)), TextTest::EndsWith) => value.ends_with(text.as_str()),
            (Some(AttributeValue::Text(value)), TextTest::Contains) => value.contains(text.as_str()),
            _ => false,
        },
        Expression::Holds { key, entry } => {
            matches!(value(key), Some(AttributeValue::List(entries)) if entries.iter().any(|other| other == entry))
        }
    }
}

fn compares(value: Option<&AttributeValue>, operator: Operator, literal: &Literal) -> bool {
    fn ordered<T: PartialOrd>(one: &T, operator: Operator, other: &T) -> bool {
        match operator {
            Operator::Equal => one == other,
            Operator::NotEqual => one != other,
            Operator::Less => one < other,
            Operator::LessOrEqual => one <= other,
            Operator::Greater => one > other,
            Operator::GreaterOrEqual => one >= other,
        }
    }
    match (value, literal) {
        (Some(AttributeValue::Text(one)), Literal::Text(other)) => ordered(one, operator, other),
        (Some(AttributeValue::Number(one)), Literal::Number(other)) => {
            ordered(&one.as_f64().unwrap(), operator, other)
        }
        (Some(AttributeValue::Boolean(one)), Literal::Boolean(other)) => ordered(one, operator, other),
        _ => false,
    }
}

/// Those that an expression is asked of: who is stored, and who is in one of its own segments.
fn selected(expression: &Expression, fans: &Fans) -> Vec<String> {
    let own: BTreeSet<_> = expression.segments().into_iter().map(SegmentName::as_str).collect();
    let asked =
        |fan: &Fan| fan.attributes.is_some() || fan.segments.iter().any(|name| own.contains(name.as_str()));
    let selected = fans.iter().filter(|(_, fan)| asked(fan) && holds(expression, fan));
    selected.map(|(id, _)| id.clone()).collect()
}

async fn fill(store: &Store, fans: &Fans) {
    for (id, fan) in fans {
        if let Some(attributes) = &fan.attributes {
            let id = UserId::new(id.as_str()).unwrap();
            store.upsert_user(&id, attributes, AuditEntry::default()).await.unwrap();
        }
    }
    let imports = Imports::start(store.clone(), ImportOptions::default()).unwrap();
    let names: BTreeSet<_> = fans.values().flat_map(|fan| &fan.segments).collect();
    for name in names {
        let members = fans.iter().filter(|(_, fan)| fan.segments.contains(name));
        let members: Vec<_> = members.map(|(id, _)| Ok::<_, RowReject>(id.clone())).collect();
        let name = SegmentName::new(name.as_str()).unwrap();
        imports.publish(name, Mode::Replace, members.into_iter(), Caller::default()).await.unwrap();
    }
}

async fn select(store: &Store, expression: &Expression, limit: Option<u32>) -> (Vec<String>, usize) {
    let (mut users, mut count, mut after) = (Vec::new(), 0, None);
    let expression = Arc::new(expression.clone());
    loop {
        let part = store.select(Arc::clone(&expression), after.as_ref(), limit).await.unwrap();
        assert!(limit.is_none_or(|limit| part.users.len() <= limit as usize));
        users.extend(part.users.into_iter().map(String::from));
        count += usize::try_from(part.count).unwrap();
        match part.next {
            Some(next) => after = Some(next),
            None => return (users, count),
        }
    }
}

/// The saved audiences of everybody and of somebody whom nobody knows.
async fn check_audiences(store: &Store, expressions: &[Expression], fans: &Fans) {
    for (number, expression) in expressions.iter().enumerate() {
        let name = AudienceName::new(number.to_string()).unwrap();
        let saved = (expression.to_string(), expression.clone());
        store.save_audience(name, saved, None, None, |_| Trace::default()).await.unwrap();
    }
    let selected: Vec<_> = expressions.iter().map(|expression| selected(expression, fans)).collect();
    for id in fans.keys().map(String::as_str).chain(["nobody"]) {
        let audiences = store.audiences_of(&UserId::new(id).unwrap()).await.unwrap();
        let audiences: BTreeSet<_> = audiences.iter().map(AudienceName::to_string).collect();
        let expected =
            (0..expressions.len()).filter(|number| selected[*number].iter().any(|other| other == id));
        assert_eq!(audiences, expected.map(|number| number.to_string()).collect(), "of {id}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn an_expression_selects_whom_it_says(
        fans in fans(),
        expressions in prop::collection::vec(strategies::expression(), 8),
        limit in 1_u32..40,
    ) {
        let folder = TempDir::new().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let clock = Clock::manual("2026-08-01T03:00:00Z".parse().unwrap());
            let store = Store::open(folder.path(), clock, Ids::counting()).unwrap();
            fill(&store, &fans).await;
            for expression in &expressions {
                let expected = selected(expression, &fans);
                let count = expected.len();
                assert_eq!(select(&store, expression, None).await, (Vec::new(), count), "{expression}");
                assert_eq!(select(&store, expression, Some(limit)).await, (expected, count), "{expression}");
            }
            check_audiences(&store, &expressions, &fans).await;
        });
    }
}
