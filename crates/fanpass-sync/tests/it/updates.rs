//! What rows become, and that every row is in one bucket.

use std::io::Write;

use fanpass_model::{AttributeDefinition, AttributeRegistry};
use fanpass_sync::{Absent, ErrorKind, Updates, code};
use fanpass_table::{Options, Table, code as table};
use proptest::prelude::*;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::support::{drain, mapping, read, read_file, sample};

#[test]
fn columns_become_typed_attributes() {
    let maps = mapping([
        "is_sth=user_properties.sth:bool",
        "plans=user_properties.ticketing_plans:list(|)",
        "Points=custom.points:integer",
        "joined=custom.joined:date(%d.%m.%Y)",
    ]);
    let found = read("fan_id,is_sth,plans,points,joined\n 007 ,x,a|b,12,1.2.2026\n", maps).unwrap();
    assert_eq!(
        found.updates,
        [concat!(
            r#"007 {"custom.joined":"2026-02-01","custom.points":12,"user_properties.sth":true,"#,
            r#""user_properties.ticketing_plans":["a","b"]}"#
        )]
    );
    assert_eq!(found.counts.trimmed, 1);
}

#[test]
fn values_that_an_attribute_does_not_take_are_rejects() {
    let file = sample(
        "fans.csv",
        "id,tier,stands,old,free\n1,gold,north|south,,x\n2,golf,north|east,gone,x\n3,,,NULL,\n4,silver,,,\n",
    );
    let mut maps = mapping([
        "tier=custom.tier",
        "stands=custom.stands:list(|)",
        "old=custom.old,null=unset",
        "free=custom.free",
    ]);
    maps.nulls = vec!["NULL".to_owned()];
    let mut registry = AttributeRegistry::builtin();
    for json in [
        r#"{"key":"custom.tier","allowedValues":["silver","gold"]}"#,
        r#"{"key":"custom.stands","allowedValues":["north","south"]}"#,
        r#"{"key":"custom.old","state":"retired"}"#,
        r#"{"key":"custom.free"}"#,
    ] {
        registry.insert(serde_json::from_str::<AttributeDefinition>(json).unwrap());
    }
    let updates = Updates::new(Table::open(&file.path, &Options::default()).unwrap(), maps).unwrap();
    let found = drain(updates.checked_by(&registry)).unwrap();
    assert_eq!(
        found.updates,
        [
            r#"1 {"custom.free":"x","custom.stands":["north","south"],"custom.tier":"gold"}"#,
            r#"3 {"custom.old":null}"#,
            r#"4 {"custom.tier":"silver"}"#,
        ]
    );
    let [reject] = found.rejects.as_slice() else { panic!("{:?}", found.rejects) };
    assert_eq!((reject.code, reject.column.as_deref(), reject.row), ("not_allowed", Some("tier"), 3));
    insta::assert_snapshot!(reject.message);
}

#[test]
fn blank_cells_leave_an_attribute_alone_unless_stated() {
    let content = "id,a,b,c,d\n1,,  ,,|\n2,x,x,x,x\n3, , ,,\n";
    let maps =
        || mapping(["a=custom.a", "b=custom.b,blank=unset", "c=custom.c,default=none", "d=custom.d:list(|)"]);
    let found = read(content, maps()).unwrap();
    assert_eq!(found.updates[0], r#"1 {"custom.b":null,"custom.c":"none"}"#);
    assert_eq!(found.updates[1], r#"2 {"custom.a":"x","custom.b":"x","custom.c":"x","custom.d":["x"]}"#);
    let mut all = maps();
    all.blank = Absent::Unset;
    let found = read(content, all).unwrap();
    assert_eq!(found.updates[0], r#"1 {"custom.a":null,"custom.b":null,"custom.c":"none","custom.d":null}"#);
}

#[test]
fn nulls_are_text_unless_stated_and_have_a_policy_of_their_own() {
    let content = "id,a,b\n1,NULL,\\N\n2,null,n\n3, \\N ,NULL\n";
    let mut maps = mapping(["a=custom.a,default=none", "b=custom.b,null=unset"]);
    let found = read(content, maps.clone()).unwrap();
    assert_eq!(found.updates[0], r#"1 {"custom.a":"NULL","custom.b":"\\N"}"#);
    maps.nulls = vec!["NULL".to_owned(), "\\N".to_owned()];
    let found = read(content, maps).unwrap();
    assert_eq!(
        found.updates,
        [r#"1 {"custom.b":null}"#, r#"2 {"custom.a":"null","custom.b":"n"}"#, r#"3 {"custom.b":null}"#]
    );
}

#[test]
fn rows_without_attributes_are_counted_apart() {
    let found = read("id,a\n1,\n2,x\n,x\n,\n3,\n", mapping(["a=custom.a"])).unwrap();
    assert_eq!(found.empty, ["fans.csv:2", "fans.csv:6"]);
    assert_eq!(found.rejects.len(), 1, "a row of blank cells is no row at all");
    assert_eq!((found.counts.rows, found.counts.blank), (4, 1));
}

#[test]
fn constants_go_to_every_row() {
    let mut maps = mapping(["a=custom.a"]);
    maps.set = vec!["custom.source=crm".parse().unwrap()];
    let found = read("id,a\n1,\n2,x\n", maps).unwrap();
    assert_eq!(
        found.updates,
        [r#"1 {"custom.source":"crm"}"#, r#"2 {"custom.a":"x","custom.source":"crm"}"#]
    );
}

#[test]
fn spaces_in_text_stay_unless_trimmed() {
    let maps = mapping(["a=custom.a", "#2=custom.b,trim"]);
    let found = read("id,a\n1, x \n", maps).unwrap();
    assert_eq!(found.updates, [r#"1 {"custom.a":" x ","custom.b":"x"}"#]);
}

#[test]
fn a_row_at_fault_is_a_reject_with_its_place_and_cells() {
    let maps = mapping(["s=custom.s:bool", "n=custom.n:integer"]);
    let found = read("id,s,n\n1,maybe,1.5\n,x,1\n2,x,1,9\n3,x,1\n\"a\nb\",x,1\n", maps).unwrap();
    let told: Vec<_> = found
        .rejects
        .iter()
        .map(|reject| (reject.row, reject.column.as_deref(), reject.code, reject.fields.join("/")))
        .collect();
    assert_eq!(
        told,
        [
            (2, Some("s"), code::NOT_BOOLEAN, "1/maybe/1.5".to_owned()),
            (3, Some("id"), table::EMPTY_ID, "/x/1".to_owned()),
            (4, None, table::RAGGED_ROW, "2/x/1/9".to_owned()),
            (6, Some("id"), "control_character", "a\nb/x/1".to_owned()),
        ]
    );
    assert!(found.rejects[0].message.contains("column \"n\" too"), "{}", found.rejects[0].message);
    assert_eq!(found.updates.len(), 1);
}

#[test]
fn each_file_of_an_archive_has_its_own_columns() {
    let zipped = |second: &str| {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in [("a.csv", "id,a\n1,x\n"), ("b.csv", second)] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        sample("fans.zip", zip.finish().unwrap().into_inner())
    };
    let found = read_file(&zipped("a,id\ny,2\n").path, mapping(["a=custom.a"])).unwrap();
    assert_eq!(found.updates, [r#"1 {"custom.a":"x"}"#, r#"2 {"custom.a":"y"}"#]);
    let error = read_file(&zipped("id,b\n2,y\n").path, mapping(["a=custom.a"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownColumn);
    assert!(error.to_string().starts_with("fans.zip:b.csv:2: "), "{error}");
}

#[test]
fn a_first_row_of_data_is_never_taken_for_a_header() {
    let by_position = || {
        let mut maps = mapping(["#2=custom.a"]);
        maps.id = Some("#1".to_owned());
        maps
    };
    let found = read("007,x\n008,y\n", by_position()).unwrap();
    assert_eq!(found.updates, [r#"007 {"custom.a":"x"}"#, r#"008 {"custom.a":"y"}"#]);
    let found = read("fan_id,tier\n008,y\n", by_position()).unwrap();
    assert_eq!(found.updates, [r#"008 {"custom.a":"y"}"#]);
    let error = read("abc,x\n008,y\n", by_position()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Table(fanpass_table::ErrorKind::AmbiguousHeader));
}

proptest! {
    #[test]
    fn sums_add_up_over_any_table(
        rows in prop::collection::vec(prop::collection::vec("[a1|.\\- xyé\"\n]{0,4}|NULL|2026-01-01", 0..6), 0..20),
        policy in prop::sample::select(vec![Absent::Skip, Absent::Unset]),
    ) {
        let lines = rows.iter().map(|row| {
            let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            cells.join(",") + "\n"
        });
        let content = "id,a,b,c,d\n".to_owned() + &lines.collect::<String>();
        let mut maps = mapping(["a=custom.a:bool", "b=custom.b:decimal", "c=custom.c:list(|)", "d=custom.d:date"]);
        maps.blank = policy;
        maps.nulls = vec!["NULL".to_owned()];
        let found = read(&content, maps).unwrap();
        let counted = rows.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).count() as u64;
        prop_assert_eq!(found.counts.rows, counted);
    }

    #[test]
    fn no_text_is_too_strange(content in "\\PC{0,200}") {
        let _ = read(&content, mapping(["a=custom.a"]));
    }
}

#[test]
fn text_that_is_stated_to_mean_null_is_no_id() {
    let mut mapping = mapping(["tier=custom.tier"]);
    let fans = "fan_id,tier\nNULL,gold\n NULL ,gold\nnull,gold\n";
    assert_eq!(read(fans, mapping.clone()).unwrap().updates.len(), 3, "where nothing is stated it is text");
    mapping.nulls = vec!["NULL".to_owned()];
    let drained = read(fans, mapping).unwrap();
    assert_eq!(drained.updates, [r#"null {"custom.tier":"gold"}"#]);
    let codes: Vec<_> =
        drained.rejects.iter().map(|reject| (reject.code, reject.column.as_deref())).collect();
    assert_eq!(codes, [(table::EMPTY_ID, Some("fan_id")); 2]);
    assert!(drained.rejects[0].message.contains("stated to mean null"), "{}", drained.rejects[0].message);
}

#[test]
fn a_key_that_comes_late_in_json_lines_is_told_with_how_far_was_looked() {
    let line = |number: usize| format!("{{\"fan_id\":\"{number:09}\"}}\n");
    let short: String = (0..10).map(line).collect();
    let long: String =
        (0..60_000).map(line).collect::<String>() + "{\"fan_id\":\"x\",\"tier\":\"gold\",\"crm\":1}\n";
    let mut by_crm = mapping(["fan_id=custom.a"]);
    by_crm.id = Some("crm".to_owned());
    for (mapping, column) in [(mapping(["tier=custom.tier"]), "tier"), (by_crm, "crm")] {
        for (lines, is_cut) in [(&short, false), (&long, true)] {
            let file = sample("fans.jsonl", lines);
            let error = read_file(&file.path, mapping.clone()).unwrap_err().to_string();
            assert!(error.contains(&format!("there is no column \"{column}\"")), "{error}");
            assert_eq!(error.contains("in the first MiB of the file only: write the key"), is_cut, "{error}");
        }
    }
}
