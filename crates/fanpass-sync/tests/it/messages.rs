//! What people read when a mapping or a row is refused.

use fanpass_sync::{ColumnMap, Constant, Mapping};

use crate::support::{mapping, read};

#[test]
fn errors_say_what_to_do() {
    let column = |text: &str| text.parse::<ColumnMap>().unwrap_err().to_string();
    let constant = |text: &str| text.parse::<Constant>().unwrap_err().to_string();
    let refused = |content: &str, mapping: Mapping| read(content, mapping).unwrap_err().to_string();
    let fans = "fan_id,tier,Tier,points\n1,a,b,3\n";
    let mut same = mapping(["tier=custom.tier", "points=custom.tier"]);
    let mut told = vec![
        column("tier"),
        column("tier=loyalty"),
        column("tier=custom.tier:text"),
        column("tier=custom.tier:list"),
        column("tier=custom.tier:date(%d.%m)"),
        column("tier=custom.tier,blank=null"),
        column("tier=custom.tier,null=unset,null=skip"),
        column("tier=custom.tier:integer,default=1.5"),
        column("tier=custom.tier,blank=unset,default=x"),
        column("tier=custom.tier:boolean,trim"),
        constant("custom.tier"),
        constant("custom.tier= "),
        constant("custom.tier:boolean=maybe"),
        refused(fans, Mapping::default()),
        refused(fans, same.clone()),
        refused(fans, mapping(["level=custom.tier"])),
        refused(fans, mapping(["#9=custom.tier"])),
        refused(fans, mapping(["TIER=custom.tier"])),
        refused(fans, mapping(["fan_id=custom.tier"])),
        refused("a,b\n1,2\n", mapping(["a=custom.a"])),
        refused("fan_id,crm_id,a\n1,2,3\n", mapping(["a=custom.a"])),
    ];
    same.map.pop();
    same.set.push("custom.tier=gold".parse().unwrap());
    told.push(refused(fans, same));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn rejects_say_how_to_mend() {
    let maps = mapping([
        "b=custom.b:boolean",
        "i=custom.i:integer",
        "d=custom.d:decimal",
        "e=custom.e:date",
        "f=custom.f:date(%d.%m.%Y)",
    ]);
    let content = "id,b,i,d,e,f\n\
        1,maybe,,,,\n2,,007,,,\n3,,,\"1,5\",,\n4,,,0.1000000000000000055,,\n5,,,,24.12.2026,\n6,,,,,2026-12-24\n\
        ,x,,,,\n7,maybe,1.5,,,\n8,x\n";
    let found = read(content, maps).unwrap();
    let told: Vec<_> = found
        .rejects
        .iter()
        .map(|reject| {
            let column = reject.column.as_deref().unwrap_or("-");
            format!("{} {column} {}: {}", reject.location, reject.code, reject.message)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}
