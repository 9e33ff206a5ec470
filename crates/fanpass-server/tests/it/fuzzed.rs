//! The corpora of the fuzz targets, by the very functions that are fuzzed.

use std::path::Path;

#[allow(unreachable_pub, reason = "it is the library of the fuzz targets, where this is reachable")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn every_input_in_the_corpora_is_answered_with_a_result_or_a_problem() {
    for (name, target) in targets::TARGETS {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let inputs: Vec<_> = std::fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!inputs.is_empty(), "{} is empty", corpus.display());
        for input in inputs {
            target(&std::fs::read(&input).unwrap());
        }
    }
}
