//! The language against another implementation of CEL: what both can read, both read as the same.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;

use cel::{Context, Program, Value};
use fanpass_model::{AttributeKey, AttributeValue, SegmentName, UserProperties};
use fanpass_server::targeting::{Expression, Facts};
use proptest::prelude::*;

/// A fan all of whose attributes are set: of those that are not, CEL knows no answer.
#[derive(Debug, Clone)]
struct Fan {
    tier: String,
    points: f64,
    vip: bool,
    plans: Vec<String>,
    segments: BTreeSet<&'static str>,
}

struct Known(UserProperties, BTreeSet<&'static str>);

impl Facts for Known {
    type Error = Infallible;

    fn attribute(&mut self, key: &AttributeKey) -> Result<Option<&AttributeValue>, Infallible> {
        Ok(self.0.get(key.as_str()))
    }

    fn is_in(&mut self, segment: &SegmentName) -> Result<bool, Infallible> {
        Ok(self.1.contains(segment.as_str()))
    }
}

impl Fan {
    fn facts(&self) -> Known {
        let key = |key: &'static str| AttributeKey::new(key).unwrap();
        let points = serde_json::Number::from_f64(self.points).unwrap();
        let attributes = UserProperties::from_iter([
            (key("custom.tier"), AttributeValue::Text(self.tier.clone())),
            (key("custom.points"), AttributeValue::Number(points)),
            (key("custom.vip"), AttributeValue::Boolean(self.vip)),
            (key("custom.plans"), AttributeValue::List(self.plans.clone())),
        ]);
        Known(attributes, self.segments.clone())
    }

    fn context(&self) -> Context<'static, 'static> {
        let mut context = Context::default();
        let custom = HashMap::from([
            ("tier", Value::from(self.tier.clone())),
            ("points", Value::from(self.points)),
            ("vip", Value::from(self.vip)),
            ("plans", Value::from(self.plans.clone())),
        ]);
        context.add_variable_from_value("custom", custom);
        let segments = self.segments.clone();
        context
            .add_function("segment", move |name: std::sync::Arc<String>| segments.contains(name.as_str()))
            .unwrap();
        context
    }
}

fn fan() -> impl Strategy<Value = Fan> {
    let segments = prop::collection::btree_set(prop::sample::select(vec!["a", "b"]), 0..3);
    let text = || prop::sample::select(vec!["", "a", "ab", "b", "é\n"]).prop_map(str::to_owned);
    let points = prop::sample::select(vec![-1.0, 0.0, 0.5, 1.0, 16.0]);
    (text(), points, any::<bool>(), prop::collection::vec(text(), 0..3), segments)
        .prop_map(|(tier, points, vip, plans, segments)| Fan { tier, points, vip, plans, segments })
}

/// Conditions in many spellings.
fn condition() -> impl Strategy<Value = String> {
    let operator = || prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let text = || {
        prop::sample::select(vec![
            r#""a""#,
            "'a'",
            r#"r"a""#,
            r"'\x61'",
            r"'\u0061\142'",
            "'''a'''",
            r#""""ab""""#,
            r"'\U000000e9\n'",
            "''",
            "'b'",
        ])
    };
    let number = || prop::sample::select(vec!["1.0", "-1.0", "0.5", ".5", "1e0", "16.0", "-0.0", "5e-1"]);
    let method = prop::sample::select(vec!["startsWith", "endsWith", "contains"]);
    let segment = prop::sample::select(vec!["segment('a')", "segment(\"b\")", "segment ( 'c' )"]);
    let fixed =
        prop::sample::select(vec!["true", "false", "custom.vip", "has(custom.tier)", "custom . vip == true"]);
    prop_oneof![
        (operator(), text()).prop_map(|(operator, text)| format!("custom.tier {operator} {text}")),
        (operator(), text()).prop_map(|(operator, text)| format!("{text}{operator}custom.tier")),
        (operator(), number()).prop_map(|(operator, number)| format!("custom.points{operator}{number}")),
        (operator(), number()).prop_map(|(operator, number)| format!("{number} {operator} custom.points")),
        prop::collection::vec(text(), 0..3)
            .prop_map(|texts| format!("custom.tier in [{}]", texts.join(", "))),
        prop::collection::vec(number(), 1..3)
            .prop_map(|all| format!("custom.points in [{},]", all.join(","))),
        text().prop_map(|text| format!("{text} in custom.plans")),
        (method, text()).prop_map(|(method, text)| format!("custom.tier.{method}({text})")),
        segment.prop_map(str::to_owned),
        fixed.prop_map(str::to_owned),
    ]
}

/// Conditions joined without more parentheses than there happen to be.
fn expression() -> impl Strategy<Value = String> {
    condition().prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} && {other}")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one}||\n{other}")),
            inner.clone().prop_map(|inner| format!("!({inner})")),
            inner.prop_map(|inner| format!("( {inner} ) // so\n")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_expression_means_what_it_means_in_cel(text in expression(), fans in prop::collection::vec(fan(), 8)) {
        let ours: Expression = text.parse().unwrap();
        let printed = ours.to_string();
        let [theirs, of_printed] = [&text, &printed].map(|text| Program::compile(text).unwrap());
        for fan in fans {
            let context = fan.context();
            let Ok(matches) = ours.matches(&mut fan.facts());
            prop_assert_eq!(theirs.execute(&context).unwrap(), Value::Bool(matches), "{}", text);
            prop_assert_eq!(of_printed.execute(&context).unwrap(), Value::Bool(matches), "{}", printed);
        }
    }
}
