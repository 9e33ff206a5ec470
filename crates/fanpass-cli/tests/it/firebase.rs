//! `segments firebase-export`: the tables of Firebase's imported segments, read back by readers that did not write them.

use std::collections::BTreeMap;
use std::fs::{self, File};

use fanpass_table::{Options, Table};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, RowAccessor as _};
use serde_json::Value;

use crate::harness::Club;

const EXPORT: [&str; 10] = [
    "segments",
    "firebase-export",
    "--segment",
    "North Stand",
    "--segment",
    "vip",
    "--label",
    "North Stand=north",
    "--out",
    "firebase",
];

fn id(number: usize) -> String {
    format!("c{number:0>21}")
}

/// Ids 0 to 2,499 in one segment, and from 2,000 on each second one up to 3,998 in the other.
fn club() -> Club {
    let club = Club::with_service();
    let rows = |ids: &mut dyn Iterator<Item = usize>| {
        let ids: Vec<_> = ids.map(id).collect();
        format!("user_id\n{}\n", ids.join("\n"))
    };
    club.file("north.csv", rows(&mut (0..2500)));
    club.file("vip.csv", rows(&mut (2000..4000).step_by(2)));
    for (segment, file) in [("North Stand", "north.csv"), ("vip", "vip.csv")] {
        club.json(&["segments", "push", segment, "--file", file, "--wait"]);
    }
    club
}

fn expected() -> BTreeMap<String, Vec<String>> {
    let labels = |number: usize| {
        let north = (number < 2500).then(|| "north".to_owned());
        let vip = (number >= 2000 && number.is_multiple_of(2)).then(|| "vip".to_owned());
        north.into_iter().chain(vip).collect::<Vec<_>>()
    };
    (0..4000).map(|number| (id(number), labels(number))).filter(|(_, labels)| !labels.is_empty()).collect()
}

fn parquet_rows(club: &Club) -> (BTreeMap<String, Vec<String>>, Vec<i64>) {
    let file = File::open(club.path("firebase/SegmentMemberships.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let mut times = Vec::new();
    let mut rows = BTreeMap::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let labels = row.get_list(1).unwrap();
        let labels = labels.elements().iter().map(|label| match label {
            Field::Str(label) => label.clone(),
            other => panic!("{other:?}"),
        });
        times.push(row.get_timestamp_micros(2).unwrap());
        assert!(rows.insert(row.get_string(0).unwrap().clone(), labels.collect()).is_none(), "each id once");
    }
    (rows, times)
}

#[test]
fn each_id_stands_once_with_the_labels_of_all_its_segments() {
    let club = club();
    insta::assert_snapshot!("export", club.run(&EXPORT));
    let (rows, times) = parquet_rows(&club);
    assert_eq!(rows, expected());
    assert!(times.iter().all(|time| *time == times[0] && *time > 0));

    // Our own reader knows flat columns, which the ids are.
    let table = Table::open(&club.path("firebase/SegmentMemberships.parquet"), &Options::default()).unwrap();
    let mut ids = table.ids(Some("instance_id")).unwrap();
    let mut read = Vec::new();
    while let Some(id) = ids.next_id().unwrap() {
        read.push(id.unwrap().id.to_owned());
    }
    assert_eq!(read, expected().into_keys().collect::<Vec<_>>());
    let metadata = Table::open(&club.path("firebase/SegmentMetadata.parquet"), &Options::default()).unwrap();
    assert_eq!(metadata.columns(), ["segment_label", "display_name"]);
}

#[test]
fn lines_of_json_say_the_same() {
    let club = club();
    let told = club.json(&[&EXPORT[..], &["--format", "jsonl"]].concat());
    assert_eq!(
        (&told["rows"], &told["memberships"], &told["addsUp"]),
        (&3250.into(), &3500.into(), &true.into())
    );
    let read = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(club.path("firebase").join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let rows: BTreeMap<String, Vec<String>> = read("SegmentMemberships.jsonl")
        .into_iter()
        .map(|row| {
            assert!(row["update_time"].as_str().unwrap().ends_with('Z'), "{row}");
            (
                serde_json::from_value(row["instance_id"].clone()).unwrap(),
                serde_json::from_value(row["segment_labels"].clone()).unwrap(),
            )
        })
        .collect();
    assert_eq!(rows, expected());
    assert_eq!(
        read("SegmentMetadata.jsonl"),
        [
            serde_json::json!({"segment_label": "north", "display_name": "North Stand"}),
            serde_json::json!({"segment_label": "vip", "display_name": "vip"})
        ]
    );
}

#[test]
fn other_ids_are_warned_of_or_refused() {
    let club = club();
    club.json(&["segments", "add", "vip", "00042", "fan-7"]);
    let told = club.json(&EXPORT);
    assert_eq!((&told["otherIds"], &told["rows"]), (&2.into(), &3252.into()));
    let before = fs::read(club.path("firebase/SegmentMemberships.parquet")).unwrap();
    insta::assert_snapshot!("strict", club.run(&[&EXPORT[..], &["--strict"]].concat()));
    assert_eq!(fs::read(club.path("firebase/SegmentMemberships.parquet")).unwrap(), before);
    let names = fs::read_dir(club.path("firebase")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.count(), 2, "nothing is left of the export that was refused");
}

#[test]
fn what_cannot_be_exported_is_said() {
    let club = club();
    insta::assert_snapshot!(
        "bad_labels",
        club.run(&["segments", "firebase-export", "--segment", "North Stand", "--out", "x"])
    );
    let unknown = club.run(&["segments", "firebase-export", "--segment", "nobody", "--out", "x"]);
    assert!(unknown.contains("segment nobody") && unknown.ends_with("exit 5\n"), "{unknown}");
    assert!(!club.path("x/SegmentMetadata.parquet").exists());
}

#[test]
fn an_empty_segment_makes_empty_memberships() {
    let club = Club::with_service();
    club.file("none.csv", "user_id\nfan-1\n");
    club.json(&["segments", "push", "vip", "--file", "none.csv", "--wait"]);
    club.json(&["segments", "remove", "vip", "fan-1"]);
    club.json(&["segments", "firebase-export", "--segment", "vip", "--out", "firebase"]);
    assert_eq!(parquet_rows(&club).0, BTreeMap::new());
}
