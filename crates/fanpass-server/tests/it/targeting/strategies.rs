//! Expressions at random, in the form that the parser makes.

use fanpass_model::{AttributeKey, SegmentName};
use fanpass_server::targeting::{Expression, Literal, Operator, TextTest};
use proptest::prelude::*;

/// Keys of each type, and some that are words of the language.
pub const KEYS: [&str; 6] =
    ["custom.tier", "custom.points", "custom.vip", "custom.plans", "user_properties.sth", "custom.in"];

pub fn key() -> impl Strategy<Value = AttributeKey> {
    prop::sample::select(&KEYS[..]).prop_map(|key| AttributeKey::new(key).unwrap())
}

pub fn segment() -> impl Strategy<Value = SegmentName> {
    prop_oneof![Just("a"), Just("b"), Just("c"), Just("Żółć \"&\" \\co")]
        .prop_map(|name| SegmentName::new(name).unwrap())
}

/// Text of which a few values are often drawn, so that comparisons are often true.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-c]{1,2}".prop_map(|text| text), 1 => "\\PC{0,6}", 1 => ".{0,4}"]
}

pub fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-3_i32..3).prop_map(f64::from),
        1 => prop::num::f64::NORMAL.prop_filter("a whole one past 2^53 is refused", |number| number.fract() != 0.0),
    ]
}

pub fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text().prop_map(Literal::Text),
        number().prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Boolean),
    ]
}

fn leaf() -> impl Strategy<Value = Expression> {
    let operator = prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ]);
    let test = prop::sample::select(vec![TextTest::StartsWith, TextTest::EndsWith, TextTest::Contains]);
    prop_oneof![
        1 => any::<bool>().prop_map(Expression::Constant),
        4 => segment().prop_map(Expression::Segment),
        2 => key().prop_map(Expression::Has),
        4 => (key(), operator, literal())
            .prop_map(|(key, operator, literal)| Expression::Compare { key, operator, literal }),
        2 => (key(), prop::collection::vec(literal(), 0..4))
            .prop_map(|(key, literals)| Expression::In { key, literals }),
        2 => (key(), test, text()).prop_map(|(key, test, text)| Expression::Text { key, test, text }),
        2 => (key(), text()).prop_map(|(key, entry)| Expression::Holds { key, entry }),
    ]
}

pub fn expression() -> impl Strategy<Value = Expression> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expression::all),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expression::any),
            inner.prop_map(Expression::negated),
        ]
    })
}
