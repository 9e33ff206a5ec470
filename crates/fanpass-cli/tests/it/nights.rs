//! Feeds of one segment over nights in which runs are killed and others change the segment, against plain sets.

use std::collections::BTreeSet;

use fanpass_testkit::Chance;

use crate::apply::members;
use crate::gate::Gate;
use crate::harness::Club;
use crate::simulation::seeds;
use crate::together::{apply, club, list, settled};

type Ids = BTreeSet<String>;

const FEEDS: [(&str, &str); 4] =
    [("one", "mirror-owned"), ("two", "add"), ("three", "mirror-owned"), ("four", "remove")];

const APPLY: [&str; 4] = ["apply", "fans.toml", "--allow", "empty"];

/// What becomes of a night's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Heard,
    /// It was killed while the segment went up, which the service has replaced.
    Unheard,
    /// It was killed before the segment arrived.
    Lost,
    /// Others change the segment while an earlier feed of the run is sent.
    Overtaken,
}

/// The segment, and what each feed has listed, as plain sets.
struct Season {
    club: Club,
    gate: Gate,
    chance: Chance,
    members: Ids,
    listed: [Ids; FEEDS.len()],
}

fn write(club: &Club, file: &str, ids: &Ids) {
    club.file(&format!("{file}.csv"), format!("fan_id\n{}\n", Vec::from_iter(ids.clone()).join("\n")));
}

/// A name for each night, so that no night is without a change.
fn certain(of: &str, night: usize) -> Ids {
    [format!("{of}-{night}")].into()
}

impl Season {
    fn new(seed: u64) -> Self {
        let club = Club::with_service();
        let feed = |segment: &str, feed: &str, mode: &str| {
            format!(
                "[[segment]]\nname = \"{segment}\"\nfeed = \"{feed}\"\nfile = \"{feed}.csv\"\nmode = \"{mode}\"\n"
            )
        };
        let feeds = FEEDS.map(|(name, mode)| feed("fans", name, mode)).concat();
        let guards = "guards = { shrink = 100, growth = 10000 }\n";
        club.file("fans.toml", [guards, &feed("first", "first", "add"), &feeds].concat());
        write(&club, "first", &certain("first", 0));
        let gate = Gate::before(&club);
        Self { club, gate, chance: Chance::new(seed), members: Ids::new(), listed: Default::default() }
    }

    /// Some of ten fans.
    fn draw(&mut self) -> Ids {
        (0..10).filter(|_| self.chance.below(3) == 0).map(|fan| format!("fan-{fan}")).collect()
    }

    /// Others put members in and take some out.
    fn change(&mut self, put_in: &Ids, taken_out: &Ids) {
        for (command, ids) in [("add", put_in), ("remove", taken_out)] {
            let ids: Vec<_> = ids.iter().map(String::as_str).collect();
            self.club.json(&[&["segments", command, "fans"][..], &ids].concat());
        }
        self.members.extend(put_in.iter().cloned());
        self.members.retain(|member| !taken_out.contains(member));
    }

    /// Whom the feeds leave in the segment.
    fn wanted(&self, files: &[Ids]) -> Ids {
        let put_in: Ids = files[..3].iter().flatten().cloned().collect();
        let mut members = self.members.clone();
        for ((_, mode), (file, listed)) in FEEDS.iter().zip(files.iter().zip(&self.listed)) {
            match *mode {
                "add" => members.extend(file.iter().cloned()),
                "remove" => members.retain(|member| !file.contains(member)),
                _ => {
                    members.retain(|member| !listed.contains(member) || put_in.contains(member));
                    members.extend(file.iter().cloned());
                }
            }
        }
        members
    }

    /// Lets others change the segment while another one of the run goes up.
    fn overtake(&mut self, night: usize) {
        write(&self.club, "first", &certain("first", night));
        let halt = self.gate.halt_next();
        let run = self.club.start(&APPLY);
        let halted = halt.wait();
        self.change(&certain("meanwhile", night), &certain("nobody", night));
        halted.go_on();
        let output = run.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("changed segment fans since it was compared"), "{said}");
        assert_eq!(output.status.code(), Some(13), "{said}");
    }

    fn pass(&mut self, night: usize, fate: Fate) {
        let (put_in, taken_out) = (self.draw(), &self.draw() | &certain("nobody", night));
        self.change(&(&put_in | &certain("others", night)), &taken_out);
        let files = FEEDS.map(|(feed, _)| &self.draw() | &certain(feed, night));
        FEEDS.iter().zip(&files).for_each(|((feed, _), file)| write(&self.club, feed, file));
        let wanted = self.wanted(&files);
        match fate {
            Fate::Heard => {
                let planned = self.club.json(&["plan", "fans.toml", "--dry-run"]);
                assert_eq!(planned["feeds"][FEEDS.len()]["members"][1], wanted.len(), "{planned}");
                let printed = self.club.run(&APPLY);
                assert!(printed.ends_with("exit 0\n"), "{printed}");
                self.settles();
            }
            Fate::Unheard | Fate::Lost => self.gate.kill(&self.club, &APPLY, fate == Fate::Unheard),
            Fate::Overtaken => self.overtake(night),
        }
        if matches!(fate, Fate::Heard | Fate::Unheard) {
            self.members = wanted;
        }
        for (listed, file) in self.listed.iter_mut().zip(&files).filter(|_| fate != Fate::Overtaken) {
            // Whoever was on his way is a feed's own besides those who were; else those alone whom the one that adds has.
            listed.retain(|member| fate != Fate::Heard || files[1].contains(member));
            listed.extend(file.iter().cloned());
        }
        assert_eq!(
            members(&self.club, "fans"),
            Vec::from_iter(self.members.clone()),
            "{fate:?}, night {night}"
        );
    }

    /// The same files once more: nothing is sent.
    fn settles(&self) {
        for feed in self.club.json(&APPLY)["feeds"].as_array().unwrap() {
            assert_eq!((&feed["sent"], &feed["removed"]), (&0.into(), &0.into()), "{feed}");
        }
    }
}

/// A season that a seed decides.
fn season(seed: u64) {
    let mut season = Season::new(seed);
    season.pass(0, Fate::Heard);
    for night in 1..8 {
        let fate = *season.chance.pick(&[Fate::Heard, Fate::Unheard, Fate::Lost, Fate::Overtaken]);
        season.pass(night, fate);
    }
    season.pass(8, Fate::Heard);
}

#[test]
fn whatever_happens_to_a_run_the_next_one_makes_the_segment_what_its_feeds_say() {
    for seed in seeds(3) {
        let passed = std::panic::catch_unwind(|| season(seed));
        assert!(passed.is_ok(), "FANPASS_TEST_SEED={seed} repeats the season that failed");
    }
}

/// A run that is killed while its segment goes up, which the service replaces or not.
fn killed_on_the_way(takes_effect: bool) {
    let club = club(&[("holders", "mirror-owned")]);
    let gate = Gate::before(&club);
    list(&club, "holders", &["stays"]);
    apply(&club);
    list(&club, "holders", &["stays", "surplus"]);
    gate.kill(&club, &["apply", "fans.toml"], takes_effect);
    if !takes_effect {
        club.json(&["segments", "add", "fans", "surplus"]);
    }
    club.json(&["segments", "add", "fans", "others"]);
    assert_eq!(members(&club, "fans"), ["others", "stays", "surplus"]);
    list(&club, "holders", &["stays"]);
    assert_eq!(apply(&club), [[0, 0, 1, 1]]);
    assert_eq!(members(&club, "fans"), ["others", "stays"]);
    settled(&club);
}

#[test]
fn whom_a_killed_run_put_in_goes_out_once_the_file_has_him_no_more() {
    killed_on_the_way(true);
}

#[test]
fn nor_does_he_stay_whom_others_put_in_after_a_run_that_came_to_nothing() {
    killed_on_the_way(false);
}

#[test]
fn a_run_that_was_refused_makes_nobody_the_feeds_own() {
    let club = club(&[("holders", "mirror-owned")]);
    club.json(&["tokens", "issue", "reader", "--scope", "read", "--out", "reader.token"]);
    list(&club, "holders", &["stays"]);
    apply(&club);
    club.json(&["segments", "add", "fans", "by-hand"]);
    list(&club, "holders", &["stays", "by-hand", "new"]);
    assert!(club.run(&["apply", "fans.toml", "--token-file", "reader.token"]).ends_with("exit 4\n"));
    list(&club, "holders", &["stays"]);
    assert!(!club.run(&["plan", "fans.toml"]).contains("not heard of"));
    assert_eq!(apply(&club), [[0, 0, 1, 0]]);
    assert_eq!(members(&club, "fans"), ["by-hand", "stays"]);
}
