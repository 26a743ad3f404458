//! Calendars that a user brings.

use backcast_calendar::Calendar;
use serde_json::{Value, json};

fn rules() -> Value {
    json!({
        "name": "XTST", "tz": "Europe/London", "first": "2024-03-25", "last": "2024-04-07",
        "weekmask": [1, 1, 1, 1, 1, 0, 0],
        "regular": [["2024-03-25", [540, 900, 690, 750]], ["2024-04-04", [540, 930, null, null]]],
        "holidays": ["2024-03-29"],
        "extra_sessions": ["2024-04-06"],
        "special": {"540,690,,": ["2024-03-28"]},
        "sessions": 10,
    })
}

fn problem(change: impl Fn(&mut Value)) -> String {
    let mut rules = rules();
    change(&mut rules);
    Calendar::from_rules_json(&rules.to_string()).unwrap_err().to_string()
}

#[test]
fn hours_follow_the_wall_clock_through_the_change_to_summer_time() {
    let calendar = Calendar::from_rules_json(&rules().to_string()).unwrap();
    let found: Vec<String> = calendar
        .all_sessions()
        .iter()
        .map(|&day| {
            let session = calendar.session(day).unwrap();
            let pause = if session.break_.is_some() { " with lunch" } else { "" };
            let early = if session.early_close { " early" } else { "" };
            let clock = |t: backcast_types::Timestamp| t.to_string()[11..16].to_owned();
            format!("{day} {} {}{pause}{early}", clock(session.open), clock(session.close))
        })
        .collect();
    assert_eq!(
        found,
        [
            "2024-03-25 09:00 15:00 with lunch",
            "2024-03-26 09:00 15:00 with lunch",
            "2024-03-27 09:00 15:00 with lunch",
            "2024-03-28 09:00 11:30 early",
            "2024-04-01 08:00 14:00 with lunch",
            "2024-04-02 08:00 14:00 with lunch",
            "2024-04-03 08:00 14:00 with lunch",
            "2024-04-04 08:00 14:30",
            "2024-04-05 08:00 14:30",
            "2024-04-06 08:00 14:30",
        ]
    );
    assert!(!calendar.is_provisional("2024-04-05".parse().unwrap()));
}

#[test]
fn rules_that_contradict_themselves_are_refused_with_the_place() {
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 14] = [
        (
            |r| r["tz"] = json!("Europe/Londn"),
            "`tz` is `Europe/Londn`, which is no known time zone",
        ),
        (|r| r["first"] = json!("2024-02-30"), "`first`: `2024-02-30` is no date"),
        (
            |r| r["first"] = json!("0999-01-01"),
            "`first` is 0999-01-01; a calendar may cover the years",
        ),
        (|r| r["first"] = json!("2024-05-01"), "`first` is 2024-05-01, after `last`, 2024-04-07"),
        (|r| r["weekmask"] = json!([1, 1]), "invalid length 2"),
        (|r| r["sessions"] = json!(9), "`sessions` says 9, but the rules give 10"),
        (|r| r["holidays"] = json!(["Easter"]), "`holidays`: `Easter` is no date"),
        (|r| r["regular"] = json!([]), "`regular` has no hours"),
        (
            |r| r["regular"] = json!([["2024-03-26", [540, 900, null, null]]]),
            "comes before the first date",
        ),
        (|r| r["regular"][0][1] = json!([900, 540, null, null]), "of 2024-03-25 are not in order"),
        (
            |r| r["regular"][0][1] = json!([0, 1500, null, null]),
            "2024-03-26 opens before the previous one closes",
        ),
        (|r| r["special"] = json!({"540": ["2024-03-28"]}), "`special` has the hours `540`"),
        (
            |r| r["special"] = json!({"540,690,,": ["2024-03-29"]}),
            "2024-03-29, which is no session",
        ),
        (
            |r| {
                r.as_object_mut().unwrap().remove("tz");
            },
            "missing field `tz`",
        ),
    ];
    for (change, expected) in cases {
        let found = problem(change);
        assert!(found.contains(expected), "{found}\nlacks: {expected}");
        assert!(found.starts_with("calendar rules: "));
    }
    assert!(Calendar::from_rules_json("{").is_err());
    let empty = problem(|r| {
        r["weekmask"] = json!([0, 0, 0, 0, 0, 0, 0]);
        r["extra_sessions"] = json!([]);
    });
    assert!(empty.contains("there is not one session"), "{empty}");
    let absurd = problem(|r| r["regular"][0][1] = json!([i32::MIN, i32::MAX, null, null]));
    assert!(absurd.contains("not in order"), "{absurd}");
}
