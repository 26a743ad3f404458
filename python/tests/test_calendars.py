"""Every session of every exchange calendar, as `backcast calendar` prints it, against exchange_calendars.

The package is the source of the embedded table too, so this checks the way of the data through table,
expansion and printing, and that the table in the repository is that of the pinned package.
"""

import csv
import io
import os
import shutil
import subprocess
import zoneinfo
from pathlib import Path

import pytest

# The zone rules of the pinned `tzdata` package, not those of this machine.
zoneinfo.reset_tzpath(to=[])

import exchange_calendars  # noqa: E402

FIRST, LAST = "1990-01-01", "2050-12-31"
SPANS = {
    "XNYS": (FIRST, LAST),
    "XNAS": (FIRST, LAST),
    "XLON": (FIRST, LAST),
    "XTKS": ("1997-01-01", LAST),
    "XHKG": (FIRST, "2049-12-31"),
    "XETR": (FIRST, LAST),
    "CMES": (FIRST, LAST),
    "24/7": (FIRST, LAST),
    "24/5": (FIRST, LAST),
}
COLUMNS = "session open_utc close_utc break_start_utc break_end_utc early_close provisional".split()
ANNOUNCED_THROUGH = "2026-12-31"
RULES = ("24/7", "24/5")


def program():
    named = os.environ.get("BACKCAST_BIN") or shutil.which("backcast")
    if not named or not Path(named).is_file():
        pytest.fail("no program to test: set BACKCAST_BIN to target/release/backcast")
    return named


def printed(name, first, last):
    command = [program(), "calendar", name, f"{first}..{last}", "--format", "csv"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def expected(name, first, last):
    calendar = exchange_calendars.get_calendar(name, start=first, end=last)
    schedule = calendar.schedule
    days = schedule.index.strftime("%Y-%m-%d")
    early = schedule.index.isin(calendar.early_closes)

    def minutes(column):
        return schedule[column].dt.strftime("%Y-%m-%dT%H:%MZ").fillna("")

    times = [minutes(column) for column in ("open", "close", "break_start", "break_end")]
    provisional = (days > ANNOUNCED_THROUGH) & (name not in RULES)
    flags = [[str(bool(flag)).lower() for flag in column] for column in (early, provisional)]
    return [dict(zip(COLUMNS, row)) for row in zip(days, *times, *flags)]


@pytest.mark.parametrize("name", SPANS)
def test_all_sessions_and_hours_are_those_of_the_oracle(name):
    got, wanted = printed(name, *SPANS[name]), expected(name, *SPANS[name])
    assert list(got[0]) == COLUMNS
    differing = [(g, w) for g, w in zip(got, wanted) if g != w]
    assert not differing, f"{len(differing)} sessions differ, first {differing[0]}"
    assert len(got) == len(wanted)


def test_a_day_outside_the_calendar_is_refused_with_its_range():
    command = [program(), "calendar", "XTKS", "1996-12-01..1997-02-01", "--format", "csv"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and done.stdout == ""
    assert "1997-01-01" in done.stderr and "2050-12-31" in done.stderr
