//! Keyed fingerprints of users and values: the ledger compares these and stores nothing else of a person.

use fanpass_model::{AttributeKey, AttributeValue, UserId};
use sha2::{Digest, Sha256, digest::block_api::BlockSizeUser};

/// Bytes of the key.
pub(super) const KEY: usize = 32;

/// SHA-256 that has taken in the key, ready to be copied for each fingerprint.
pub(super) struct Fingerprints(Sha256);

impl Fingerprints {
    pub(super) fn new(key: &[u8]) -> Self {
        let mut hash = Sha256::new_with_prefix(key);
        // Filled up to a block, the key is hashed once and not for each fingerprint.
        hash.update(vec![0; Sha256::block_size().saturating_sub(key.len())]);
        Self(hash)
    }

    /// The key of a user's row. The values' fingerprints hold the user as well, so that two users of one row are told
    /// apart.
    pub(super) fn user(&self, user: &UserId) -> i64 {
        let mut hash = self.0.clone();
        part(&mut hash, b'u', user.as_str());
        i64::from_le_bytes(first_bytes(hash))
    }

    pub(super) fn value(&self, user: &UserId, key: &AttributeKey, value: &AttributeValue) -> u64 {
        let mut hash = self.0.clone();
        part(&mut hash, b'v', user.as_str());
        part(&mut hash, b'k', key.as_str());
        match value {
            AttributeValue::Text(text) => part(&mut hash, b's', text),
            AttributeValue::Number(number) => part(&mut hash, b'n', &number.to_string()),
            AttributeValue::Boolean(true) => hash.update(b"t"),
            AttributeValue::Boolean(false) => hash.update(b"f"),
            AttributeValue::List(entries) => {
                hash.update(b"l");
                for entry in entries {
                    part(&mut hash, b'e', entry);
                }
            }
            AttributeValue::Unset => hash.update(b"0"),
        }
        u64::from_le_bytes(first_bytes(hash))
    }
}

/// Text with its kind in front and a byte that is none of UTF-8 behind, so that no two sequences of parts are alike.
fn part(hash: &mut Sha256, kind: u8, text: &str) {
    hash.update([kind]);
    hash.update(text);
    hash.update([0xFF]);
}

fn first_bytes(hash: Sha256) -> [u8; 8] {
    let digest = hash.finalize();
    std::array::from_fn(|at| digest[at])
}
