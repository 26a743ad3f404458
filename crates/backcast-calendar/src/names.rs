//! Calendars by name, each expanded when first asked for.

use std::sync::OnceLock;

use backcast_types::Day;

use crate::{Calendar, CalendarError, build::Builder, hours::Hours, table};

const NAMES: [&str; 9] = ["XNYS", "XNAS", "XLON", "XTKS", "XHKG", "XETR", "CMES", "24/7", "24/5"];
static CALENDARS: [OnceLock<Calendar>; NAMES.len()] = [const { OnceLock::new() }; NAMES.len()];

const EVERY_DAY: u8 = 0b111_1111;
const WEEKDAYS: u8 = 0b001_1111;

impl Calendar {
    /// The embedded calendar of that name, in any case; `/` may be written as `-` (`24-7`).
    ///
    /// The first call for a name expands it (well under a millisecond), later calls return the same.
    ///
    /// # Errors
    /// [`CalendarError::UnknownName`], which lists the names, the nearest first.
    pub fn named(name: &str) -> Result<&'static Calendar, CalendarError> {
        let wanted = name.trim().to_ascii_uppercase().replace('-', "/");
        match NAMES.iter().position(|known| *known == wanted) {
            Some(at) => Ok(CALENDARS[at].get_or_init(|| expand(NAMES[at]))),
            None => Err(unknown(name, &wanted)),
        }
    }

    /// The names of all embedded calendars.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        &NAMES
    }
}

fn expand(name: &'static str) -> Calendar {
    let _span = backcast_spans::span!("calendar.load");
    match name {
        "24/7" => always_open(name, EVERY_DAY, 365.0),
        "24/5" => always_open(name, WEEKDAYS, 260.0),
        // Nasdaq keeps the sessions and hours of New York.
        "XNAS" => table::exchange("XNYS", name).expect("the table has XNYS"),
        _ => table::exchange(name, name).expect("the table has each exchange of the list of names"),
    }
}

/// Sessions from midnight to midnight UTC on all days of `weekmask`, 1990 to 2050. `sessions_per_year` is the customary
/// number (52 weeks of five days for 24/5), not the mean with its leap years.
fn always_open(name: &str, weekmask: u8, sessions_per_year: f64) -> Calendar {
    let first = Day::from_ymd(1990, 1, 1).expect("a day");
    let last = Day::from_ymd(2050, 12, 31).expect("a day");
    let day_long = Hours { open: 0, close: 1440, break_: None };
    let mut builder = Builder::new(name, "UTC", first, last, weekmask, None);
    for day in (first.0..=last.0).map(Day) {
        if builder.trades_on(day) {
            builder.push(day, day_long, day_long);
        }
    }
    Calendar { sessions_per_year, ..builder.finish() }
}

fn unknown(name: &str, wanted: &str) -> CalendarError {
    let mut known = NAMES.to_vec();
    known.sort_by_key(|known| strsim::damerau_levenshtein(known, wanted));
    CalendarError::UnknownName { name: name.to_owned(), known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_with_a_dash() {
        for name in ["24/7", "24-7"] {
            assert_eq!(Calendar::named(name).unwrap().name(), "24/7");
        }
        assert!(std::ptr::eq(Calendar::named("xnys").unwrap(), Calendar::named("XNYS").unwrap()));
        assert_eq!(Calendar::named("xnas").unwrap().name(), "XNAS");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_first() {
        let error = Calendar::named("XNYZ").unwrap_err();
        assert!(error.to_string().starts_with("no calendar is called `XNYZ`; there are XNYS, "));
        assert!(error.to_string().contains("24/5"));
    }

    #[test]
    fn a_year_has_its_customary_number_of_sessions() {
        let found: Vec<(&str, f64)> =
            NAMES.map(|name| (name, Calendar::named(name).unwrap().sessions_per_year())).to_vec();
        let expected = [252.0, 252.0, 252.0, 245.0, 247.0, 252.0, 258.0, 365.0, 260.0];
        assert_eq!(found, NAMES.into_iter().zip(expected).collect::<Vec<_>>());
    }
}
