//! What was acknowledged of one user: a fingerprint for each attribute, packed.

use super::fingerprint::{DOUBTED, UNSET};

/// Bytes of an entry: the attribute's number and the value's fingerprint, least significant byte first.
pub(super) const ENTRY: usize = NUMBER + 8;
const NUMBER: usize = 4;

/// Entries one behind the other, in no order: users have few attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record(Vec<u8>);

impl Record {
    /// A record that is not made of whole entries is damaged, and nothing is known of the user.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self(if bytes.len().is_multiple_of(ENTRY) { bytes.to_vec() } else { Vec::new() })
    }

    /// Whether nothing was acknowledged of the user.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn get(&self, number: u32) -> Option<u64> {
        let entry = &self.0[self.position(number)?..];
        entry[NUMBER..ENTRY].try_into().ok().map(u64::from_le_bytes)
    }

    pub(super) fn set(&mut self, number: u32, fingerprint: u64) {
        let at = self.position(number).unwrap_or_else(|| {
            if self.0.is_empty() {
                self.0.reserve(4 * ENTRY);
            }
            self.0.extend(number.to_le_bytes());
            self.0.extend([0; ENTRY - NUMBER]);
            self.0.len() - ENTRY
        });
        self.0[at + NUMBER..at + ENTRY].copy_from_slice(&fingerprint.to_le_bytes());
    }

    /// Whether a value was acknowledged, whichever it is, that was not taken off since.
    pub(super) fn holds(&self, number: u32) -> bool {
        self.get(number).is_some_and(|fingerprint| fingerprint != UNSET)
    }

    /// The attributes of which a value is [held](Self::holds).
    pub(super) fn held(&self) -> impl Iterator<Item = u32> {
        let steps = Step::from_bytes(&self.0).map(Step::number);
        steps.filter(|number| self.holds(*number))
    }

    /// Forgets which value was acknowledged, and not that one was.
    fn doubt(&mut self, number: u32) {
        if self.holds(number) {
            self.set(number, DOUBTED);
        } else if let Some(at) = self.position(number) {
            self.0.drain(at..at + ENTRY);
        }
    }

    pub(super) fn apply(&mut self, step: Step) {
        match step {
            Step::Set(number, fingerprint) => self.set(number, fingerprint),
            Step::Doubt(number) => self.doubt(number),
        }
    }

    fn position(&self, number: u32) -> Option<usize> {
        let at = self.0.chunks_exact(ENTRY).position(|entry| entry[..NUMBER] == number.to_le_bytes());
        at.map(|at| at * ENTRY)
    }
}

/// A change of one attribute of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The service has acknowledged a value of that fingerprint.
    Set(u32, u64),
    /// Which value the service has is not known any more.
    Doubt(u32),
}

/// Marks a doubted attribute's number; numbers are counted up from 1.
const DOUBT: u32 = 1 << 31;

impl Step {
    /// The attribute's number.
    pub(super) fn number(self) -> u32 {
        let (Self::Set(number, _) | Self::Doubt(number)) = self;
        number
    }

    /// Appends steps as entries one behind the other.
    pub(super) fn write(steps: &[Self], bytes: &mut Vec<u8>) {
        for step in steps {
            let (number, fingerprint) = match *step {
                Self::Set(number, fingerprint) => (number, fingerprint),
                Self::Doubt(number) => (number | DOUBT, 0),
            };
            bytes.extend(number.to_le_bytes());
            bytes.extend(fingerprint.to_le_bytes());
        }
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> impl Iterator<Item = Self> {
        bytes.chunks_exact(ENTRY).filter_map(|entry| {
            let (number, fingerprint) = entry.split_first_chunk::<NUMBER>()?;
            let number = u32::from_le_bytes(*number);
            let fingerprint = u64::from_le_bytes(*fingerprint.first_chunk()?);
            let doubt = number & DOUBT != 0;
            Some(if doubt { Self::Doubt(number & !DOUBT) } else { Self::Set(number, fingerprint) })
        })
    }
}
