//! Reject files: written, mended, and read again.

use std::{fs, path::Path};

use fanpass_sync::{ErrorKind, RejectFiles, check_mended, is_reject_file, original_columns};
use fanpass_table::{Header, Options, Table};
use proptest::prelude::*;

use crate::support::{mapping, read, reject, reject_with, sample};

#[test]
fn a_reject_file_holds_the_row_and_what_is_wrong_with_it() {
    let fans = sample(
        "fans.csv",
        "fan_id;name;points\n007;\"M\u{fc}ller; \"\"Jo\"\"\n\";1.5\n8;=1+1;2\n;b; 3 \n9;c\n",
    );
    let paths = reject(&fans.path, mapping(["points=custom.points:integer"]));
    assert_eq!(paths, [fans.path.with_file_name("rejects.csv")]);
    insta::assert_snapshot!(fs::read_to_string(&paths[0]).unwrap());
    let names =
        |path: &Path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(names(fans.path.parent().unwrap()).len(), 2, "no temporary file is left");
}

#[test]
fn files_are_mended_in_rounds_and_none_is_overwritten() {
    let fans = sample("fans.csv", "fan_id,points\n1,a\n2,b\n");
    let maps = || mapping(["points=custom.points:integer"]);
    let first = reject(&fans.path, maps()).remove(0);
    let before = fs::read_to_string(&first).unwrap();
    let second = reject(&first, maps()).remove(0);
    assert_eq!(second.file_name().unwrap(), "rejects-2.csv");
    assert_eq!(fs::read_to_string(&first).unwrap(), before);
    let header = |text: &str| text.lines().next().unwrap().to_owned();
    let text = fs::read_to_string(&second).unwrap();
    assert_eq!(header(&text), header(&before), "the added columns stand there once");
    assert!(
        text.contains("\"fans.csv:2\",\"2\"") && !text.contains("rejects.csv:2"),
        "where it came from: {text}"
    );
}

#[test]
fn sources_of_other_columns_have_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut rejects = RejectFiles::new(folder.path().join("run-7.csv"));
    for content in ["id,a\n1,x\n", "id,b\n2,x\n", "id,a\n3,x\n"] {
        let columns: Vec<String> = content.lines().next().unwrap().split(',').map(str::to_owned).collect();
        let map = format!("{}=custom.n:integer", columns[1]);
        for reject in read(content, mapping([map.as_str()])).unwrap().rejects {
            rejects.write(&columns, &reject, None).unwrap();
        }
    }
    assert_eq!(
        fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| { !entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part") })
            .count(),
        0,
        "nothing appears before the end"
    );
    let paths = rejects.finish().unwrap();
    assert_eq!(paths, ["run-7.csv", "run-7-2.csv"].map(|name| folder.path().join(name)));
    let rows = |at: usize| fs::read_to_string::<&Path>(paths[at].as_ref()).unwrap().lines().count() - 1;
    assert_eq!((rows(0), rows(1)), (2, 1));
}

#[test]
fn without_a_reject_there_is_no_file() {
    let fans = sample("fans.csv", "id,a\n1,x\n");
    assert_eq!(reject(&fans.path, mapping(["a=custom.a"])), Vec::<std::path::PathBuf>::new());
    assert_eq!(fs::read_dir(fans.path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn the_folder_is_made_with_the_first_reject_and_where_it_cannot_be_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let found = read("id,a\n1,x\n", mapping(["a=custom.a:integer"])).unwrap();
    let columns = ["id".to_owned(), "a".to_owned()];
    let path = folder.path().join("at/night/rejects.csv");
    let mut rejects = RejectFiles::new(&path);
    assert!(!folder.path().join("at").exists());
    rejects.write(&columns, &found.rejects[0], None).unwrap();
    assert_eq!(rejects.finish().unwrap(), std::slice::from_ref(&path));

    let mut rejects = RejectFiles::new(path.join("below/a/file.csv"));
    let error = rejects.write(&columns, &found.rejects[0], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("below/a/file.csv: cannot be written"), "{error}");
    let error = rejects.check().unwrap_err().to_string();
    assert!(error.ends_with("rejects.csv is no folder"), "{error}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
        let error = RejectFiles::new(folder.path().join("link/rejects.csv")).check().unwrap_err().to_string();
        assert!(error.ends_with("link is no folder"), "{error}");
    }
}

/// All rows of a table: source cells, and whether the row passes as mended.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut table = Table::open(path, &Options::default()).unwrap();
    assert!(is_reject_file(table.columns()));
    let count = original_columns(table.columns()).len();
    let mut rows = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        let row = row.unwrap();
        check_mended(&row, 0).unwrap();
        rows.push(row.fields().take(count).map(str::to_owned).collect());
    }
    rows
}

proptest! {
    #[test]
    fn cells_come_back_byte_for_byte(
        names in prop::collection::hash_set("[a-z;|\t=\"' ]{0,3}[a-z]", 1..4),
        cells in prop::collection::vec("[\\PC,;|\t\"'=@\n\r]{0,12}", 4),
        ids in prop::collection::vec("[0-9]{1,6}\u{7}", 1..5),
    ) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let columns = names.len();
        let header: Vec<_> = std::iter::once("fan_id".to_owned()).chain(names).collect();
        let line = |cells: &[String]| cells.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n";
        let written: Vec<Vec<String>> = ids
            .iter()
            .map(|id| std::iter::once(id.clone()).chain(cells.iter().take(columns).cloned()).collect())
            .collect();
        let content = line(&header) + &written.iter().map(|row| line(row)).collect::<String>();
        let fans = sample("fans.csv", content);
        let mut maps = mapping([]);
        maps.set = vec!["custom.a=x".parse().unwrap()];
        maps.id = Some("#1".to_owned());
        let mut options = Options::default();
        options.delimiter = Some(b',');
        options.header = Header::Present;
        let paths = reject_with(&fans.path, maps, &options);
        prop_assert_eq!(rows(&paths[0]), written);
    }
}
