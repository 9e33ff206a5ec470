//! Text is read in windows of 64 KiB: what a row says does not depend on where one ends.

use fanpass_table::{Encoding, ErrorKind, Header, Options, Table, TableError};
use proptest::{collection::vec, prelude::*};

use crate::support::sample;

const WINDOW: usize = 64 << 10;
const HEADER: &str = "fan_id,name\n";

const ODD: [&[u8]; 17] = [
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
    b"\xEF\xBB\xBF1,x",
    b"\xEF\xBB\xBF\"1\",\"x,y\"",
    b"\xEF\xBB\xBF\xEF\xBB\xBF",
];

/// Number, line, and the cells of each row, with the code if it is rejected.
type Seen = Vec<(u64, Option<u64>, Result<String, String>)>;

/// The header and so many rows, of so many bytes together.
fn filled(fillers: usize, bytes: usize) -> Vec<u8> {
    let mut file = HEADER.as_bytes().to_vec();
    for left in (0..fillers).rev() {
        let length = if left == 0 { bytes - file.len() } else { 4 };
        file.extend(format!("f,{}\n", "x".repeat(length - 3)).bytes());
    }
    file
}

/// Reads `rows` behind the header and other rows, and tells of `rows` alone.
fn read(before: &[u8], rows: &[u8], encoding: Option<Encoding>) -> Result<Seen, ErrorKind> {
    let mut options = Options::default();
    options.delimiter = Some(b',');
    options.header = Header::Present;
    options.encoding = encoding;
    let file = sample("a.csv", [before, rows].concat());
    let kind = |error: TableError| error.kind();
    let mut ids =
        Table::open(&file.path, &options).and_then(|table| table.ids(Some("fan_id"))).map_err(kind)?;
    let others = before.split(|&byte| byte == b'\n').count() as u64 - 1;
    let mut seen = Vec::new();
    while let Some(id) = ids.next_id().map_err(kind)? {
        let (row, line, what) = match id {
            Ok(id) => {
                let row = id.row();
                (row.number(), row.line(), Ok(format!("{:?}", row.fields().collect::<Vec<_>>())))
            }
            Err(reject) => (reject.row, None, Err(format!("{} {:?}", reject.code, reject.fields))),
        };
        if row > others {
            seen.push((row - others, line.map(|line| line - others), what));
        }
    }
    Ok(seen)
}

fn row() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-z0-9]{1,12},[a-z ]{0,12}".prop_map(String::into_bytes),
        2 => "\"[a-z0-9é]{1,12}\",\"[a-z, \r\n]{0,12}\"".prop_map(String::into_bytes),
        2 => "[a-z]{0,3},\"[a-z,]{0,70}\"".prop_map(String::into_bytes),
        1 => "[ab,\" \r\n]{0,9}".prop_map(String::into_bytes),
        1 => prop::sample::select(&ODD[..]).prop_map(<[u8]>::to_vec),
    ]
}

fn rows() -> impl Strategy<Value = Vec<u8>> {
    let rows = vec((row(), prop::sample::select(&["\n", "\r\n"][..])), 1..20);
    rows.prop_map(|rows| rows.into_iter().flat_map(|(row, end)| [row, end.into()]).flatten().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_row_is_the_same_wherever_the_window_ends(rows in rows(), cut in 0..400_usize, fillers in 1..100_usize) {
        let cut = cut % (rows.len() + 1);
        let at_an_end = read(&filled(fillers, WINDOW - cut), &rows, None);
        prop_assert_eq!(at_an_end, read(HEADER.as_bytes(), &rows, None));
    }

    /// What is not UTF-8 has the rest of its window read cell by cell.
    #[test]
    fn a_row_is_the_same_behind_one_that_is_not_text(rows in rows()) {
        let before = [HEADER.as_bytes(), b"\xE5,x\n"].concat();
        let careful = read(&before, &rows, Some(Encoding::Utf8));
        prop_assert_eq!(careful, read(HEADER.as_bytes(), &rows, Some(Encoding::Utf8)));
    }
}
