//! Requests made from the served contract, some as it says and most a little off: whatever comes, the answer is one that
//! the contract announces, errors are problems, and nothing is the service's fault.

mod requests;

use fanpass_testkit::Chance;

use crate::harness::Harness;
use requests::Operations;

/// How many requests: some here, `FANPASS_TEST_REQUESTS=100000` for a long run.
fn requests() -> u64 {
    std::env::var("FANPASS_TEST_REQUESTS").map_or(1_500, |requests| requests.parse().unwrap())
}

/// Each request has a seed of its own; `FANPASS_TEST_SEED` runs the one that a failure has named.
fn seeds() -> std::ops::Range<u64> {
    match std::env::var("FANPASS_TEST_SEED") {
        Ok(seed) => {
            let seed = seed.parse().unwrap();
            seed..seed + 1
        }
        Err(_) => 0..requests(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_made_from_the_contract_is_the_services_fault() {
    let harness = Harness::start().await;
    harness.register("custom.tier", "string").await;
    harness.import("fans", "ids.csv", b"user_id\n00042\nfan-7\n").await;
    let contract = harness.get("/openapi.json").await.json();
    let operations = Operations::of(&contract);
    let mut succeeded = 0;
    for seed in seeds() {
        let call = operations.request(&mut Chance::new(seed));
        let told = format!("seed {seed}: {} {}", call.method, call.path);
        // Holds the answer against the contract, too.
        let answer = harness.call(call).await;
        assert!(answer.status < 500, "{told}: {answer}");
        succeeded += u64::from(answer.status < 300);
    }
    let few = seeds().count() < 100;
    assert!(
        few || succeeded * 20 > requests(),
        "only {succeeded} requests were in order: the maker has gone blind"
    );
}
