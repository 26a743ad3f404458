//! The embedded table: a few bytes per calendar, made by `cargo xtask calendars`.
//!
//! The layout is written down in `xtask/python/make_calendars.py`. Sources and terms stand in `NOTICE`.

use backcast_types::Day;

use crate::{Calendar, build::Builder, hours::Hours};

const BYTES: &[u8] = include_bytes!("tables.bin");
const FORMAT: u8 = 1;
const BROKEN: &str = "the embedded calendar table is well-formed: the tests expand all of it";

/// The exchange calendar `source` of the table, under the name `name`; `None` where the table has none.
pub(crate) fn exchange(source: &str, name: &str) -> Option<Calendar> {
    let mut reader = Reader { bytes: BYTES };
    assert!(reader.take(4) == b"BCAL" && reader.take(1) == [FORMAT], "{BROKEN}");
    let announced = Day(reader.number());
    for _ in 0..reader.number() {
        let (found, zone) = (reader.text(), reader.text());
        let length = reader.number() as usize;
        let mut body = Reader { bytes: reader.take(length) };
        if found == source {
            return Some(body.calendar(name, zone, announced));
        }
    }
    None
}

struct Reader {
    bytes: &'static [u8],
}

impl Reader {
    fn take(&mut self, count: usize) -> &'static [u8] {
        let (head, tail) = self.bytes.split_at_checked(count).expect(BROKEN);
        self.bytes = tail;
        head
    }

    /// An unsigned LEB128 number.
    fn number(&mut self) -> i32 {
        let (mut number, mut shift) = (0u32, 0);
        loop {
            let byte = self.take(1)[0];
            number |= u32::from(byte & 127) << shift;
            shift += 7;
            if byte < 128 {
                return number as i32;
            }
        }
    }

    /// A zigzag number: even is positive.
    fn signed(&mut self) -> i32 {
        let number = self.number();
        if number % 2 == 0 { number / 2 } else { -(number + 1) / 2 }
    }

    fn text(&mut self) -> &'static str {
        let length = self.number() as usize;
        std::str::from_utf8(self.take(length)).expect(BROKEN)
    }

    fn hours(&mut self) -> Hours {
        let open = self.signed();
        let close = open + self.number();
        let break_ = match self.number() {
            0 => None,
            from => Some((open + from - 1, open + from - 1 + self.number())),
        };
        Hours { open, close, break_ }
    }

    fn days(&mut self, first: Day) -> Vec<Day> {
        let mut day = first;
        (0..self.number())
            .map(|_| {
                day = day.plus(self.number());
                day
            })
            .collect()
    }

    fn days_with_hours(&mut self, first: Day, kinds: &[Hours]) -> Vec<(Day, Hours)> {
        let mut day = first;
        (0..self.number())
            .map(|_| {
                day = day.plus(self.number());
                (day, kinds[self.number() as usize])
            })
            .collect()
    }

    fn calendar(&mut self, name: &str, zone: &str, announced: Day) -> Calendar {
        let (first, last) = (Day(self.signed()), Day(self.signed()));
        let weekmask = self.number() as u8;
        let kinds: Vec<Hours> = (0..self.number()).map(|_| self.hours()).collect();
        let regimes = self.days_with_hours(first, &kinds);
        let special = self.days_with_hours(first, &kinds);
        let holidays = self.days(first);
        let extra = self.days(first);

        let mut builder = Builder::new(name, zone, first, last, weekmask, Some(announced));
        // Four sorted lists are walked in step with the days.
        let (mut regime, mut special_at, mut holiday_at, mut extra_at) = (0, 0, 0, 0);
        for day in (first.0..=last.0).map(Day) {
            while regimes.get(regime + 1).is_some_and(|next| next.0 <= day) {
                regime += 1;
            }
            let holiday = holidays.get(holiday_at) == Some(&day);
            let is_extra = extra.get(extra_at) == Some(&day);
            holiday_at += usize::from(holiday);
            extra_at += usize::from(is_extra);
            if (builder.trades_on(day) && !holiday) || is_extra {
                let regular = regimes[regime].1;
                let own = special.get(special_at).filter(|own| own.0 == day);
                special_at += usize::from(own.is_some());
                builder.push(day, own.map_or(regular, |own| own.1), regular);
            }
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stays_small() {
        assert!(BYTES.len() < 10_000, "{} bytes", BYTES.len());
    }

    #[test]
    fn a_calendar_expands_in_less_than_a_millisecond() {
        // The fastest of ten: other tests share the machine.
        let expand = |_| {
            let begin = std::time::Instant::now();
            assert_eq!(exchange("XNYS", "XNYS").unwrap().sessions.len(), 15_343);
            begin.elapsed()
        };
        let fastest = (0..10).map(expand).min().unwrap();
        println!("expanding XNYS took {fastest:?}");
        assert!(fastest.as_micros() < 1000, "{fastest:?}");
    }
}
