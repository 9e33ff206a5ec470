//! Whoever is selected, held against users and segments themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fanpass_model::{AttributeKey, AttributeValue, SegmentName, UserProperties};
use fanpass_testkit::Chance;
use futures_util::future::join_all;
use tempfile::TempDir;

use super::*;
use crate::imports::{ImportOptions, Imports};
use crate::store::{AuditEntry, Caller, Clock, Ids, Mode, RowReject};
use crate::targeting::{Facts, Literal, Operator, TextTest};

const KEYS: [&str; 3] = ["user_properties.tier", "user_properties.spend", "user_properties.teams"];
const SEGMENTS: [&str; 4] = ["few", "many", "strangers", "none"];

/// What there is, in memory.
#[derive(Default)]
struct World {
    users: BTreeMap<String, UserProperties>,
    segments: BTreeMap<&'static str, BTreeSet<String>>,
}

impl World {
    fn select(&self, expression: &Expression) -> Vec<String> {
        let named = expression.segments();
        let members =
            self.segments.iter().filter(|(name, _)| named.iter().any(|known| known.as_str() == **name));
        let mut asked: BTreeSet<&String> = members.flat_map(|(_, ids)| ids).collect();
        asked.extend(self.users.keys());
        let selected = |id: &&&String| expression.matches(&mut One(self, id)).unwrap();
        asked.iter().filter(selected).map(|id| (*id).clone()).collect()
    }
}

struct One<'w>(&'w World, &'w str);

impl Facts for One<'_> {
    type Error = ();
    fn attribute(&mut self, key: &AttributeKey) -> Result<Option<&AttributeValue>, ()> {
        Ok(self.0.users.get(self.1).and_then(|carried| carried.get(key.as_str())))
    }
    fn is_in(&mut self, segment: &SegmentName) -> Result<bool, ()> {
        Ok(self.0.segments.get(segment.as_str()).is_some_and(|ids| ids.contains(self.1)))
    }
}

fn wait<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn open(folder: &Path) -> Store {
    Store::open(folder, Clock::system(), Ids::random()).unwrap()
}

fn key(text: &str) -> AttributeKey {
    AttributeKey::new(text.to_owned()).unwrap()
}

fn id(chance: &mut Chance) -> String {
    format!("fan-{:04}", chance.below(2_000))
}

fn update(store: &Store, world: &mut World, chance: &mut Chance, updates: usize) {
    let mut calls = Vec::new();
    for _ in 0..updates {
        let id = id(chance);
        let value = match chance.below(4) {
            0 => (KEYS[0], (*chance.pick(&["gold", "silver", "bronze"])).into()),
            1 => (KEYS[1], i64::try_from(chance.below(20)).unwrap().into()),
            2 => (KEYS[2], vec![(*chance.pick(&["a", "b"])).to_owned()].into()),
            _ => (KEYS[0], AttributeValue::Unset),
        };
        let changes = UserProperties::from_iter([(key(value.0), value.1)]);
        let stored = world.users.entry(id.clone()).or_default();
        for (key, value) in &changes {
            stored.insert(key.clone(), value.clone());
        }
        stored.retain(|_, value| *value != AttributeValue::Unset);
        let user = UserId::new(id).unwrap();
        calls.push(async move { store.upsert_user(&user, &changes, AuditEntry::default()).await.unwrap() });
    }
    wait(join_all(calls));
}

fn publish(imports: &Imports, world: &mut World, name: &'static str, ids: BTreeSet<String>) {
    let rows: Vec<_> = ids.iter().cloned().map(Ok::<_, RowReject>).collect();
    let segment = SegmentName::new(name).unwrap();
    wait(imports.publish(segment, Mode::Replace, rows.into_iter(), Caller::default())).unwrap();
    world.segments.insert(name, ids);
}

fn expression(chance: &mut Chance, depth: u64) -> Expression {
    if depth > 0 && !chance.one_in(3) {
        let parts: Vec<_> = (0..=chance.below(3)).map(|_| expression(chance, depth - 1)).collect();
        return match chance.below(3) {
            0 => Expression::all(parts),
            1 => Expression::any(parts),
            _ => Expression::all(parts).negated(),
        };
    }
    let operators = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ];
    let literal = |chance: &mut Chance| match chance.below(3) {
        0 => Literal::Text((*chance.pick(&["gold", "silver", "iron"])).to_owned()),
        1 => Literal::Number(10.0),
        _ => Literal::Boolean(true),
    };
    let attribute = key(chance.pick::<&str>(&[KEYS[0], KEYS[1], KEYS[2], "custom.never"]));
    match chance.below(12) {
        0 => Expression::Constant(chance.one_in(2)),
        1..=4 => Expression::Segment(SegmentName::new(*chance.pick(&SEGMENTS)).unwrap()),
        5 => Expression::Has(attribute),
        6..=8 => Expression::Compare {
            key: attribute,
            operator: *chance.pick(&operators),
            literal: literal(chance),
        },
        9 => Expression::In {
            key: attribute,
            literals: (0..chance.below(3)).map(|_| literal(chance)).collect(),
        },
        10 => {
            let tests = [TextTest::StartsWith, TextTest::EndsWith, TextTest::Contains];
            Expression::Text { key: attribute, test: *chance.pick(&tests), text: "g".to_owned() }
        }
        _ => Expression::Holds { key: attribute, entry: "a".to_owned() },
    }
}

/// All pages of an expression, and the sum of its parts.
fn found(store: &Store, expression: &Expression, limit: u32) -> (Vec<String>, u64) {
    let expression = Arc::new(expression.clone());
    let part =
        |after: Option<&UserId>, limit| wait(store.select(Arc::clone(&expression), after, limit)).unwrap();
    let (mut users, mut count) = (Vec::new(), 0);
    let mut page = part(None, Some(limit));
    loop {
        users.extend(page.users.iter().map(ToString::to_string));
        let Some(next) = page.next else { break };
        page = part(Some(&next), Some(limit));
    }
    let mut counted = part(None, None);
    loop {
        count += counted.count;
        let Some(next) = counted.next else { return (users, count) };
        counted = part(Some(&next), None);
    }
}

#[test]
fn whoever_an_expression_is_true_of_is_selected_and_counted() {
    let folder = TempDir::new().unwrap();
    let (store, mut world, mut chance) = (open(folder.path()), World::default(), Chance::new(7));
    let imports = wait(async { Imports::start(store.clone(), ImportOptions::default()).unwrap() });
    for round in 0..8 {
        update(&store, &mut world, &mut chance, [3, 600][round % 2]);
        let few = (0..5).map(|_| id(&mut chance)).collect();
        let many = (0..1_200).map(|_| id(&mut chance)).collect();
        let strangers = (0..50).map(|_| format!("x-{}{}", id(&mut chance), chance.below(9))).collect();
        publish(&imports, &mut world, "few", few);
        publish(&imports, &mut world, "many", many);
        publish(&imports, &mut world, "strangers", strangers);
        if round == 4 {
            store.0.columns.fold_all();
        }
        for _ in 0..60 {
            let expression = expression(&mut chance, 3);
            let expected = world.select(&expression);
            let limit = *chance.pick(&[1_000, 1_000, 77]);
            let (users, count) = found(&store, &expression, limit);
            assert_eq!(users, expected, "round {round}: {expression}");
            assert_eq!(count, u64::try_from(expected.len()).unwrap(), "round {round}: {expression}");
        }
    }
}
