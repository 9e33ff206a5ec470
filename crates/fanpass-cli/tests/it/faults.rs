//! `faults`: a service that fails on demand, and a push that arrives all the same.

use crate::harness::Club;
use crate::serving::served;

#[test]
fn a_push_of_users_converges_though_a_tenth_of_its_calls_fail() {
    let faults = [
        "429=0.02",
        "503=0.02",
        "500=0.02",
        "reset-before-commit=0.02",
        "reset-after-commit=0.01",
        "truncated=0.01",
    ];
    let options: Vec<_> =
        faults.iter().flat_map(|rule| ["--fault", rule]).chain(["--fault-seed", "7"]).collect();
    let (club, _serving) = served(&options);
    let rows = (0..400).map(|row| format!("fan-{row},yes")).collect::<Vec<_>>().join("\n");
    club.file("fans.csv", format!("user_id,sth\n{rows}\n"));

    let pushed =
        club.json(&["users", "push", "--file", "fans.csv", "--map", "sth=user_properties.sth:boolean"]);
    assert_eq!((&pushed["sent"], &pushed["addsUp"]), (&400.into(), &true.into()), "{pushed}");

    let met = club.json(&["faults", "show"]);
    let (injected, requests) = (met["injected"].as_u64().unwrap(), met["requests"].as_u64().unwrap());
    assert!(injected >= 20 && requests > 400, "{met}");
    club.run(&["faults", "clear"]);
    for row in [0, 1, 199, 399] {
        let user = club.json(&["users", "get", &format!("fan-{row}")]);
        assert_eq!(user["userProperties"]["user_properties.sth"], true, "{user}");
    }
}

#[test]
fn faults_are_shown_set_and_cleared() {
    let (club, _serving) = served(&["--faults"]);
    let mut said = club.run(&["faults", "show"]);
    said.push_str(&club.run(&["faults", "set", "reset-after-commit=0.01", "latency=1ms", "--seed", "7"]));
    said.push_str(&club.run(&["segments", "list"]));
    said.push_str(&club.run(&["faults", "show"]));
    said.push_str(&club.run(&["faults", "clear"]));
    said.push_str(&club.run(&["faults", "set", "earthquake"]));
    insta::assert_snapshot!("faults", said);
    let club = Club::with_service();
    let off = club.run(&["faults", "show"]) + &club.run(&["faults", "set", "429"]);
    insta::assert_snapshot!("faults_off", off);
}
