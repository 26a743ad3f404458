"""Write the embedded calendar table from the Python package exchange_calendars.

    python make_calendars.py TABLE NOTICE     write both files and say what changed
    python make_calendars.py --check TABLE    exit 1 where TABLE is not what would be written

The table is little bytes, read by crates/backcast-calendar/src/table.rs; every number is an
unsigned LEB128 varint unless said otherwise ("signed" is zigzag):

    "BCAL", format (1), days from 1970-01-01 to the last announced day, number of calendars
    per calendar: name and zone (length, UTF-8), length of the rest in bytes, then
        first, last       days from 1970-01-01 (signed) that the table answers for
        weekmask          bit 0 is Monday
        hours             count, then open (signed), close - open, break: 0, or 1 + break start - open
                          and break end - break start; minutes from 00:00 UTC of the session's date
        regimes           count, then days since the previous one (the first: since `first`), index of hours
        special           the same shape: days with hours of their own
        holidays          count, then days since the previous one: weekmask days without session
        extra             the same shape: sessions outside the weekmask

Times of day are UTC, so a zone with daylight saving has two regimes a year and the reader
needs no zone database. Zone names are kept for display alone.
"""

import datetime
import importlib.metadata
import sys
import zoneinfo
from pathlib import Path

# The zone rules of the pinned `tzdata` package alone, so that each machine writes the same bytes.
zoneinfo.reset_tzpath(to=[])

import exchange_calendars  # noqa: E402
import numpy as np  # noqa: E402

VERSION = "4.13.2"
# Holidays up to the end of the year of that release are announced, later ones follow from rules.
ANNOUNCED_THROUGH = "2026-12-31"
# XTKS and XHKG stop where the package stops; XNAS is an alias of XNYS; 24/7 and 24/5 are rules.
SPANS = {
    "XNYS": ("1990-01-01", "2050-12-31"),
    "XLON": ("1990-01-01", "2050-12-31"),
    "XTKS": ("1997-01-01", "2050-12-31"),
    "XHKG": ("1990-01-01", "2049-12-31"),
    "XETR": ("1990-01-01", "2050-12-31"),
    "CMES": ("1990-01-01", "2050-12-31"),
}


def day(text):
    return int(np.datetime64(text, "D").astype("int64"))


def date(number):
    return str(np.datetime64(number, "D"))


def sessions(name, first, last):
    """{day: (open, close, break start, break end)} in minutes from 00:00 UTC of that day."""
    table = exchange_calendars.get_calendar(name, start=first, end=last).schedule
    days = table.index.values.astype("datetime64[D]").astype("int64").tolist()

    def column(title):
        times = table[title].dt.tz_convert(None).values.astype("datetime64[m]")
        return [
            None if np.isnat(time) else int(time.astype("int64")) - 1440 * d
            for d, time in zip(days, times)
        ]

    columns = [column(title) for title in ("open", "close", "break_start", "break_end")]
    return dict(zip(days, zip(*columns)))


def weekday(number):
    return (number + 3) % 7


def regular_hours(name, found):
    """{day: hours} that the exchange would keep on that day were it an ordinary one."""
    cal = exchange_calendars.get_calendar(name, start=date(min(found)), end=date(max(found)))
    special = {
        int(stamp.to_datetime64().astype("datetime64[D]").astype("int64"))
        for group in (cal.early_closes, cal.late_opens)
        for stamp in group
    }
    # Daylight saving may begin on a special day: local hours decide, not those of the neighbours.
    zone = zoneinfo.ZoneInfo(str(cal.tz))
    hours, ordinary = {}, None
    for number in sorted(found):
        shift = local_shift(zone, number, found[number][0])
        if number not in special:
            ordinary = tuple(None if m is None else m + shift for m in found[number])
        if ordinary is not None:
            hours[number] = tuple(None if m is None else m - shift for m in ordinary)
    return hours


def local_shift(zone, number, minute):
    """Minutes that the zone's wall clock is ahead of UTC at that minute of that day."""
    utc = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    moment = utc + datetime.timedelta(days=number, minutes=minute)
    return int(moment.astimezone(zone).utcoffset().total_seconds()) // 60


def rules(name, first, last):
    found = sessions(name, first, last)
    regular = regular_hours(name, found)
    assert all(weekday(d) < 5 for d in found), "a weekend session: extend the weekmask"
    start, end = day(first), day(last)
    regimes, special, ordinary = [], [], None
    for number in sorted(found):
        usual = regular.get(number, found[number])
        if usual != ordinary:
            ordinary = usual
            regimes.append((number, usual))
        if found[number] != usual:
            special.append((number, found[number]))
    return {
        "zone": str(exchange_calendars.get_calendar(name).tz),
        "first": start,
        "last": end,
        "weekmask": 0b0011111,
        "regimes": regimes,
        "special": special,
        "holidays": [d for d in range(start, end + 1) if weekday(d) < 5 and d not in found],
        "extra": [d for d in found if weekday(d) >= 5],
        "found": found,
    }


def varint(number):
    assert number >= 0, number
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def signed(number):
    return varint(number * 2 if number >= 0 else -number * 2 - 1)


def text(value):
    return varint(len(value.encode())) + value.encode()


def hours_bytes(hours):
    opens, closes, break_start, break_end = hours
    out = signed(opens) + varint(closes - opens)
    if break_start is None:
        return out + varint(0)
    return out + varint(1 + break_start - opens) + varint(break_end - break_start)


def calendar_bytes(rule):
    kinds = list(dict.fromkeys(h for _, h in rule["regimes"] + rule["special"]))
    body = signed(rule["first"]) + signed(rule["last"]) + varint(rule["weekmask"])
    body += varint(len(kinds)) + b"".join(hours_bytes(h) for h in kinds)
    for part in ("regimes", "special"):
        body += varint(len(rule[part]))
        previous = rule["first"]
        for number, hours in rule[part]:
            body += varint(number - previous) + varint(kinds.index(hours))
            previous = number
    for part in ("holidays", "extra"):
        body += varint(len(rule[part]))
        previous = rule["first"]
        for number in rule[part]:
            body += varint(number - previous)
            previous = number
    return body


def table_bytes(calendars):
    out = b"BCAL" + bytes([1]) + varint(day(ANNOUNCED_THROUGH)) + varint(len(calendars))
    for name, rule in calendars.items():
        body = calendar_bytes(rule)
        out += text(name) + text(rule["zone"]) + varint(len(body)) + body
    return out


class Reader:
    """Reads a table back, to prove what was written and to say what changed."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def varint(self):
        number, shift = 0, 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    def signed(self):
        number = self.varint()
        return number // 2 if number % 2 == 0 else -(number + 1) // 2

    def text(self):
        length = self.varint()
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def hours(self):
        opens = self.signed()
        closes = opens + self.varint()
        lunch = self.varint()
        if lunch == 0:
            return opens, closes, None, None
        return opens, closes, opens + lunch - 1, opens + lunch - 1 + self.varint()

    def dates(self, first, with_hours=None):
        found, at = {}, first
        for _ in range(self.varint()):
            at += self.varint()
            found[at] = with_hours[self.varint()] if with_hours else None
        return found

    def calendar(self):
        name, _zone, _length = self.text(), self.text(), self.varint()
        first, last, weekmask = self.signed(), self.signed(), self.varint()
        kinds = [self.hours() for _ in range(self.varint())]
        regimes, special = self.dates(first, kinds), self.dates(first, kinds)
        holidays, extra = self.dates(first), self.dates(first)
        found, ordinary = {}, None
        for number in range(first, last + 1):
            ordinary = regimes.get(number, ordinary)
            on_mask = weekmask >> weekday(number) & 1 and number not in holidays
            if on_mask or number in extra:
                found[number] = special.get(number, ordinary)
        return name, found

    def table(self):
        assert self.data[:5] == b"BCAL\x01", "not a calendar table of format 1"
        self.at = 5
        _announced = self.varint()
        return dict(self.calendar() for _ in range(self.varint()))


def say_what_changed(old, new):
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, {}), new.get(name, {})
        gone = sorted(before.keys() - after.keys())
        come = sorted(after.keys() - before.keys())
        other = sorted(d for d in before.keys() & after.keys() if before[d] != after[d])
        for title, days in (("without session now", gone), ("session now", come), ("other hours", other)):
            if days:
                some = " ".join(date(d) for d in days[:8])
                print(f"{name}: {len(days)} {title}: {some}{' ...' if len(days) > 8 else ''}")


def notice(table):
    return f"""The sessions and hours in `tables.bin` (and, cut down, in `tests/data`) were computed with the Python package
exchange_calendars {VERSION} (https://github.com/gerrymanoim/exchange_calendars, Copyright 2018 Quantopian, Inc.
and contributors, Apache License 2.0) and the zone rules of tzdata {importlib.metadata.version("tzdata")}, by `cargo xtask calendars`.
No code of it is part of this repository.

Holidays after {ANNOUNCED_THROUGH} follow from rules and are marked provisional. Hours before about 2003 are those that the
package projects back, not always those that the exchange kept.

Size {len(table)} bytes. Calendars: {", ".join(f"{n} {a[:4]} to {b[:4]}" for n, (a, b) in SPANS.items())}.
"""


def main(arguments):
    found = importlib.metadata.version("exchange_calendars")
    if found != VERSION:
        sys.exit(f"exchange_calendars {found} is installed, the table is made with {VERSION}")
    check = arguments[:1] == ["--check"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    calendars = {name: rules(name, *span) for name, span in SPANS.items()}
    table = table_bytes(calendars)
    expanded = Reader(table).table()
    for name, rule in calendars.items():
        assert expanded[name] == rule["found"], f"{name}: the table does not expand to its source"
    path = Path(arguments[1] if check else arguments[0])
    old = path.read_bytes() if path.exists() else b""
    if old:
        say_what_changed(Reader(old).table(), expanded)
    if check:
        print(f"{path}: {'up to date' if old == table else 'differs'} ({len(table)} bytes)")
        sys.exit(old != table)
    path.write_bytes(table)
    Path(arguments[1]).write_text(notice(table))
    print(f"{path}: {'unchanged' if old == table else 'written'} ({len(table)} bytes)")


if __name__ == "__main__":
    main(sys.argv[1:])
