//! What cells of each type become, and what they may not be.

use fanpass_model::AttributeValue;
use fanpass_sync::{CellFault, CellType, code};
use proptest::prelude::*;

fn read(cell_type: &str, text: &str) -> Result<Option<AttributeValue>, CellFault> {
    let cell_type: CellType = cell_type.parse().unwrap();
    assert_eq!(
        cell_type.to_string().parse::<CellType>().unwrap(),
        cell_type,
        "a type reads as it is written"
    );
    cell_type.read(text)
}

/// The value as it goes over the wire.
fn json(cell_type: &str, text: &str) -> String {
    serde_json::to_string(&read(cell_type, text).unwrap()).unwrap()
}

fn fault(cell_type: &str, text: &str) -> &'static str {
    read(cell_type, text).unwrap_err().code
}

#[test]
fn text_is_kept_byte_for_byte() {
    for text in ["00042", "1e5", "TRUE", " padded ", "12.0", "=SUM(A1)", "\u{fc}n\u{ef}c\u{f6}de", "NULL"] {
        assert_eq!(read("string", text), Ok(Some(text.into())));
    }
    assert_eq!(fault("string", &"x".repeat(4097)), "too_long");
}

#[test]
fn booleans_have_these_spellings_and_no_others() {
    for text in ["true", "TRUE", "Yes", "y", "T", "1", "x", "X", " true "] {
        assert_eq!(read("boolean", text), Ok(Some(true.into())), "{text}");
    }
    for text in ["false", "False", "NO", "n", "f", "0"] {
        assert_eq!(read("bool", text), Ok(Some(false.into())), "{text}");
    }
    for text in ["2", "on", "ja", "01", "tru", "-", "yes no", "NULL"] {
        assert_eq!(fault("boolean", text), code::NOT_BOOLEAN, "{text}");
    }
}

#[test]
fn integers_lose_no_digit() {
    for text in ["0", "-1", "42", "9007199254740992", "-9007199254740992"] {
        assert_eq!(json("integer", text), text);
    }
    for text in ["9007199254740993", "-9223372036854775808", "18446744073709551615"] {
        assert_eq!(fault("integer", text), "inexact_number", "{text} is refused, never rounded");
    }
    for text in
        ["007", "+1", "-0", "1.0", "1,000", "1 000", "1e3", "18446744073709551616", "\u{664}", "0x1", "n/a"]
    {
        assert_eq!(fault("integer", text), code::NOT_INTEGER, "{text}");
    }
}

#[test]
fn decimals_are_what_a_double_holds_exactly_as_written() {
    for (text, sent) in [("12.5", "12.5"), ("12.50", "12.5"), ("-0.1", "-0.1"), ("7", "7"), ("7.00", "7")] {
        assert_eq!(json("decimal", text), sent);
    }
    assert_eq!(json("decimal", "9007199254740992"), "9007199254740992");
    assert_eq!(fault("decimal", "9007199254740993"), "inexact_number");
    let rounded = ["0.1000000000000000055", "9007199254740993.5", "-0.0", "007.5", "1".repeat(400).as_str()]
        .map(str::to_owned);
    let no_numbers =
        ["12,50", "1e5", ".5", "5.", "-", "+1.5", "1.2.3", "NaN", "inf", "1_0"].map(str::to_owned);
    for text in rounded.iter().chain(&no_numbers) {
        assert_eq!(fault("decimal", text), code::NOT_DECIMAL, "{text}");
    }
}

#[test]
fn dates_become_iso_text_and_are_never_guessed() {
    assert_eq!(read("date", "2026-02-28"), Ok(Some("2026-02-28".into())));
    assert_eq!(read("date(%d.%m.%Y)", "5.1.2026"), Ok(Some("2026-01-05".into())));
    assert_eq!(read("date(%m/%d/%y)", "12/24/99"), Ok(Some("1999-12-24".into())));
    assert_eq!(read("date(%d.%m.%Y %H:%M)", "24.12.2026 09:30"), Ok(Some("2026-12-24".into())));
    for text in
        ["2026-02-29", "2026-2-8", "20260228", "2026-02-28T00:00", "28.02.2026", "0026-02-28", "45000"]
    {
        assert_eq!(fault("date", text), code::NOT_DATE, "{text}");
    }
    let zoned = "date(%Y-%m-%dT%H:%M:%S%z)";
    assert_eq!(read(zoned, "2026-01-01T00:30:00+0200"), Ok(Some("2026-01-01".into())), "the date as written");
    assert_eq!(
        read("date(%Y-%m-%d %H:%M:%S%.f%:z)", "2026-01-01 23:30:00.25-05:00"),
        Ok(Some("2026-01-01".into()))
    );
    assert_eq!(read(zoned, "2026-01-01T23:30:00-05:00"), Ok(Some("2026-01-01".into())));
    assert_eq!(read(zoned, "2026-01-01T23:30:00Z"), Ok(Some("2026-01-01".into())));
    assert_eq!(fault(zoned, "2026-01-01T00:30:00"), code::NOT_DATE);
    assert_eq!(read("date(%d.%m.%y)", "24.12.68"), Ok(Some("2068-12-24".into())));
    assert_eq!(read("date(%d.%m.%y)", "24.12.69"), Ok(Some("1969-12-24".into())));
    assert_eq!(read("date(%Y/%j %B)", "2026/059 February"), Ok(Some("2026-02-28".into())));
    assert_eq!(fault("date(%a %d.%m.%Y)", "Mon 28.02.2026"), code::NOT_DATE, "a Saturday");
    // A year of two digits under %Y is the year 24, not 2024.
    assert_eq!(fault("date(%d.%m.%Y)", "24.12.24"), code::NOT_DATE);
    for (form, exact, short) in [
        ("date(%Y%m%d)", "20261101", "2026111"),
        ("date(%d%m%y)", "011126", "11126"),
        ("date(%Y%m%dT%H%M%S%.f)", "20261101T090000.500", "20261101T90000.5"),
        ("date(%Y%m%d%z)", "20261101+01:00", "2026111+01:00"),
        ("date(%d%b%Y %H%M)", "01nov2026 0915", "01nov2026 915"),
    ] {
        assert_eq!(read(form, exact), Ok(Some("2026-11-01".into())), "{form}");
        assert_eq!(fault(form, short), code::NOT_DATE, "{form}: which digit is whose?");
    }
}

#[test]
fn lists_have_trimmed_entries_and_no_empty_ones() {
    assert_eq!(json("list(|)", " gold | |silver|"), r#"["gold","silver"]"#);
    assert_eq!(json("list(, )", "a, b,c"), r#"["a","b,c"]"#);
    for text in [" / gold", "gold / ", "gold", " / gold / "] {
        assert_eq!(json("list( / )", text), r#"["gold"]"#, "{text:?}");
    }
    assert_eq!(read("list( / )", " / "), Ok(None));
    assert_eq!(read("list(|)", "|  |"), Ok(None));
    assert_eq!(fault("list(;)", &"a;".repeat(257)), "too_many");
}

fn any_type() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "string",
        "boolean",
        "integer",
        "decimal",
        "date",
        "date(%d.%m.%Y)",
        "date(%b %e, %Y)",
        "list(|)",
        "list(=)",
    ])
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(cell_type in any_type(), text in any::<String>()) {
        let _ = read(cell_type, &text);
    }

    #[test]
    fn any_text_is_a_type_or_refused(text in "(date|list|string|[a-z]*)?\\(?\\PC*\\)?") {
        if let Ok(cell_type) = text.parse::<CellType>() {
            let _ = cell_type.read("2026-01-05");
        }
    }

    #[test]
    fn whole_numbers_are_sent_as_they_are_written(number in -(1_i64 << 53)..=1 << 53) {
        prop_assert_eq!(json("integer", &number.to_string()), number.to_string());
        prop_assert_eq!(json("decimal", &number.to_string()), number.to_string());
    }

    #[test]
    fn doubles_come_back_from_their_shortest_text(number in any::<f64>()) {
        prop_assume!(number.is_finite() && number.fract() != 0.0);
        let sent = json("decimal", &number.to_string());
        prop_assert_eq!(sent.parse::<f64>().unwrap().to_bits(), number.to_bits());
    }

    #[test]
    fn digits_are_never_rounded(whole in "-?(0|[1-9][0-9]{0,20})", fraction in "[0-9]{1,25}") {
        let text = format!("{whole}.{fraction}");
        if let Ok(Some(AttributeValue::Number(number))) = read("decimal", &text) {
            let shown = number.as_f64().filter(|_| number.is_f64()).map_or(number.to_string(), |it| it.to_string());
            let bare = text.trim_end_matches('0').trim_end_matches('.').to_owned();
            prop_assert_eq!(shown, bare);
        }
    }

    #[test]
    fn lists_come_back_from_their_entries(entries in prop::collection::vec("[a-z0-9,;]{1,8}", 1..20)) {
        prop_assert_eq!(read("list(|)", &entries.join(" | ")), Ok(Some(entries.into())));
    }

    #[test]
    fn dates_come_back_from_any_form(year in 1000..=9999_i16, month in 1..=12_i8, day in 1..=28_i8) {
        let iso = format!("{year:04}-{month:02}-{day:02}");
        prop_assert_eq!(read("date", &iso), Ok(Some(iso.as_str().into())));
        let european = format!("{day}.{month}.{year}");
        prop_assert_eq!(read("date(%d.%m.%Y)", &european), Ok(Some(iso.into())));
    }
}
