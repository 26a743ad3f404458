//! Public questions, known days, and first use.

use std::path::{Path, PathBuf};

use backcast_calendar::{Calendar, CalendarError, MinuteLabel, Toward};
use backcast_types::{Day, Timestamp};

use crate::conformance_calendars;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn all_match(dir: &Path) {
    let (matched, asked) = conformance_calendars::run(dir).unwrap();
    assert!(asked >= 700, "{asked} questions in {}", dir.display());
    assert_eq!(matched, asked, "{}", dir.display());
}

/// The shared folder beside the repository, or where `BACKCAST_SHARED` points.
fn shared() -> Option<PathBuf> {
    let found = |dir: PathBuf| dir.join("DESIGN.md").exists().then_some(dir);
    if let Some(dir) = std::env::var_os("BACKCAST_SHARED") {
        return found(dir.into());
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find_map(|dir| found(dir.join("shared")))
}

#[test]
fn the_public_questions_about_new_york_and_london_are_answered() {
    all_match(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendars"));
}

#[test]
fn the_shared_questions_are_answered() {
    match shared() {
        Some(shared) => all_match(&shared.join("conformance/calendars")),
        None => println!("skipped: no folder `shared` beside the repository"),
    }
}

#[test]
fn thanksgiving_week_has_a_holiday_and_a_half_day() {
    let xnys = Calendar::named("XNYS").unwrap();
    let week = day("2024-11-25")..=day("2024-12-02");
    let found: Vec<String> =
        xnys.sessions(week.clone()).unwrap().iter().map(Day::to_string).collect();
    assert_eq!(found, ["2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29", "2024-12-02"]);
    assert_eq!(xnys.holidays(week.clone()).unwrap(), [day("2024-11-28")]);
    let early: Vec<Day> = xnys
        .sessions(week)
        .unwrap()
        .iter()
        .copied()
        .filter(|&day| xnys.session(day).unwrap().early_close)
        .collect();
    assert_eq!(early, [day("2024-11-29")]);
    assert_eq!(xnys.session(day("2024-11-29")).unwrap().close, at("2024-11-29T18:00Z"));
    assert_eq!(xnys.zone(), "America/New_York");
}

#[test]
fn tokyo_rests_at_noon_and_closes_later_since_november_2024() {
    let xtks = Calendar::named("XTKS").unwrap();
    let before = xtks.session(day("2024-11-01")).unwrap();
    let after = xtks.session(day("2024-11-05")).unwrap();
    assert_eq!(before.close, at("2024-11-01T06:00Z"));
    assert_eq!(after.close, at("2024-11-05T06:30Z"));
    assert!(!before.early_close && !after.early_close);
    assert_eq!(after.break_, Some((at("2024-11-05T02:30Z"), at("2024-11-05T03:30Z"))));

    // 02:30 ends the last minute of the morning and begins none.
    let noon = at("2024-11-05T02:30Z");
    assert!(xtks.is_trading(noon, MinuteLabel::End).unwrap());
    assert!(!xtks.is_trading(noon, MinuteLabel::Start).unwrap());
    assert_eq!(xtks.session_of(noon, MinuteLabel::Start).unwrap(), Some(day("2024-11-05")));
    assert_eq!(xtks.next_minute(noon, MinuteLabel::Start).unwrap(), at("2024-11-05T03:30Z"));
    assert_eq!(xtks.next_minute(noon, MinuteLabel::End).unwrap(), at("2024-11-05T03:31Z"));
    let reopening = at("2024-11-05T03:30Z");
    assert_eq!(
        xtks.previous_minute(reopening, MinuteLabel::Start).unwrap(),
        at("2024-11-05T02:29Z")
    );
    assert_eq!(
        xtks.minute_offset(reopening, MinuteLabel::Start).unwrap(),
        (day("2024-11-05"), 150)
    );
    assert_eq!(xtks.session_minutes(day("2024-11-05"), MinuteLabel::End).unwrap().count, 330);
}

#[test]
fn hong_kong_half_days_have_no_afternoon() {
    let xhkg = Calendar::named("XHKG").unwrap();
    let eve = xhkg.session(day("2024-12-24")).unwrap();
    assert!(eve.early_close);
    assert_eq!((eve.close, eve.break_), (at("2024-12-24T04:00Z"), None));
    let last = at("2024-12-24T03:59Z");
    assert_eq!(xhkg.next_minute(last, MinuteLabel::Start).unwrap(), at("2024-12-27T01:30Z"));
    let next = at("2024-12-27T01:30Z");
    assert_eq!(xhkg.previous_minute(next, MinuteLabel::Start).unwrap(), last);
}

#[test]
fn chicago_opens_the_evening_before() {
    let cmes = Calendar::named("CMES").unwrap();
    let session = cmes.session(day("2024-07-01")).unwrap();
    assert_eq!(session.open, at("2024-06-30T22:00Z"));
    let sunday_evening = at("2024-06-30T23:00Z");
    assert_eq!(
        cmes.session_of(sunday_evening, MinuteLabel::Start).unwrap(),
        Some(day("2024-07-01"))
    );
}

#[test]
fn days_without_end_belong_to_one_session_each() {
    let always = Calendar::named("24-7").unwrap();
    let midnight = at("2024-03-01T00:00Z");
    let of = |label| always.session_near(midnight, label, Toward::Next).unwrap();
    assert_eq!(of(MinuteLabel::Start), day("2024-03-01"));
    assert_eq!(of(MinuteLabel::End), day("2024-02-29"));
    assert_eq!(always.next_close(at("2050-12-31T12:00Z")).unwrap(), at("2051-01-01T00:00Z"));
    let weekdays = Calendar::named("24-5").unwrap();
    assert!(!weekdays.is_session(day("2024-03-02")).unwrap());
    assert!(weekdays.is_session(day("2024-12-25")).unwrap());
}

#[test]
fn sessions_after_the_announced_year_are_provisional() {
    let xnys = Calendar::named("XNYS").unwrap();
    assert!(!xnys.session(day("2026-12-31")).unwrap().provisional);
    assert!(xnys.session(day("2027-01-04")).unwrap().provisional);
    assert!(!Calendar::named("24/7").unwrap().session(day("2040-01-01")).unwrap().provisional);
}

#[test]
fn moments_inside_a_minute_belong_to_it() {
    let xnys = Calendar::named("XNYS").unwrap();
    let second_in = at("2024-07-01T13:30:01Z");
    for label in [MinuteLabel::Start, MinuteLabel::End] {
        assert_eq!(xnys.minute_offset(second_in, label).unwrap(), (day("2024-07-01"), 0));
    }
    assert_eq!(xnys.next_minute(second_in, MinuteLabel::End).unwrap(), at("2024-07-01T13:31Z"));
    assert_eq!(
        xnys.previous_minute(second_in, MinuteLabel::Start).unwrap(),
        at("2024-07-01T13:30Z")
    );
    assert_eq!(xnys.previous_open(second_in).unwrap(), at("2024-07-01T13:30Z"));
}

#[test]
fn questions_outside_the_table_name_its_range() {
    let xtks = Calendar::named("XTKS").unwrap();
    let error = xtks.is_session(day("1996-12-31")).unwrap_err();
    let expected = "1996-12-31 is outside calendar XTKS, which covers 1997-01-01 to 2050-12-31";
    assert_eq!(error.to_string(), expected);
    let outside = [
        xtks.next_session(day("2051-01-01")).unwrap_err(),
        xtks.sessions(day("1990-01-01")..=day("2000-01-01")).unwrap_err(),
        xtks.next_minute(at("1980-01-01T00:00Z"), MinuteLabel::End).unwrap_err(),
        xtks.next_open(at("2250-01-01T00:00Z")).unwrap_err(),
        xtks.next_session(day("2050-12-31")).unwrap_err(),
        xtks.previous_session(day("1997-01-02")).unwrap_err(),
        xtks.session_offset(day("2024-01-04"), i64::MAX).unwrap_err(),
        xtks.session_offset(day("2024-01-04"), i64::MIN).unwrap_err(),
        xtks.minute_by_index(u32::MAX, MinuteLabel::Start).unwrap_err(),
        xtks.previous_open(at("1997-01-03T00:00Z")).unwrap_err(),
    ];
    for error in outside {
        let text = error.to_string();
        assert!(text.ends_with("calendar XTKS, which covers 1997-01-01 to 2050-12-31"), "{text}");
    }
    assert_eq!(xtks.session(day("1996-12-31")), None);
    let sunday = xtks.session_minutes(day("2024-06-30"), MinuteLabel::End).unwrap_err();
    assert!(matches!(sunday, CalendarError::NotASession { .. }));
    let night = xtks.minute_index(at("2024-07-01T12:00Z"), MinuteLabel::End).unwrap_err();
    assert!(matches!(night, CalendarError::NotTrading { .. }));
    let late = xtks.minute_at(day("2024-07-01"), 300, MinuteLabel::End).unwrap_err();
    let expected = "session 2024-07-01 of calendar XTKS has 300 minutes, so there is no minute 300 (the first is 0)";
    assert_eq!(late.to_string(), expected);
}

#[test]
fn each_moment_of_time_has_an_answer_or_an_error() {
    for name in Calendar::names() {
        let calendar = Calendar::named(name).unwrap();
        for t in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX].map(Timestamp) {
            for label in [MinuteLabel::Start, MinuteLabel::End] {
                assert!(calendar.is_trading(t, label).is_err(), "{name} {}", t.0);
            }
        }
        for day in [i32::MIN, -1, i32::MAX].map(Day) {
            assert!(calendar.next_session(day).is_err());
        }
    }
}
