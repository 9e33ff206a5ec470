//! Guards: what a run must not do unless somebody allows it by name.

use std::fmt;

use fanpass_model::AttributeKey;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::KnownValues;

/// Something that a run is stopped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// The source holds no row that can be used.
    Empty,
    /// Too many members or users would go out.
    Shrink,
    /// Too many members would come in.
    Growth,
    /// Rows would take too many values of an attribute off.
    Clear,
    /// Rows would give too many users another value of an attribute.
    Change,
    /// Too many rows are rejected.
    Rejects,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Empty, Self::Shrink, Self::Growth, Self::Clear, Self::Change, Self::Rejects];

    /// The name by which it is allowed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Shrink => "shrink",
            Self::Growth => "growth",
            Self::Clear => "clear",
            Self::Change => "change",
            Self::Rejects => "rejects",
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a run may go, in whole percent; what is left out is as in the table of the whole file, or by default 20 for
/// `shrink` and `clear`, 100 for `growth` and `change` and 10 for `rejects`. A first run cannot grow too much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Guards {
    /// Of those who were in, so many may go out.
    #[serde(deserialize_with = "percentage", skip_serializing_if = "Option::is_none")]
    pub shrink: Option<u32>,
    /// Of those who were in, so many may come in besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<u32>,
    /// Of the values of an attribute that are known, rows may take so many off.
    #[serde(deserialize_with = "percentage", skip_serializing_if = "Option::is_none")]
    pub clear: Option<u32>,
    /// Of the values of an attribute that are known, rows may put others in the place of so many.
    #[serde(deserialize_with = "percentage", skip_serializing_if = "Option::is_none")]
    pub change: Option<u32>,
    /// Of the rows, so many may be rejected.
    #[serde(deserialize_with = "percentage", skip_serializing_if = "Option::is_none")]
    pub rejects: Option<u32>,
}

/// Of so many in a hundred no more than all can go: a guard beyond that is a slip, and would never forbid anything.
fn percentage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let percent = u32::deserialize(deserializer)?;
    if percent > 100 {
        return Err(D::Error::custom(format!("{percent} % are more than all: write 0 to 100")));
    }
    Ok(Some(percent))
}

/// What guards look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuardedFacts {
    /// Rows with data.
    pub read: u64,
    /// Rows that are rejected.
    pub rejected: u64,
    /// Rows that give nothing to send.
    pub empty: u64,
    /// Members before all feeds, or users that the feed has written.
    pub before: u64,
    /// Whether nobody tells who is a member before, so that anybody may go out.
    pub unknown: bool,
    /// Who was no member before all feeds and is one after all of them.
    pub added: u64,
    /// Who was a member before all feeds and is none after all of them, or a user whose values are taken back.
    pub removed: u64,
}

/// A guard that forbids a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Which one.
    pub guard: Guard,
    /// What would happen, in figures.
    pub message: String,
}

impl Guards {
    /// These, and those of `general` where these say nothing.
    #[must_use]
    pub fn or(self, general: Self) -> Self {
        Self {
            shrink: self.shrink.or(general.shrink),
            growth: self.growth.or(general.growth),
            clear: self.clear.or(general.clear),
            change: self.change.or(general.change),
            rejects: self.rejects.or(general.rejects),
        }
    }

    /// What forbids a run of these facts.
    ///
    /// ```
    /// use fanpass_sync::{Guard, GuardedFacts, Guards};
    ///
    /// let facts = GuardedFacts { read: 70, before: 100, removed: 30, ..GuardedFacts::default() };
    /// let breaches = Guards::default().check(&facts);
    /// assert_eq!(breaches[0].guard, Guard::Shrink);
    /// assert_eq!(breaches[0].message, "30 of 100 would go out (30 %), and 20 % may");
    /// ```
    pub fn check(&self, facts: &GuardedFacts) -> Vec<Breach> {
        let GuardedFacts { read, rejected, empty, .. } = *facts;
        let mut breaches = Vec::new();
        if read == rejected + empty {
            let message = match read {
                0 => "the source holds no rows".to_owned(),
                _ => format!("none of the {read} rows of the source can be used"),
            };
            breaches.push(Breach { guard: Guard::Empty, message });
        }
        breaches.extend(self.check_shrink(facts));
        breaches.extend(self.check_growth(facts));
        let most = self.rejects.unwrap_or(10);
        if exceeds(rejected, read, most) {
            let message = share(rejected, read, "rows are rejected", most);
            breaches.push(Breach { guard: Guard::Rejects, message });
        }
        breaches
    }

    /// What forbids feeds of one segment together what each of them may, with its name, its guards and what it does; `whole`
    /// is what all of them do. Those that take members out, or put some in, keep to the largest of their own bounds.
    ///
    /// ```
    /// use fanpass_sync::{GuardedFacts, Guards};
    ///
    /// let facts = |removed| GuardedFacts { read: 70, before: 100, removed, ..GuardedFacts::default() };
    /// let feeds = ["north", "south"].map(|feed| (feed, Guards::default(), facts(15)));
    /// let breaches = Guards::check_together(&feeds, &facts(30));
    /// assert_eq!(
    ///     breaches[0].message,
    ///     "the feeds \"north\" and \"south\" together: 30 of 100 would go out (30 %), and 20 % may"
    /// );
    /// ```
    pub fn check_together(feeds: &[(&str, Self, GuardedFacts)], whole: &GuardedFacts) -> Vec<Breach> {
        type Check = fn(&Guards, &GuardedFacts) -> Option<Breach>;
        let check = |part: fn(&GuardedFacts) -> u64, bound: fn(&Self) -> u32, check: Check| {
            let parts: Vec<_> = feeds.iter().filter(|(.., facts)| part(facts) > 0).collect();
            let names: Vec<_> = parts.iter().map(|(name, ..)| format!("{name:?}")).collect();
            let (last, others) = names.split_last().filter(|(_, others)| !others.is_empty())?;
            let widest = parts.iter().map(|(_, guards, _)| guards).max_by_key(|guards| bound(guards))?;
            let Breach { guard, message } = check(widest, whole)?;
            let message = format!("the feeds {} and {last} together: {message}", others.join(", "));
            Some(Breach { guard, message })
        };
        let shrink = check(|facts| facts.removed, Self::most_out, Self::check_shrink);
        let growth = check(|facts| facts.added, Self::most_in, Self::check_growth);
        shrink.into_iter().chain(growth).collect()
    }

    /// What forbids that rows do that to the values of an attribute.
    ///
    /// ```
    /// use fanpass_model::attribute_key;
    /// use fanpass_sync::{Guards, KnownValues};
    ///
    /// let values = KnownValues { held: 200, cleared: 50, changed: 150 };
    /// let breaches = Guards::default().check_values(&attribute_key!("custom.tier"), values);
    /// assert_eq!(breaches.len(), 1, "nothing bounds changes unless it is said");
    /// assert_eq!(breaches[0].message, "custom.tier: 50 of 200 values would be taken off (25 %), and 20 % may");
    /// ```
    pub fn check_values(&self, key: &AttributeKey, values: KnownValues) -> Vec<Breach> {
        let KnownValues { held, cleared, changed } = values;
        let check = |guard, part, what, most| {
            let message = || format!("{key}: {}", share(part, held, what, most));
            exceeds(part, held, most).then(|| Breach { guard, message: message() })
        };
        let clear = check(Guard::Clear, cleared, "values would be taken off", self.clear.unwrap_or(20));
        let change = check(Guard::Change, changed, "values would be changed", self.change.unwrap_or(100));
        clear.into_iter().chain(change).collect()
    }

    fn check_shrink(&self, facts: &GuardedFacts) -> Option<Breach> {
        let GuardedFacts { before, unknown, removed, .. } = *facts;
        let most = self.most_out();
        let message = if unknown && most < 100 {
            "nobody knows how many would go out, as this FanPass does not tell who is in".to_owned()
        } else if exceeds(removed, before, most) {
            share(removed, before, "would go out", most)
        } else {
            return None;
        };
        Some(Breach { guard: Guard::Shrink, message })
    }

    fn check_growth(&self, facts: &GuardedFacts) -> Option<Breach> {
        let GuardedFacts { before, added, .. } = *facts;
        let most = self.most_in();
        let message = || format!("{added} would come in beside {before}, and {most} % of them may");
        let grows = before > 0 && exceeds(added, before, most);
        grows.then(|| Breach { guard: Guard::Growth, message: message() })
    }

    fn most_out(&self) -> u32 {
        self.shrink.unwrap_or(20)
    }

    fn most_in(&self) -> u32 {
        self.growth.unwrap_or(100)
    }
}

fn share(part: u64, whole: u64, what: &str, most: u32) -> String {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    format!("{part} of {whole} {what} ({percent} %), and {most} % may")
}

/// Whether `part` is more than `most` percent of `whole`.
fn exceeds(part: u64, whole: u64, most: u32) -> bool {
    u128::from(part) * 100 > u128::from(whole) * u128::from(most)
}
