//! Keyed fingerprints of users and values: the ledger compares these and stores nothing else of a person.

use std::hash::Hasher as _;

use fanpass_model::{AttributeKey, AttributeValue, UserId};
use siphasher::sip::SipHasher13;

/// Bytes of the key.
pub(super) const KEY: usize = 16;
/// In the place of a value's fingerprint: the attribute was taken off.
pub(super) const UNSET: u64 = 0;
/// In the place of a value's fingerprint: a value was acknowledged, and which one the service has now is not known. It is
/// no value's, so that every value differs from it.
pub(super) const DOUBTED: u64 = 1;

/// `SipHash` under the ledger's key: a pseudo-random function that costs a tenth of SHA-256 on texts as short as these.
#[derive(Clone)]
pub(super) struct Fingerprints(SipHasher13);

impl Fingerprints {
    pub(super) fn new(key: [u8; KEY]) -> Self {
        Self(SipHasher13::new_with_key(&key))
    }

    pub(super) fn of(&self, user: &UserId) -> UserPrints {
        let mut hash = self.0;
        part(&mut hash, b'u', user.as_str());
        UserPrints(hash)
    }
}

/// The fingerprints of one user. Those of the values hold the user as well, so that two users of one row are told apart.
pub(super) struct UserPrints(SipHasher13);

impl UserPrints {
    /// The key of the user's row.
    pub(super) fn user(&self) -> i64 {
        self.0.finish().cast_signed()
    }

    pub(super) fn value(&self, key: &AttributeKey, value: &AttributeValue) -> u64 {
        let mut hash = self.0;
        part(&mut hash, b'k', key.as_str());
        match value {
            AttributeValue::Text(text) => part(&mut hash, b's', text),
            AttributeValue::Number(number) => part(&mut hash, b'n', &number.to_string()),
            AttributeValue::Boolean(true) => hash.write_u8(b't'),
            AttributeValue::Boolean(false) => hash.write_u8(b'f'),
            AttributeValue::List(entries) => {
                hash.write_u8(b'l');
                for entry in entries {
                    part(&mut hash, b'e', entry);
                }
            }
            AttributeValue::Unset => return UNSET,
        }
        hash.finish().max(DOUBTED + 1)
    }
}

/// Text with its kind in front and a byte that is none of UTF-8 behind, so that no two sequences of parts are alike.
fn part(hash: &mut SipHasher13, kind: u8, text: &str) {
    hash.write_u8(kind);
    hash.write(text.as_bytes());
    hash.write_u8(0xFF);
}

/// A fingerprint as bytes that sort as SQLite sorts the number.
pub(super) fn order(fingerprint: i64) -> [u8; 8] {
    (fingerprint ^ i64::MIN).to_be_bytes()
}

/// The fingerprint of such bytes.
pub(super) fn fingerprint(order: [u8; 8]) -> i64 {
    i64::from_be_bytes(order) ^ i64::MIN
}
