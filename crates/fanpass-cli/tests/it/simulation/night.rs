//! What a club does in a night, and what has to come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fanpass_client::{Client, Delivery, Error, PushOptions, Upload, UserUpdate, WaitOptions};
use fanpass_model::{
    AttributeKey, AttributeValue, ImportMode, SegmentName, UserId, UserProperties, attribute_key,
};
use fanpass_testkit::{Chance, Fault, FaultTransport};
use fanpass_transport::middleware::{RetryBudget, RetryPolicy};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::world::World;

const FANS: u64 = 9;
const UPDATES: u64 = 60;
const ROUNDS: u64 = 4;
const KEYS: [AttributeKey; 2] =
    [attribute_key!("user_properties.sth"), attribute_key!("user_properties.ticketing_plans")];
/// Tries of one operation; each is a call with retries of its own.
const PATIENCE: usize = 40;

type Attributes = BTreeMap<AttributeKey, String>;

pub struct Night {
    seed: u64,
    chance: Chance,
    drawn: u64,
    world: World,
    users: BTreeMap<UserId, Attributes>,
    segments: BTreeMap<SegmentName, BTreeSet<UserId>>,
}

impl Night {
    pub fn new(seed: u64) -> Self {
        let world = World::new([0, 7, 23, 61][usize::try_from(seed % 4).unwrap()]);
        Self {
            seed,
            chance: Chance::new(seed),
            drawn: 0,
            world,
            users: BTreeMap::new(),
            segments: BTreeMap::new(),
        }
    }

    pub fn pass(mut self) {
        let token = self.world.token();
        let client = |per_mille: u64| {
            let faults = vec![
                Fault::Refused,
                Fault::Lost,
                Fault::Truncated,
                Fault::Status(503),
                Fault::Limited(2),
                Fault::Delay(Duration::from_millis(700)),
            ];
            let network = FaultTransport::seeded(self.world.clone(), self.seed, per_mille, faults);
            let builder = Client::builder().domain("https://fanpass.example").token(token.clone());
            builder.transport(network).build().unwrap()
        };
        let (bad, good) = (client([0, 60, 150, 300][usize::try_from(self.seed / 4 % 4).unwrap()]), client(0));
        let clock =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        clock.block_on(async {
            for _ in 0..ROUNDS {
                self.push(&bad).await;
                self.replace(&bad).await;
                self.change(&bad, ImportMode::Append).await;
                self.change(&bad, ImportMode::Remove).await;
                self.upload(&bad).await;
            }
        });
        self.world.calm();
        clock.block_on(self.compare(&good));
    }

    /// The next number below `end` of the night's sequence.
    fn draw(&mut self, end: u64) -> u64 {
        self.drawn += 1;
        self.chance.below(end)
    }

    fn fan(&mut self) -> UserId {
        UserId::new(format!("fan-{}", self.draw(FANS))).unwrap()
    }

    fn fans(&mut self) -> Vec<UserId> {
        (0..=self.draw(FANS)).map(|_| self.fan()).collect()
    }

    fn segment(&mut self) -> SegmentName {
        SegmentName::new(format!("segment-{}", self.draw(2))).unwrap()
    }

    async fn push(&mut self, client: &Client) {
        let mut updates = Vec::new();
        for number in 0..UPDATES {
            let (user, key) = (self.fan(), KEYS[usize::try_from(self.draw(2)).unwrap()].clone());
            let text = format!("{}-{number}", self.drawn);
            let attributes = self.users.entry(user.clone()).or_default();
            let value = if self.drawn.is_multiple_of(5) {
                attributes.remove(&key);
                AttributeValue::Unset
            } else {
                attributes.insert(key.clone(), text.clone());
                text.into()
            };
            updates.push(UserUpdate::new((), user, UserProperties::from_iter([(key, value)])));
        }
        let retry =
            RetryPolicy { max_attempts: 100, total: Duration::from_hours(9), ..RetryPolicy::default() };
        let retry_budget = Arc::new(RetryBudget::new(100_000));
        let mut push = client
            .push_users(stream::iter(updates), PushOptions { retry, retry_budget, ..PushOptions::default() });
        while let Some(outcome) = push.next().await {
            let delivery = outcome.delivery;
            assert!(matches!(delivery, Delivery::Sent | Delivery::Superseded), "{delivery:?}");
        }
        let totals = push.handle().progress().totals;
        assert!(totals.adds_up() && totals.read == UPDATES, "{totals:?}");
    }

    async fn replace(&mut self, client: &Client) {
        let (segment, fans) = (self.segment(), self.fans());
        insist(|| client.create_segment(&segment, &fans)).await;
        self.segments.insert(segment, fans.into_iter().collect());
    }

    async fn change(&mut self, client: &Client, mode: ImportMode) {
        let (segment, fans) = (self.segment(), self.fans());
        let members = self.segments.entry(segment.clone()).or_default();
        if members.is_empty() && mode == ImportMode::Remove {
            return;
        }
        match mode {
            ImportMode::Remove => members.retain(|member| !fans.contains(member)),
            _ => members.extend(fans.iter().cloned()),
        }
        insist(|| client.change_segment(&segment, mode.clone(), &fans)).await;
    }

    async fn upload(&mut self, client: &Client) {
        let (segment, fans) = (self.segment(), self.fans());
        let lines: Vec<_> = fans.iter().map(UserId::as_str).collect();
        let file = format!("user_id\n{}\n", lines.join("\n"));
        let import =
            insist(|| client.import_segment(&segment, Upload::bytes("fans.csv", file.clone()))).await;
        let id = import.firebase_imported_segment_id;
        let ended = insist(|| client.wait_for_import(&id, WaitOptions::default()).finish()).await;
        assert_eq!(ended.imported_rows, Some(distinct(&fans)), "{ended:?}");
        self.segments.insert(segment, fans.into_iter().collect());
    }

    async fn compare(&self, client: &Client) {
        for (user, attributes) in &self.users {
            let held = client.get_user(user).await.unwrap().user_properties;
            let held: Attributes = held.iter().map(|(key, value)| (key.clone(), text(value))).collect();
            assert_eq!(&held, attributes, "{user}");
        }
        for (segment, members) in &self.segments {
            let held: BTreeSet<UserId> = client.members(segment).try_collect().await.unwrap();
            assert_eq!(&held, members, "{segment}");
        }
    }
}

fn distinct(fans: &[UserId]) -> u64 {
    u64::try_from(fans.iter().collect::<BTreeSet<_>>().len()).unwrap()
}

fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.clone(),
        other => panic!("{other:?} was never written"),
    }
}

/// Tries until it is done: every operation of a night may be repeated.
async fn insist<T, F: Future<Output = Result<T, Error>>>(mut operation: impl FnMut() -> F) -> T {
    for _ in 0..PATIENCE {
        match operation().await {
            Ok(answer) => return answer,
            Err(error) => assert!(error.is_transient(), "{error:?}"),
        }
    }
    panic!("it was never done")
}
