//! Rows of reject files once a person, or a spreadsheet program, had them: which go, and which are refused again.

use std::{fs, path::Path};

use fanpass_sync::code;
use fanpass_table::code as table;
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use crate::support::{Sample, mapping, read_file, reject, sample};

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from:?} is not in {text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Empties the cell of the file's last row by which is found what was mended.
fn empty_check(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let check = text.trim_end().rsplit('"').nth(1).unwrap();
    edit(path, &format!("\"{check}\""), "\"\"");
}

/// Numbers longer than a spreadsheet keeps.
const CARD: f64 = 123_456_789_012_345_680.0;
const OTHER_CARD: f64 = 987_654_321_098_765_400.0;

/// A workbook of text, with numbers in the cells at these rows and columns.
fn workbook(rows: &[&[&str]], numbers: &[(u32, u16, f64)]) -> Sample {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, row) in (0..).zip(rows) {
        sheet.write_row(at, 0, row.iter().copied()).unwrap();
    }
    for &(row, column, number) in numbers {
        sheet.write_number(row, column, number).unwrap();
    }
    sample("fans.xlsx", book.save_to_buffer().unwrap())
}

#[test]
fn mended_rows_become_updates_with_the_same_mapping() {
    let fans = sample("fans.csv", "fan_id,points,sth\n1,1.5,x\n2,5,maybe\n3,7,x\n,9,no\n");
    let maps = || mapping(["points=custom.points:integer", "sth=custom.sth:bool"]);
    let path = reject(&fans.path, maps()).remove(0);
    edit(&path, "\"1.5\"", "\"15\"");
    edit(&path, "\"maybe\"", "\"no\"");
    let found = read_file(&path, maps()).unwrap();
    assert_eq!(
        found.updates,
        [r#"1 {"custom.points":15,"custom.sth":true}"#, r#"2 {"custom.points":5,"custom.sth":false}"#]
    );
    assert_eq!(found.rejects.len(), 1);
    assert_eq!(found.rejects[0].code, table::EMPTY_ID);
}

#[test]
fn a_number_that_a_spreadsheet_destroyed_stays_refused_until_it_is_mended() {
    let rows: [&[&str]; 3] = [&["fan_id", "tier"], &["", "gold"], &["", "gold"]];
    let fans = workbook(&rows, &[(1, 0, CARD), (2, 0, OTHER_CARD)]);
    let maps = || mapping(["tier=custom.tier"]);
    let found = read_file(&fans.path, maps()).unwrap();
    assert!(found.rejects.iter().all(|reject| reject.code == table::DESTROYED_NUMBER), "{:?}", found.rejects);
    let shown = found.rejects[0].fields[0].clone();

    let first = reject(&fans.path, maps()).remove(0);
    edit(&first, &format!("\"{shown}\""), "\"123456789012345678\"");
    let found = read_file(&first, maps()).unwrap();
    assert_eq!(found.updates, [r#"123456789012345678 {"custom.tier":"gold"}"#]);
    assert_eq!(
        (found.rejects[0].code, found.rejects[0].column.as_deref()),
        (code::NOT_MENDED, Some("fan_id"))
    );

    let second = reject(&first, maps()).remove(0);
    let again = read_file(&second, maps()).unwrap();
    assert_eq!(again.rejects[0].code, code::NOT_MENDED);
    assert_eq!(again.rejects[0].message, found.rejects[0].message, "it does not grow from round to round");

    empty_check(&second);
    let sent = read_file(&second, maps()).unwrap();
    assert_eq!(sent.updates.len(), 1, "an emptied check sends the row as it stands");
}

#[test]
fn an_id_that_was_not_at_fault_has_to_stay_what_it_was() {
    let fans = sample("fans.csv", "fan_id,points\n 00042 ,1.5\n1e5,many\n00007,9.9\n");
    let maps = || mapping(["points=custom.points:integer"]);
    let first = reject(&fans.path, maps()).remove(0);
    // What a spreadsheet program makes of it, and what the person mended in it.
    for (from, to) in [(" 00042 ", "42"), ("1.5", "15"), ("\"1e5\"", "\"1E+05\""), ("9.9", "99")] {
        edit(&first, from, to);
    }
    let found = read_file(&first, maps()).unwrap();
    assert_eq!(found.updates, [r#"00007 {"custom.points":99}"#]);
    let told: Vec<_> = found.rejects.iter().map(|reject| (reject.code, reject.column.as_deref())).collect();
    assert_eq!(told, [(code::ID_CHANGED, Some("fan_id")); 2]);

    let second = reject(&first, maps()).remove(0);
    assert!(fs::read_to_string(&second).unwrap().contains(":00042\""), "it tells which id it was");
    edit(&second, "\"1E+05\"", "\"1e5\"");
    edit(&second, "many", "100");
    let found = read_file(&second, maps()).unwrap();
    assert_eq!(found.updates, [r#"1e5 {"custom.points":100}"#], "put back, it is the user's again");
    assert_eq!(found.rejects[0].code, code::ID_CHANGED);

    let third = reject(&second, maps()).remove(0);
    empty_check(&third);
    let found = read_file(&third, maps()).unwrap();
    assert_eq!(found.updates, [r#"42 {"custom.points":15}"#], "an emptied check sends the row as it stands");
}

#[test]
fn a_destroyed_id_is_not_mended_by_a_change_of_another_cell() {
    let rows: [&[&str]; 3] = [&["fan_id", "tier", "points"], &["", "gold", "5"], &["", "gold", "many"]];
    let fans = workbook(&rows, &[(1, 0, CARD), (2, 0, CARD)]);
    let maps = || mapping(["points=custom.points:integer", "tier=custom.tier"]);
    let path = reject(&fans.path, maps()).remove(0);
    edit(&path, "gold", "silver");
    edit(&path, "\"many\"", "\"6\"");
    let found = read_file(&path, maps()).unwrap();
    assert_eq!((found.updates.len(), found.rejects.len()), (0, 2));
    assert!(found.rejects.iter().all(|reject| reject.code == code::NOT_MENDED), "{:?}", found.rejects);
}

#[test]
fn each_destroyed_cell_of_a_row_has_to_be_mended() {
    let rows: [&[&str]; 2] = [&["fan_id", "card", "tier"], &["", "", "gold"]];
    let fans = workbook(&rows, &[(1, 0, CARD), (1, 1, OTHER_CARD)]);
    let maps = || mapping(["card=custom.card", "tier=custom.tier"]);
    let first = reject(&fans.path, maps()).remove(0);
    let text = fs::read_to_string(&first).unwrap();
    let shown = text.lines().nth(1).unwrap().split('"').nth(1).unwrap();
    edit(&first, &format!("\"{shown}\""), "\"123456789012345678\"");
    for path in [first.clone(), reject(&first, maps()).remove(0)] {
        let found = read_file(&path, maps()).unwrap();
        assert_eq!((found.updates.len(), found.rejects.len()), (0, 1));
        assert_eq!(
            (found.rejects[0].code, found.rejects[0].column.as_deref()),
            (code::NOT_MENDED, Some("card"))
        );
    }
    let cell = text.lines().nth(1).unwrap().split('"').nth(3).unwrap();
    edit(&first, cell, "987654321098765432");
    let found = read_file(&first, maps()).unwrap();
    assert_eq!(
        found.updates,
        [r#"123456789012345678 {"custom.card":"987654321098765432","custom.tier":"gold"}"#]
    );
}

#[test]
fn a_row_that_is_not_mended_tells_of_what_is_left_alone() {
    let rows: [&[&str]; 2] = [&["fan_id", "card", "points"], &["00042", "", "many"]];
    let fans = workbook(&rows, &[(1, 1, OTHER_CARD)]);
    let maps = || mapping(["card=custom.card", "points=custom.points:integer"]);
    let first = reject(&fans.path, maps()).remove(0);
    edit(&first, "\"many\"", "\"none\"");
    let second = reject(&first, maps()).remove(0);
    edit(&second, "\"none\"", "\"5\"");
    let rejected = [&first, &second].map(|path| read_file(path, maps()).unwrap().rejects.remove(0));
    assert!(rejected[0].message.contains("column \"points\" too: "), "{}", rejected[0].message);
    for reject in rejected {
        assert_eq!((reject.code, reject.column.as_deref()), (code::NOT_MENDED, Some("card")));
        assert_eq!(reject.message.matches("it is as it was").count(), 1, "{}", reject.message);
        let tells_of_points = reject.message.contains("points");
        assert_eq!(tells_of_points, reject.fields[2] != "5", "{}", reject.message);
    }
}

#[test]
fn a_ragged_row_stays_refused_until_it_is_mended() {
    let fans = sample("fans.csv", "fan_id,name,tier\n1,Smith, Ann,gold\n2,silver\n3,c,x\n");
    let maps = || mapping(["tier=custom.tier"]);
    let path = reject(&fans.path, maps()).remove(0);
    let codes = |path: &Path| {
        read_file(path, maps()).unwrap().rejects.iter().map(|reject| reject.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&path), [table::RAGGED_ROW, code::NOT_MENDED]);
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("the cells beyond the last column stand behind fanpass_check")
    );
    edit(&path, "\"Smith\",\" Ann\"", "\"Smith, Ann\",\"gold\"");
    edit(&path, ",\"gold\"\n", "\n");
    edit(&path, "\"2\",\"silver\",\"\"", "\"2\",\"\",\"silver\"");
    let found = read_file(&path, maps()).unwrap();
    assert_eq!(found.updates, [r#"1 {"custom.tier":"gold"}"#, r#"2 {"custom.tier":"silver"}"#]);
}

#[test]
fn a_line_of_json_that_was_not_read_stays_refused_until_its_cells_are_filled_in() {
    let lines = [
        r#"{"fan_id":"1","tier":"gold"}"#,
        r#"{"fan_id":"2","tier":"gold","#,
        r#"{"fan_id":"3","tier":"gold","tier":"silver"}"#,
        r#"{"fan_id":"4","tier":"gold","teir":"silver"}"#,
        r#"{"fan_id":{"id":"5"},"tier":"gold"}"#,
    ];
    // What stands first tells the columns.
    let many = vec![lines[0]; 40_000].join("\n");
    let fans = sample("fans.jsonl", [&[many.as_str()], &lines[1..]].concat().join("\n"));
    let maps = || mapping(["tier=custom.tier"]);
    let path = reject(&fans.path, maps()).remove(0);
    let found = read_file(&path, maps()).unwrap();
    let codes: Vec<_> = found.rejects.iter().map(|reject| reject.code).collect();
    assert_eq!((found.counts.empty, found.counts.updates), (0, 0), "{found:?}");
    assert_eq!(codes, [code::NOT_MENDED; 4]);
    let line = format!("\"{}\",\"\"", lines[1].replace('"', "\"\""));
    edit(&path, &line, "\"2\",\"silver\"");
    assert_eq!(read_file(&path, maps()).unwrap().updates, [r#"2 {"custom.tier":"silver"}"#]);
}

#[test]
fn the_only_column_of_a_source_is_still_the_id() {
    let fans = sample("fans.csv", "card\n1\u{7}\n2\n");
    let maps = || {
        let mut maps = mapping([]);
        maps.id = Some("card".to_owned());
        maps.set = vec!["custom.a=x".parse().unwrap()];
        maps
    };
    let path = reject(&fans.path, maps()).remove(0);
    edit(&path, "\u{7}", "");
    let mut unnamed = maps();
    unnamed.id = None;
    assert_eq!(read_file(&path, unnamed).unwrap().updates, [r#"1 {"custom.a":"x"}"#]);
}

proptest! {
    #[test]
    fn no_row_goes_to_another_user_than_it_was_rejected_for(
        id in "[0-9A-Za-z:;,\"é]{1,12}",
        other in "[0-9A-Za-z:;,\"é]{0,12}",
    ) {
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let fans = sample("fans.csv", format!("points,fan_id,name\nmany,{},x\n", quoted(&id)));
        let maps = || mapping(["points=custom.points:integer"]);
        let path = reject(&fans.path, maps()).remove(0);
        edit(&path, "\"many\"", "\"1\"");
        prop_assert_eq!(read_file(&path, maps()).unwrap().updates.len(), 1);
        edit(&path, &format!("{},\"x\"", quoted(&id)), &format!("{},\"y\"", quoted(&other)));
        let found = read_file(&path, maps()).unwrap();
        prop_assert_eq!(found.updates.len() == 1, id == other);
        prop_assert!(id == other || found.rejects[0].code == code::ID_CHANGED);
    }
}
