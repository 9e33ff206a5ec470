//! Ids are text, byte for byte; what cannot be one is refused with the exact reason.

use fanpass_model::{ErrorKind, SEGMENT_NAME_MAX_BYTES, SegmentName, USER_ID_MAX_BYTES, UserId};
use proptest::prelude::*;

fn refusal(text: &str) -> ErrorKind {
    UserId::new(text).unwrap_err().kind().clone()
}

#[test]
fn what_looks_like_a_number_stays_text() {
    for text in ["00042", "123456789012345678", "1e5", "TRUE", "7.0", "-0", "Żółć-9", "a b", "1/2", "."] {
        let id = UserId::new(text).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), serde_json::to_string(text).unwrap());
    }
}

#[test]
fn each_refusal_has_its_kind() {
    assert_eq!(refusal(""), ErrorKind::Empty);
    assert_eq!(refusal(" 7"), ErrorKind::SurroundingSpace);
    assert_eq!(refusal("7\u{a0}"), ErrorKind::SurroundingSpace);
    assert_eq!(refusal("7\n8"), ErrorKind::ControlCharacter { at: 1 });
    assert_eq!(refusal("é\u{0}"), ErrorKind::ControlCharacter { at: 2 });
    let long = "x".repeat(USER_ID_MAX_BYTES + 1);
    assert_eq!(
        refusal(&long),
        ErrorKind::TooLong { limit: USER_ID_MAX_BYTES, actual: USER_ID_MAX_BYTES + 1 }
    );
    assert!(UserId::new(&long[1..]).is_ok());
}

#[test]
fn a_name_that_would_be_shown_as_another_is_refused() {
    for character in ['\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}'] {
        let error = SegmentName::new(format!("sth{character}x")).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::DirectionControl { at: 3 });
    }
    assert!(SegmentName::new("אוהדים").is_ok(), "a script that is written from right to left is no reason");
    assert!(UserId::new("fan\u{202e}7").is_ok(), "an id is what the club's system says it is");
}

#[test]
fn a_number_in_json_is_no_id() {
    let error = serde_json::from_str::<UserId>("42").unwrap_err();
    assert!(error.to_string().starts_with("invalid type: integer `42`, expected a string"), "{error}");
}

#[test]
fn an_error_names_the_value_without_repeating_it() {
    let error = UserId::new("fan-0042\u{7}").unwrap_err();
    assert_eq!(error.to_string(), "user id has a control character at byte 9; remove it");
    let error = SegmentName::new("x".repeat(SEGMENT_NAME_MAX_BYTES + 1)).unwrap_err();
    assert_eq!(error.to_string(), "segment name has 129 bytes; at most 128 are allowed");
}

proptest! {
    #[test]
    fn each_character_counts_wherever_it_stands(
        before in "[!-~]{0,20}",
        odd in prop_oneof![any::<char>(), (0..=0xa0_u8).prop_map(char::from)],
        after in "[!-~]{0,20}",
    ) {
        let at_the_edge = before.is_empty() || after.is_empty();
        let expected = match odd {
            odd if odd.is_control() => Err(ErrorKind::ControlCharacter { at: before.len() }),
            odd if odd.is_whitespace() && at_the_edge => Err(ErrorKind::SurroundingSpace),
            _ => Ok(()),
        };
        let checked = UserId::validate(&format!("{before}{odd}{after}"));
        prop_assert_eq!(checked.map_err(|error| error.kind().clone()), expected);
    }

    #[test]
    fn an_accepted_id_survives_json_byte_for_byte(text in any::<String>()) {
        if let Ok(id) = UserId::new(text.as_str()) {
            let json = serde_json::to_string(&id).unwrap();
            let back: UserId = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(back.as_str(), text);
        } else {
            let edges = text.trim() != text;
            let refusable = text.is_empty() || text.len() > USER_ID_MAX_BYTES || edges || text.contains(char::is_control);
            prop_assert!(refusable, "{:?} was refused without a reason", text);
        }
    }
}
