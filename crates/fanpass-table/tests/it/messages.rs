//! What people read: every message names the place and the next step.

use fanpass_table::{Header, Options, Table};

use crate::packed::{gzip, zstd};
use crate::parquet_files::fans;
use crate::support::{drain, fixture, read, sample, zip};

fn message(name: &str, content: impl AsRef<[u8]>, column: Option<&str>) -> String {
    read(name, content, column, &Options::default()).unwrap_err().to_string()
}

#[test]
fn errors() {
    let mut sheet = Options::default();
    sheet.sheet = Some("Fans".into());
    let mut absent = Options::default();
    absent.header = Header::Absent;
    let mut missing = Options::default();
    missing.sheet = Some("East".into());
    let messages = [
        message("h.csv", "", None),
        message("h.csv", "Kundennummer\n00042\n", None),
        message("h.csv", "Fans of 2026\nKunde,Name\n00042,A\n", None),
        message("h.csv", "Fans of 2026\n\nfan_id\n00042\n", None),
        message("h.csv", "Kunde,Name\n00042,A\n", None),
        message("h.csv", "id,user_id\n1,2\n", None),
        message("h.csv", "id,user_id\n1,2\n", Some("fan_id")),
        message("h.csv", "id,user_id\n1,2\n", Some("#3")),
        message("h.csv", "a,b;c\n1,2;3\n", None),
        message("h.csv", "id,name\n1,A\n2,\"B\n3,C\n", None),
        message("h.csv", "id,name\n1,A\n2,\"B\n3,\"C\"\n", None),
        message("h.csv", "%PDF-1.7", None),
        message("h.csv", "id,name\n1,A\n2,\0\n", None),
        message("h.csv", "a\u{7},b\n1,2\n", None),
        message("h.csv", b"\xFF\xFE\0\0f\0\0\0a\0\0\0", None),
        message("h.xls", "<html><table>", None),
        message("h.zip", zip([("a.csv", b"id\n1\n".to_vec()), ("b.zip", zip([]))]), None),
        message("h.zip", zip([("../../a.csv", b"id\n1\n".to_vec())]), None),
        message("h.zip", zip([("bomb.csv", vec![b'0'; 64 << 20])]), None),
        message("h.zip", &zip([("a.csv", b"id\n1\n".to_vec())])[..60], None),
        message("h.xlsx", std::fs::read(fixture("protected.xlsx")).unwrap(), None),
        message("h.json", "[{\"fan_id\": 1}]", None),
        message("h.jsonl", "{\"fan\":1,\"name\":2}\n", None),
        message("h.csv.gz", &gzip(b"fan_id\n1\n")[..24], None),
        message("h.csv.zst", [zstd(b"fan_id\n1\n"), b"more".to_vec()].concat(), None),
        message("h.zip.gz", gzip(&zip([])), None),
        message("h.parquet", &fans()[..80], None),
        message("h.parquet", gzip(&fans()), None),
        message("h.parquet", fans(), Some("id")),
        Table::open(&fixture("fans.xls"), &missing).unwrap_err().to_string(),
        Table::open(&sample("h.csv", "id\n1\n").path, &sheet).unwrap_err().to_string(),
        Table::open(&sample("h.jsonl", "{\"id\":1}\n").path, &absent).unwrap_err().to_string(),
        Table::open("/nowhere/h.csv".as_ref(), &Options::default()).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn rejects() {
    let mut lines = Vec::new();
    let mut absent = Options::default();
    absent.header = Header::Absent;
    let text = b"fan_id,name\n1\n\"2\"x,B\n,C\n\xE9\xC3\xA9,D\n\xC3\xA9,E\nTotal,7\n";
    let late = format!("{}{{\"late\":1}}", "{\"fan_id\":1}\n".repeat(100_000));
    let lines_of_json = [
        r#"{"fan_id":1,"x":2}"#,
        r#"{"fan_id":1,}"#,
        r#"{"fan_id":1,"fan_id":2}"#,
        r#"{"fan_id":{"a":1}}"#,
        r#"{"fan_id":"\udc00"}"#,
        "7",
        "{\"fan_id\":\"\u{1}\"}",
    ];
    let files = [
        drain(Table::open(&fixture("fans.xls"), &Options::default()).unwrap().ids(None).unwrap()),
        drain(Table::open(&fixture("uncached.xlsx"), &absent).unwrap().ids(None).unwrap()),
        read("h.csv", text, None, &Options::default()),
        read("late.jsonl", late, None, &Options::default()),
        read("h.jsonl", lines_of_json.join("\n"), None, &Options::default()),
    ];
    for file in files {
        for reject in file.unwrap().1 {
            lines.push(format!(
                "{}: {} [{}] {:?}",
                reject.location, reject.message, reject.code, reject.column
            ));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}
