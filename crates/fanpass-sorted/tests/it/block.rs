//! Blocks: packed, read again, damaged.

use std::collections::BTreeSet;

use fanpass_sorted::{Block, BlockBuilder, BlockDamage, BlockReader};
use proptest::prelude::*;

/// Bytes of a block and its first id together.
const BLOCK_BYTES: usize = 4_050;

fn pack(ids: &BTreeSet<String>) -> Vec<Block> {
    let mut builder = BlockBuilder::default();
    let mut blocks: Vec<Block> = ids.iter().filter_map(|id| builder.push(id.as_bytes())).collect();
    blocks.extend(builder.finish());
    blocks
}

fn unpack(block: &Block) -> Result<Vec<String>, BlockDamage> {
    let mut reader = BlockReader::new(&block.ids)?;
    let mut ids = Vec::new();
    while let Some(id) = reader.next_id()? {
        ids.push(id.to_owned());
    }
    Ok(ids)
}

fn ids() -> impl Strategy<Value = BTreeSet<String>> {
    // Few letters share prefixes, long ids make blocks of a handful, `\PC` brings every script.
    prop::collection::btree_set(
        prop_oneof!["[ab]{1,12}", "fan-[0-9]{4}", "\\PC{1,60}", "x{200}[a-z]{1,50}"],
        1..400,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_packed_is_unpacked(ids in ids()) {
        let blocks = pack(&ids);
        let mut found = Vec::new();
        for block in &blocks {
            let unpacked = unpack(block).unwrap();
            prop_assert_eq!(u32::try_from(unpacked.len()).unwrap(), block.count);
            prop_assert_eq!(unpacked[0].as_bytes(), &block.first_id);
            prop_assert!(block.ids.len() + block.first_id.len() <= BLOCK_BYTES);
            found.extend(unpacked);
        }
        prop_assert_eq!(found, ids.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn passing_over_ids_leads_to_the_one_behind_them(ids in ids(), steps in prop::collection::vec(0_usize..9, 1..60)) {
        for block in pack(&ids) {
            let held = unpack(&block).unwrap();
            let mut reader = BlockReader::new(block.ids).unwrap();
            let mut next = 0;
            for step in &steps {
                prop_assert_eq!(reader.nth_id(*step).unwrap(), held.get(next + step).map(String::as_str));
                next += step + 1;
            }
        }
    }

    #[test]
    fn reading_on_from_an_id_skips_those_below(ids in ids(), wanted in prop::collection::btree_set("[a-z]{1,3}", 1..6)) {
        for block in pack(&ids) {
            let held: BTreeSet<String> = unpack(&block).unwrap().into_iter().collect();
            let mut reader = BlockReader::new(block.ids).unwrap();
            let mut last: Option<String> = None;
            for id in &wanted {
                // What was given is not given again.
                let expected = held.iter().find(|held| *held >= id && Some(*held) > last.as_ref());
                let found = reader.next_from(id).unwrap().map(str::to_owned);
                prop_assert_eq!(found.as_ref(), expected);
                let Some(found) = found else { break };
                last = Some(found);
            }
        }
    }

    #[test]
    fn membership_is_that_of_the_set(ids in ids(), other in "[ab]{1,12}") {
        for block in pack(&ids) {
            let held: BTreeSet<String> = unpack(&block).unwrap().into_iter().collect();
            for id in ids.iter().chain([&other]) {
                prop_assert_eq!(BlockReader::new(&block.ids).unwrap().contains(id).unwrap(), held.contains(id));
            }
        }
    }

    #[test]
    fn any_changed_byte_is_noticed(ids in ids(), at in any::<prop::sample::Index>(), change in 1_u8..) {
        let mut block = pack(&ids).remove(0);
        let at = at.index(block.ids.len());
        block.ids[at] ^= change;
        prop_assert!(unpack(&block).is_err());
    }

    #[test]
    fn no_bytes_make_the_reader_fail_otherwise_than_by_an_error(content in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut ids = vec![1];
        ids.extend(crc32fast::hash(&content).to_le_bytes());
        ids.extend(content);
        let _ = unpack(&Block { first_id: Vec::new(), count: 0, ids });
    }
}

#[test]
fn blocks_fill_their_row() {
    let ids: BTreeSet<String> = (0..10_000).map(|number| format!("{number:028}")).collect();
    let blocks = pack(&ids);
    let (_, full) = blocks.split_last().unwrap();
    assert!(full.iter().all(|block| block.ids.len() + block.first_id.len() > BLOCK_BYTES - 2 * 32));
}
