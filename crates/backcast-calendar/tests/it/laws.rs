//! Laws that hold for each calendar, each day and each minute.

use backcast_calendar::{Calendar, MinuteLabel};
use backcast_types::{Day, Timestamp};
use proptest::prelude::*;

const LABELS: [MinuteLabel; 2] = [MinuteLabel::Start, MinuteLabel::End];

fn calendars() -> impl Strategy<Value = &'static Calendar> {
    proptest::sample::select(Calendar::names()).prop_map(|name| Calendar::named(name).unwrap())
}

/// A calendar and a place in its bounds, a month away from both ends.
fn places() -> impl Strategy<Value = (&'static Calendar, Day, i64)> {
    (calendars(), 0.0..1.0f64, 0..1440i64).prop_map(|(calendar, part, minute)| {
        let (first, last) = calendar.bounds();
        let span = f64::from(last.0 - first.0 - 60);
        (calendar, Day(first.0 + 30 + (span * part) as i32), minute)
    })
}

fn label() -> impl Strategy<Value = MinuteLabel> {
    proptest::sample::select(&LABELS[..])
}

proptest! {
    #[test]
    fn next_and_previous_session_enclose_a_day((calendar, day, _) in places()) {
        let (next, previous) = (calendar.next_session(day).unwrap(), calendar.previous_session(day).unwrap());
        prop_assert!(previous <= day && day <= next);
        prop_assert_eq!(previous == next, calendar.is_session(day).unwrap());
        let between = calendar.count_sessions(previous..=next).unwrap();
        prop_assert_eq!(between, if previous == next { 1 } else { 2 });
    }

    #[test]
    fn offsets_undo_each_other((calendar, day, _) in places(), n in -15i64..15) {
        let from = calendar.next_session(day).unwrap();
        let to = calendar.session_offset(day, n).unwrap();
        prop_assert_eq!(calendar.session_offset(to, -n).unwrap(), from);
        let index = |day| calendar.session_index(day).unwrap() as i64;
        prop_assert_eq!(index(to) - index(from), n);
    }

    #[test]
    fn a_minute_is_found_again_from_its_place((calendar, day, minute) in places(), label in label()) {
        let t = Timestamp::from_minutes(i64::from(day.0) * 1440 + minute);
        let trading = calendar.is_trading(t, label).unwrap();
        prop_assert_eq!(calendar.minute_offset(t, label).is_ok(), trading);
        if trading {
            let (session, offset) = calendar.minute_offset(t, label).unwrap();
            prop_assert_eq!(calendar.minute_at(session, offset, label).unwrap(), t);
            let index = calendar.minute_index(t, label).unwrap();
            prop_assert_eq!(calendar.minute_by_index(index, label).unwrap(), t);
            prop_assert_eq!(calendar.session_of(t, label).unwrap(), Some(session));
        }
    }

    #[test]
    fn neighbouring_minutes_have_neighbouring_places((calendar, day, minute) in places(), label in label()) {
        let t = Timestamp::from_minutes(i64::from(day.0) * 1440 + minute);
        let (next, previous) = (calendar.next_minute(t, label).unwrap(), calendar.previous_minute(t, label).unwrap());
        prop_assert!(previous < t && t < next);
        let apart = calendar.minute_index(next, label).unwrap() - calendar.minute_index(previous, label).unwrap();
        prop_assert_eq!(apart, if calendar.is_trading(t, label).unwrap() { 2 } else { 1 });
        prop_assert_eq!(calendar.previous_minute(next, label).unwrap() == t, calendar.is_trading(t, label).unwrap());
    }

    #[test]
    fn both_labels_name_the_same_minutes((calendar, day, minute) in places()) {
        let t = Timestamp::from_minutes(i64::from(day.0) * 1440 + minute);
        let later = Timestamp::from_minutes(i64::from(day.0) * 1440 + minute + 1);
        let trading = calendar.is_trading(t, MinuteLabel::Start).unwrap();
        prop_assert_eq!(trading, calendar.is_trading(later, MinuteLabel::End).unwrap());
        let inside = Timestamp(t.0 + 1_000_000_000);
        for label in LABELS {
            prop_assert_eq!(trading, calendar.is_trading(inside, label).unwrap());
        }
    }

    #[test]
    fn opens_and_closes_enclose_a_moment((calendar, day, minute) in places()) {
        let t = Timestamp::from_minutes(i64::from(day.0) * 1440 + minute);
        prop_assert!(calendar.previous_open(t).unwrap() < t && t < calendar.next_open(t).unwrap());
        prop_assert!(calendar.previous_close(t).unwrap() < t && t < calendar.next_close(t).unwrap());
    }
}

#[test]
fn sessions_are_in_order_and_do_not_overlap() {
    for name in Calendar::names() {
        let calendar = Calendar::named(name).unwrap();
        let sessions: Vec<_> = calendar
            .all_sessions()
            .iter()
            .map(|&day| calendar.session(day).expect("a session has hours"))
            .collect();
        let mut minutes = 0;
        for session in &sessions {
            let pause = session.break_.unwrap_or((session.close, session.close));
            assert!(session.open < pause.0 && pause.0 <= pause.1 && pause.1 <= session.close);
            let count = calendar.session_minutes(session.day, MinuteLabel::Start).unwrap().count;
            let traded = session.close.minutes()
                - session.open.minutes()
                - (pause.1.minutes() - pause.0.minutes());
            assert_eq!(i64::from(count), traded, "{name} {}", session.day);
            assert_eq!(calendar.minute_index(session.open, MinuteLabel::Start).unwrap(), minutes);
            minutes += count;
        }
        for pair in sessions.windows(2) {
            assert!(
                pair[0].day < pair[1].day && pair[0].close <= pair[1].open,
                "{name} {}",
                pair[1].day
            );
        }
        let last = sessions.last().unwrap().close;
        assert_eq!(calendar.minute_index(last, MinuteLabel::End).unwrap(), minutes - 1);
    }
}
