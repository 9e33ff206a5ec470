//! The language of audiences: what is read, how it is printed, and what is said of what cannot be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fanpass_model::{AttributeDefinition, AttributeKey, AttributeRegistry, AttributeType, SegmentName};
use fanpass_server::targeting::{DEPTH_MAX, Draft, EXPRESSION_MAX_BYTES, Expression, Missing};
use proptest::prelude::*;

use super::strategies;
use crate::snapshot;

fn registry() -> AttributeRegistry {
    let mut registry = AttributeRegistry::builtin();
    for (key, kind) in [
        ("custom.loyalty_tier", AttributeType::String),
        ("custom.points", AttributeType::Number),
        ("custom.vip", AttributeType::Boolean),
        ("custom.plans", AttributeType::List),
    ] {
        let mut definition = AttributeDefinition::new(AttributeKey::new(key).unwrap());
        definition.r#type = Some(kind);
        registry.insert(definition);
    }
    registry
}

/// The segments that there are not.
fn missing(names: &[(&str, Option<&str>)]) -> Missing {
    let name = |name: &str| SegmentName::new(name).unwrap();
    names.iter().map(|(missing, nearest)| (name(missing), nearest.map(name))).collect()
}

fn printed(text: &str) -> String {
    match text.parse::<Expression>() {
        Ok(expression) => expression.to_string(),
        Err(faults) => panic!("{text}: {faults:?}"),
    }
}

#[test]
fn what_is_read_is_printed_in_one_form() {
    for (text, expected) in [
        (r#"segment("a")&&custom.x=='b'"#, r#"segment("a") && custom.x == "b""#),
        // `&&` binds closer than `||`, a comparison closer than both, `!` closest.
        ("true || false && custom.x == 1", "true || false && custom.x == 1"),
        ("(true || false) && custom.x == 1", "(true || false) && custom.x == 1"),
        ("!(custom.x == 1) && !has(custom.x)", "!(custom.x == 1) && !has(custom.x)"),
        ("!!has(custom.x) || !!!true", "has(custom.x) || !true"),
        ("((true && (true && false)))", "true && true && false"),
        // A boolean attribute is a condition, a literal may stand first.
        ("custom.vip && 10 < custom.x", "custom.vip == true && custom.x > 10"),
        ("custom.x in [1, -2.50, 'a', true,]", r#"custom.x in [1, -2.5, "a", true]"#),
        (r#""cup" in user_properties.ticketing_plans"#, r#""cup" in user_properties.ticketing_plans"#),
        (r#"custom.x.startsWith("a\"") // a comment"#, r#"custom.x.startsWith("a\"")"#),
        (
            "custom.x == 0x10 || custom.x == 7u || custom.x == 1e-7",
            "custom.x == 16 || custom.x == 7 || custom.x == 1e-7",
        ),
        (
            r#"custom.x == r"\n" || custom.x == "\x41\u00e9\101\U0001F600""#,
            r#"custom.x == "\\n" || custom.x == "AéA😀""#,
        ),
        ("custom.x == '''it's\ntwo lines'''", r#"custom.x == "it's\ntwo lines""#),
        ("has(custom.`in`)\r\n\t", "has(custom.`in`)"),
        ("custom.x in []", "custom.x in []"),
    ] {
        assert_eq!(printed(text), expected, "{text}");
        assert_eq!(printed(expected), expected);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_a_way_out() {
    let missing = missing(&[("season-ticket-holder", Some("season-ticket-holders")), ("xyz", None)]);
    let registry = registry();
    let mut said = String::new();
    for text in [
        "",
        "custom.points >",
        "custom.points = 3",
        "custom.vip and custom.points > 1",
        "(custom.vip",
        "custom.vip)",
        "custom.vip segment(\"a\")",
        "custom.loyalty_tier == \"gold",
        "custom.loyalty_tier == “gold”",
        "custom.loyalty_tier == \"\\q\"",
        "custom.points == 99999999999999999999",
        "custom.points == 9007199254740993",
        "custom.points == 9007199254740993.0",
        "custom.points + 1 == 2",
        "custom.points == 3x",
        "custom.vip ? true : false",
        "custom[\"vip\"]",
        "custom.in == 1",
        "custom",
        "loyalty_tier == \"gold\"",
        "custom.loyalty_teir == \"gold\"",
        "custom.nothing_like_it",
        "user_properties.shoe_size == 44",
        "custom.ł == 1",
        "segment(\"season-ticket-holder\") || segment(\"xyz\")",
        "segment(custom.vip)",
        "segment(\"a\", \"b\")",
        "segment(\"\")",
        "segmnt(\"a\")",
        "size(custom.plans) > 2",
        "has(\"vip\")",
        "custom.loyalty_tier.startswith(\"g\")",
        "custom.loyalty_tier.matches(\"g.*\")",
        "custom.loyalty_tier.contains(1)",
        "custom.points == \"3\"",
        "custom.vip == \"true\"",
        "custom.loyalty_tier == 3",
        "custom.loyalty_tier in [\"gold\", 3]",
        "custom.plans == \"cup\"",
        "\"gold\" in custom.loyalty_tier",
        "custom.points.contains(\"1\")",
        "custom.points",
        "custom.points == null",
        "custom.points == custom.vip",
        "\"a\" == \"b\"",
        "!custom.vip == true",
        "custom.points == [1]",
        "custom.points in 3",
        "custom.points in [custom.vip]",
        "custom.vip && \"text\"",
        "custom.loyalty_tier.length",
        "custom.loyalty_tier == 'żółć' && custom.lotalty_tier > 1 &&\n\t!cust.x.y('z') && not custom.vip",
        "custom.vip && // żółć\n  '🎉' == custom.points && cust.x == 1 && segmnt('a') && custom.lotalty_tier > 2",
    ] {
        let faults = Draft::read(text).faults(&registry, &missing);
        assert!(!faults.is_empty(), "{text}");
        writeln!(said, "{text}").unwrap();
        for fault in faults {
            writeln!(said, "    {fault} ({} at byte {})", fault.code, fault.offset).unwrap();
        }
    }
    snapshot!("faults", said);
}

#[test]
fn what_is_known_is_accepted() {
    for text in [
        "custom.loyalty_tier in [\"gold\", \"platinum\"] && custom.points >= 1.5 && !custom.vip",
        "\"cup\" in custom.plans || has(custom.plans) || custom.loyalty_tier.endsWith(\"d\")",
        // Nobody has said what type it has.
        "user_properties.sth == true || user_properties.sth == \"yes\"",
        "segment(\"a\")",
    ] {
        assert_eq!(Draft::read(text).faults(&registry(), &BTreeMap::new()), [], "{text}");
    }
}

#[test]
fn an_expression_is_bounded() {
    let code = |text: &str| Draft::read(text).into_expression().map(drop).map_err(|faults| faults[0].code);
    let nested = |depth| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(code(&nested(DEPTH_MAX)), Ok(()));
    assert_eq!(code(&nested(DEPTH_MAX + 1)), Err("too_deep"));
    for deep in ["(", "[", "!(", "f(", "has("] {
        assert_eq!(code(&deep.repeat(EXPRESSION_MAX_BYTES / deep.len())), Err("too_deep"), "{deep}");
    }
    for long in ["!", "-", "!true||", "-1==", "a.", "custom.x.contains('')."] {
        let text = long.repeat(EXPRESSION_MAX_BYTES / long.len());
        assert!(code(&text).is_err(), "{long}");
    }
    assert_eq!(code(&format!("true{}", " ".repeat(EXPRESSION_MAX_BYTES - 4))), Ok(()));
    assert_eq!(code(&format!("true{}", " ".repeat(EXPRESSION_MAX_BYTES - 3))), Err("too_long"));
    let list = |length| format!("custom.x in [{}]", vec!["1"; length].join(","));
    assert_eq!((code(&list(256)), code(&list(257))), (Ok(()), Err("too_many")));
    let many = |of: &dyn Fn(usize) -> String, length| (0..length).map(of).collect::<Vec<_>>().join(" || ");
    let segments = |length| many(&|number| format!("segment('{}')", number % 33), length);
    assert_eq!((code(&segments(32)), code(&segments(40))), (Ok(()), Err("too_many")));
    let attributes = |length| many(&|number| format!("has(custom.a{number})"), length);
    assert_eq!((code(&attributes(64)), code(&attributes(65))), (Ok(()), Err("too_many")));
}

/// Text made of pieces of the language, in no good order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "segment",
        "has",
        "custom",
        ".",
        "x",
        "(",
        ")",
        "[",
        "]",
        "&&",
        "||",
        "!",
        "-",
        "==",
        "<",
        "in",
        " ",
        "\n",
        ",",
        "\"a\"",
        "'b\\n'",
        "\"",
        "'''",
        "r'",
        "\\",
        "1",
        "2.5",
        "1e9",
        "true",
        "null",
        "startsWith",
        "`in`",
        "é",
        "//",
        "?",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused_with_a_place_in_it(
        text in prop_oneof![pieces(), ".{0,40}", prop::collection::vec(any::<u8>(), 0..60)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())],
    ) {
        match text.parse::<Expression>() {
            Ok(expression) => prop_assert_eq!(expression.to_string().parse(), Ok(expression)),
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                for fault in faults {
                    prop_assert!(text.is_char_boundary(fault.offset), "{}", fault);
                    let before = &text[..fault.offset];
                    prop_assert_eq!(before.matches('\n').count() + 1, fault.line);
                    prop_assert_eq!(before.chars().rev().take_while(|c| *c != '\n').count() + 1, fault.column);
                }
            }
        }
    }

    #[test]
    fn a_printed_expression_is_read_as_itself(expression in strategies::expression()) {
        prop_assert_eq!(expression.to_string().parse(), Ok(expression));
    }
}
