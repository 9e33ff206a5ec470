//! The parts of a log, and how each goes on from the one before.

pub(super) const HEADER_BYTES: usize = 32;
pub(super) const FRAME_HEADER_BYTES: usize = 24;
/// What a log begins with; the last bit says in which order its checksums take the bytes of a number.
const MAGIC: u32 = 0x377f_0682;

/// Two numbers: a checksum, or the salts.
pub(super) type Pair = [u32; 2];
/// The order in which a checksum takes the bytes of a number.
type Order = fn([u8; 4]) -> u32;
const ORDERS: [Order; 2] = [u32::from_le_bytes, u32::from_be_bytes];

/// A checksum that goes on from another.
fn sum([mut first, mut second]: Pair, bytes: &[u8], order: Order) -> Pair {
    for [a, b, c, d, e, f, g, h] in bytes.as_chunks().0 {
        first = first.wrapping_add(order([*a, *b, *c, *d])).wrapping_add(second);
        second = second.wrapping_add(order([*e, *f, *g, *h])).wrapping_add(first);
    }
    [first, second]
}

/// The numbers that a header is made of.
fn numbers<const N: usize>(header: &[u8]) -> [u32; N] {
    let mut words = header.as_chunks().0.iter();
    std::array::from_fn(|_| words.next().map_or(0, |word| u32::from_be_bytes(*word)))
}

/// How far the checksums have come.
pub(super) struct Chain {
    /// Whether the header of the log is.
    pub(super) is_whole: bool,
    pub(super) page_bytes: usize,
    pub(super) salts: Pair,
    /// One, unless the header is damaged.
    orders: &'static [Order],
    /// What the next frame may go on from: the checksum that stands there, and what it should be.
    sums: [Pair; 2],
}

impl Chain {
    pub(super) fn begin(header: &[u8], page_size: u32) -> Self {
        let [magic, _, page, _, salt, other_salt, first, second] = numbers(header);
        let big = usize::from(magic & 1 == 1);
        let orders = ORDERS.get(big..=big).unwrap_or(&ORDERS);
        let said = header.get(..24).unwrap_or_default();
        let should = orders.first().map_or([0; 2], |order| sum([0; 2], said, *order));
        let possible = (512..=65_536).contains(&page) && page.is_power_of_two();
        let is_whole = magic & !1 == MAGIC && should == [first, second] && possible;
        Self {
            is_whole,
            page_bytes: usize::try_from(if is_whole { page } else { page_size }).unwrap_or_default(),
            salts: [salt, other_salt],
            orders: if is_whole { orders } else { &ORDERS },
            sums: [[first, second], should],
        }
    }

    /// Whether a frame goes on from the one before; the next may go on from it in any case.
    pub(super) fn takes(&mut self, frame: &Frame<'_>) -> bool {
        let mut should = frame.sums;
        for order in self.orders {
            for before in self.sums {
                should = sum(sum(before, frame.said, *order), frame.page, *order);
                if should == frame.sums {
                    self.sums = [should; 2];
                    return true;
                }
            }
        }
        self.sums = [frame.sums, should];
        false
    }
}

pub(super) struct Frame<'a> {
    /// Whether it is the last of a commit.
    pub(super) commits: bool,
    pub(super) salts: Pair,
    sums: Pair,
    /// The part of its header that is summed.
    said: &'a [u8],
    page: &'a [u8],
}

impl<'a> Frame<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let [_, pages_after_commit, salt, other_salt, first, second] = numbers(bytes);
        let (said, _) = bytes.split_at_checked(8).unwrap_or_default();
        let (_, page) = bytes.split_at_checked(FRAME_HEADER_BYTES).unwrap_or_default();
        Self { commits: pages_after_commit > 0, salts: [salt, other_salt], sums: [first, second], said, page }
    }
}
