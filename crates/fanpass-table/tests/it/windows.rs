//! Text is read in windows of 64 KiB: what a row says does not depend on where one ends.

use fanpass_table::{ErrorKind, Header, Options, Table, TableError};
use proptest::{collection::vec, prelude::*};

use crate::support::sample;

const WINDOW: usize = 64 << 10;
const HEADER: &str = "fan_id,name\n";

const ODD: [&[u8]; 14] = [
    b"\"say \"\"hi\"\"\",x",
    b"\"1\"x,A",
    b"1, \"x\"",
    b"",
    b" ,",
    b",x",
    b"1",
    b"1,2,3",
    b"1,2,",
    b"\xC3\xA51,\xF0\x9F\x98\x80",
    b"b\xE52,x",
    b"1,\x81",
    b"\"open,x",
    b"\r",
];

/// Number, line, and the id or the code of the reject of each row.
type Seen = Vec<(u64, Option<u64>, Result<String, String>)>;

/// Reads a file that holds `rows` behind so many others that take so many bytes with the header; tells of `rows` alone.
fn read(fillers: usize, bytes: usize, rows: &[u8]) -> Result<Seen, ErrorKind> {
    let mut file = HEADER.as_bytes().to_vec();
    for left in (0..fillers).rev() {
        let length = if left == 0 { bytes - file.len() } else { 4 };
        file.extend(format!("f,{}\n", "x".repeat(length - 3)).bytes());
    }
    file.extend(rows);
    let mut options = Options::default();
    options.delimiter = Some(b',');
    options.header = Header::Present;
    let file = sample("a.csv", file);
    let kind = |error: TableError| error.kind();
    let mut ids =
        Table::open(&file.path, &options).and_then(|table| table.ids(Some("fan_id"))).map_err(kind)?;
    let (mut seen, fillers) = (Vec::new(), fillers as u64);
    while let Some(id) = ids.next_id().map_err(kind)? {
        seen.push(match id {
            Ok(id) if id.row().number() <= fillers + 1 => continue,
            Ok(id) => {
                let line = id.row().line().map(|line| line - fillers);
                (id.row().number() - fillers, line, Ok(id.id.to_owned()))
            }
            Err(reject) => (reject.row - fillers, None, Err(format!("{} {:?}", reject.code, reject.fields))),
        });
    }
    Ok(seen)
}

fn row() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-z0-9]{1,12},[a-z ]{0,12}".prop_map(String::into_bytes),
        2 => "\"[a-z0-9]{1,12}\",\"[a-z, \r\n]{0,12}\"".prop_map(String::into_bytes),
        1 => prop::sample::select(&ODD[..]).prop_map(<[u8]>::to_vec),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_row_is_the_same_wherever_the_window_ends(
        rows in vec((row(), prop::sample::select(&["\n", "\r\n"][..])), 1..20),
        cut in 0..400_usize,
        fillers in 1..100_usize,
    ) {
        let rows: Vec<u8> =
            rows.iter().flat_map(|(row, end)| [row.as_slice(), end.as_bytes()]).flatten().copied().collect();
        let cut = cut % (rows.len() + 1);
        prop_assert_eq!(read(fillers, WINDOW - cut, &rows), read(0, 0, &rows));
    }
}
