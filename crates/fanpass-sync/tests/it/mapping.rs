//! How mappings are written, on the command line and in a file.

use fanpass_model::AttributeValue;
use fanpass_sync::{ColumnMap, Constant, ErrorKind, Mapping};
use proptest::prelude::*;

fn column(text: &str) -> (String, String, String) {
    let map: ColumnMap = text.parse().unwrap();
    (map.column().to_owned(), map.key().to_string(), map.cell_type().to_string())
}

#[test]
fn a_column_is_written_with_its_key_and_type() {
    let expected = |column: &str, key: &str, cell: &str| (column.to_owned(), key.to_owned(), cell.to_owned());
    assert_eq!(
        column("is_sth=user_properties.sth:bool"),
        expected("is_sth", "user_properties.sth", "boolean")
    );
    assert_eq!(column("tier=custom.tier"), expected("tier", "custom.tier", "string"));
    assert_eq!(column("a=b = custom.c"), expected("a=b", "custom.c", "string"));
    assert_eq!(column("p=custom.p:list(|)"), expected("p", "custom.p", "list(|)"));
    assert_eq!(column("p=custom.p:list(,),blank=unset"), expected("p", "custom.p", "list(,)"));
    assert_eq!(column("p=custom.p:list())"), expected("p", "custom.p", "list())"));
    assert_eq!(column("#3=custom.d:date(%d.%m.%Y)"), expected("#3", "custom.d", "date(%d.%m.%Y)"));
}

#[test]
fn a_default_is_read_as_a_cell_is() {
    let default = |text: &str| text.parse::<ColumnMap>().unwrap().default().cloned();
    assert_eq!(default("s=custom.s:bool,default=no"), Some(false.into()));
    assert_eq!(default("s=custom.s,trim,default=a, b"), Some("a, b".into()));
    assert_eq!(default("s=custom.s,trim"), None);
}

#[test]
fn a_default_is_written_as_it_is_read() {
    for text in [
        "b=custom.b:date(%d.%m.%Y),default=01.02.1900",
        "b=custom.b:date(%d/%m/%y),default=01/02/70",
        "b=custom.b:date,default=1900-02-01",
        "b=custom.b:boolean,default=no",
        "b=custom.b:decimal,default=1.50",
        "b=custom.b:list(|),default=a|b",
        "b=custom.b,trim,default= a, b ",
    ] {
        let map: ColumnMap = text.parse().unwrap();
        let again: ColumnMap = toml::from_str(&toml::to_string(&map).unwrap()).unwrap();
        assert_eq!(again, map, "{text}");
    }
}

#[test]
fn a_constant_is_read_once() {
    let value = |text: &str| text.parse::<Constant>().unwrap().value().clone();
    assert_eq!(value("custom.tier=gold=silver"), "gold=silver".into());
    assert_eq!(value("custom.points:integer=5"), 5.into());
    assert_eq!(value("custom.l:list(=)=a=b"), AttributeValue::from(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn a_file_can_hold_the_short_form_and_the_table() {
    let read = |text: &str| toml::from_str::<Mapping>(text).map_err(|error| error.message().to_owned());
    let short = read(
        r#"
        map = ["s=user_properties.sth:bool,default=no", "t=custom.t,trim,blank=unset,null=skip"]
        set = ["custom.n:integer=5"]
        "#,
    );
    let long = read(
        r#"
        [[map]]
        column = "s"
        key = "user_properties.sth"
        type = "boolean"
        default = false
        [[map]]
        column = "t"
        key = "custom.t"
        trim = true
        blank = "unset"
        null = "skip"
        [[set]]
        key = "custom.n"
        value = 5
        "#,
    );
    assert_eq!(short, long);
    assert_eq!(short.unwrap().keys().count(), 3);
    assert!(read(r#"map = ["t=custom.t:text"]"#).unwrap_err().contains("there is no type \"text\""));
    assert!(
        read(r#"map = [{ column = "t", key = "custom.t", typ = "string" }]"#).unwrap_err().contains("typ")
    );
    assert!(read(r#"nullz = ["NULL"]"#).unwrap_err().contains("nullz"));
    let wrong = read(r#"map = [{ column = "t", key = "custom.t", type = "integer", default = true }]"#);
    assert!(wrong.unwrap_err().contains("not of the type integer"));
}

#[test]
fn contradictions_are_told_without_a_table() {
    let kind = |text: &str| text.parse::<ColumnMap>().unwrap_err().kind();
    assert_eq!(kind("t=custom.t,blank=skip,default=x"), ErrorKind::Syntax);
    assert_eq!(kind("t=custom.t:integer,trim"), ErrorKind::Syntax);
    assert_eq!(kind("t=custom.t:integer,default=x"), ErrorKind::Syntax);
    assert_eq!(kind("=custom.t"), ErrorKind::Syntax);
    assert_eq!("custom.t=".parse::<Constant>().unwrap_err().kind(), ErrorKind::Syntax);
    assert_eq!(Mapping::default().check().unwrap_err().kind(), ErrorKind::NoAttributes);
}

proptest! {
    #[test]
    fn any_text_is_a_mapping_or_refused(text in "\\PC{0,8}=?(custom\\.|user_properties\\.)?[a-z]{0,3}:?\\PC{0,20}") {
        let _ = text.parse::<ColumnMap>();
        let _ = text.parse::<Constant>();
    }
}
