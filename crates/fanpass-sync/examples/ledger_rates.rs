//! How fast a ledger answers: `cargo run --release -p fanpass-sync --example ledger_rates -- USERS BATCH`.
//! Each user has three attributes; users come in an order that has nothing to do with the file's.
#![allow(clippy::print_stdout)]

use std::{
    error::Error,
    time::{Duration, Instant},
};

use fanpass_model::{ModelError, UserId, UserProperties, attribute_key};
use fanpass_sync::{Busy, Ledger, SyncError};

type Update = (UserId, UserProperties);

fn update(number: u32) -> Result<Update, ModelError> {
    let properties = UserProperties::from_iter([
        (attribute_key!("user_properties.sth"), number.is_multiple_of(3).into()),
        (attribute_key!("custom.tier"), "gold".into()),
        (attribute_key!("custom.points"), i64::from(number).into()),
    ]);
    Ok((UserId::new(format!("user-{number:020}"))?, properties))
}

/// Hands all users to `step`, batch by batch, and prints the time that it took, without that to make them.
fn measure(
    what: &str,
    (users, batch): (u32, u32),
    mut step: impl FnMut(&[Update]) -> Result<(), SyncError>,
) -> Result<(), Box<dyn Error>> {
    let mut spent = Duration::ZERO;
    let mut from = 0;
    while from < users {
        let to = users.min(from.saturating_add(batch.max(1)));
        let updates = (from..to).map(update).collect::<Result<Vec<_>, _>>()?;
        let begun = Instant::now();
        step(&updates)?;
        spent += begun.elapsed();
        from = to;
    }
    println!("{what}: {:.2} s, {:.0} users/s", spent.as_secs_f64(), f64::from(users) / spent.as_secs_f64());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let users = arguments.next().transpose()?.unwrap_or(1_000_000);
    let size = (users, arguments.next().transpose()?.unwrap_or(20_000));
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ledger.db");
    let mut ledger = Ledger::open(&path, Busy::Refuse)?;
    measure("take, all new", size, |updates| ledger.take_changes(updates).map(drop))?;
    measure("acknowledge, all new", size, |updates| ledger.acknowledge(updates))?;
    measure("compare, all unchanged", size, |updates| ledger.changed_part(updates).map(drop))?;
    let begun = Instant::now();
    ledger.settle()?;
    println!("settle: {:.2} s", begun.elapsed().as_secs_f64());
    let mut survey = ledger.survey(folder.path())?;
    measure("survey, all unchanged: fingerprint and sort", size, |updates| {
        updates.iter().try_for_each(|(user, properties)| survey.add(user, properties))
    })?;
    let begun = Instant::now();
    let changes = survey.finish()?;
    println!(
        "survey, all unchanged: compare: {:.2} s, {} unchanged",
        begun.elapsed().as_secs_f64(),
        changes.unchanged
    );
    println!("file: {} bytes", path.metadata()?.len());
    Ok(())
}
