//! What feeds that mirrored have left behind: those who stay, as the configuration does not name the feed any more.

use std::collections::BTreeSet;

use anyhow::Result;
use fanpass_sync::{AttributeFeed, Feeds, Ledger, SegmentFeed};

use super::config::{Config, members_list, owned_list, owner_of, segment_of};
use super::keepers::other_user;
use super::run::writes_of;
use crate::printer::counted;

/// Says of each such feed how many are its own, and no other feed's, and what to do about them.
pub fn left_behind(config: &Config, ledger: &Ledger) -> Result<Vec<String>> {
    let mut notices = Vec::new();
    if config.feeds.rejects_of().is_some() {
        return Ok(notices);
    }
    for (list, keeper) in ledger.kept_lists()? {
        let Some(feed) = owner_of(&list) else { continue };
        let is_named = config.feeds.labels().any(|label| label == feed);
        if is_named || other_user(&keeper, config).is_some() {
            continue;
        }
        let Some(run) = ledger.latest_run_of(feed)? else { continue };
        let members = run.start.writes.iter().find(|list| segment_of(list).is_some());
        let left = count_left(
            ledger,
            &list,
            members.map(String::as_str),
            &owned_by(&config.feeds, &run.start.writes),
        )?;
        let whom = match members.and_then(|list| segment_of(list)) {
            _ if left == 0 => continue,
            Some(segment) => {
                format!("{} of segment {segment}, whom no feed takes out", counted(left, "member"))
            }
            None => format!("{}, whose attributes no feed takes off", counted(left, "user")),
        };
        let file = config.path.display();
        notices.push(format!(
            "left by feed {feed:?}, which {file} does not name any more: {whom} once they are gone from its file; name a feed {feed:?} \
             again, in `mirror-owned`, and it does so with all who are not in its file"
        ));
    }
    Ok(notices)
}

/// The lists of those who are feeds' own that mirror one of `writes`.
fn owned_by(feeds: &Feeds, writes: &BTreeSet<String>) -> Vec<String> {
    let segments = feeds.segments.iter().filter(|feed| writes.contains(&members_list(&feed.name)));
    let attributes = feeds.attributes.iter().filter(|feed| !writes.is_disjoint(&writes_of(&feed.mapping())));
    let owners = segments.map(SegmentFeed::owner).chain(attributes.map(AttributeFeed::owner));
    owners.flatten().map(owned_list).collect()
}

/// How many of a list are `members`, where there are such, and in none of the lists `owned`.
fn count_left(ledger: &Ledger, list: &str, members: Option<&str>, owned: &[String]) -> Result<u64> {
    let mut left = ledger.read_list(list)?;
    let mut members = members.map(|members| ledger.read_list(members)).transpose()?;
    let mut owned = owned.iter().map(|list| ledger.read_list(list)).collect::<Result<Vec<_>, _>>()?;
    let mut number = 0;
    while let Some(id) = left.peek()?.map(<[u8]>::to_vec) {
        left.pass();
        let is_in = members.as_mut().map_or(Ok(true), |members| members.has(&id))?;
        let mut is_owned = false;
        for list in &mut owned {
            is_owned |= list.has(&id)?;
        }
        number += u64::from(is_in && !is_owned);
    }
    Ok(number)
}
