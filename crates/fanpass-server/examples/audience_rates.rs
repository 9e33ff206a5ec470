//! How long it takes to find the audiences of a user: `cargo run --release -p fanpass-server --example audience_rates --
//! AUDIENCES MEMBERS`. Each audience names a segment of its own, with that many members, and two attributes.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{Duration, Instant};

use fanpass_model::{AudienceName, SegmentName, UserId, UserProperties, attribute_key};
use fanpass_server::imports::{ImportOptions, Imports};
use fanpass_server::store::{AuditEntry, Caller, Clock, Ids, Mode, RowReject, Store, Trace};

/// Users that are asked about: each in its own place of the segments.
const USERS: u32 = 2_000;

fn user(number: u32) -> String {
    format!("user-{number:010}")
}

async fn fill(store: &Store, audiences: u32, members: u32) -> Result<(), Box<dyn Error>> {
    let imports = Imports::start(store.clone(), ImportOptions::default())?;
    for audience in 0..audiences {
        let name = format!("segment-{audience}");
        // Of two neighbours a segment has one.
        let rows = (0..members).map(move |row| Ok::<_, RowReject>(user(row * 2 + audience % 2)));
        imports.publish(SegmentName::new(name.as_str())?, Mode::Replace, rows, Caller::default()).await?;
        let text = format!(
            "segment(\"{name}\") && custom.loyalty_tier in [\"gold\", \"platinum\"] && custom.points >= {audience}"
        );
        let expression = text.parse().map_err(|_| "the expression cannot be read")?;
        let name = AudienceName::new(format!("audience-{audience}"))?;
        store.save_audience(name, (text, expression), None, None, |_| Trace::default()).await?;
    }
    for number in (0..USERS).map(|number| place(number, members)) {
        let properties = UserProperties::from_iter([
            (attribute_key!("user_properties.sth"), true.into()),
            (attribute_key!("custom.loyalty_tier"), "gold".into()),
            (attribute_key!("custom.points"), 1_000.into()),
        ]);
        store.upsert_user(&UserId::new(user(number))?, &properties, AuditEntry::default()).await?;
    }
    Ok(())
}

/// Somewhere among the members, in no order.
fn place(number: u32, members: u32) -> u32 {
    number.wrapping_mul(2_654_435_761) % members.max(1).saturating_mul(2)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let audiences = arguments.next().transpose()?.unwrap_or(50);
    let members = arguments.next().transpose()?.unwrap_or(100_000);
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path(), Clock::system(), Ids::random())?;
    fill(&store, audiences, members).await?;

    let (mut spent, mut found) = (Vec::new(), 0);
    for number in 0..USERS {
        let user = UserId::new(user(place(number, members)))?;
        let begun = Instant::now();
        found += store.audiences_of(&user).await?.len();
        spent.push(begun.elapsed());
    }
    spent.sort_unstable();
    let mean = spent.iter().sum::<Duration>() / USERS;
    let at = |percent: usize| spent.get(spent.len() * percent / 100).copied().unwrap_or_default();
    println!("{audiences} audiences over segments of {members}, {USERS} users, {found} audiences found");
    println!("mean {mean:?}, median {:?}, 99th percentile {:?}", at(50), at(99));
    Ok(())
}
