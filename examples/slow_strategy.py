"""A strategy as it is often written: it prepares the same data anew for each bar. What `backcast profile` is for.

    backcast profile -- python3 examples/slow_strategy.py
    backcast profile --scale bars=60..240 -- python3 examples/slow_strategy.py {bars}
"""

import csv
import io
import math
import sys


def made_up_prices(assets, bars):
    """Rows of a price file: date, asset, close."""
    rows = ["date,asset,close"]
    for day in range(bars):
        for asset in range(assets):
            close = 100 + 10 * math.sin(day / 9 + asset) + day * 0.01 * asset
            rows.append(f"{day},A{asset},{close:.4f}")
    return "\n".join(rows)


def load(text):
    return list(csv.DictReader(io.StringIO(text)))


def closes_of(rows, asset, day):
    """All closes of an asset up to a day, looked for in all rows."""
    return [float(row["close"]) for row in rows if row["asset"] == asset and int(row["date"]) <= day]


def average(values, n):
    return sum(values[-n:]) / n


def main():
    bars = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rows = load(made_up_prices(assets=5, bars=bars))
    signals = 0
    for day in range(30, bars):
        for asset in sorted({row["asset"] for row in rows}):
            closes = closes_of(rows, asset, day)
            signals += average(closes, 10) > average(closes, 30)
    print(f"{signals} bars with the fast average above the slow one")


if __name__ == "__main__":
    main()
