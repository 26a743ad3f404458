"""The pages of benchmarks, histories and proofs in a real browser: drawn, readable light and dark, wide and narrow.

Benchmarks and proofs are measured by the program itself; the history is made of one real session whose
times were set, so that it has a change and an alert whatever the machine does.
"""

import csv
import io
import json

import pytest

from test_report_browser import FEWEST_COLOURS, colours, opened

pytestmark = pytest.mark.browser

CHARTS = {
    "bench": ["pairs", "runs-in-order", "distribution", "memory"],
    "suite": ["ratios", "times", "runs-in-order"],
    "scan": ["scan"],
    "history": ["history-figure"],
    "proof": ["pairs", "runs-in-order", "distribution", "memory"],
}
# A name that would be an element, and long as command lines are.
EVIL = "<b>sweep</b> --bundle sample --assets AAPL,IBM,MSFT,GOOG examples/sma_grid.toml"
SUITE = """
[[bench]]
name = "a tenth of a second that is compared with less of one"
command = ["sleep", "0.03"]
vs = { command = ["sleep", "0.02"] }

[[bench]]
name = "nothing against nothing"
command = ["true"]
vs = { command = ["true"] }

[[bench]]
name = "alone"
command = ["sleep", "0.01"]
"""
SESSIONS = 24
CHANGE = 15


@pytest.fixture(scope="module")
def pages(backcast, project):
    """Page files by name. A machine too restless to judge (3) has pages all the same, and so has what is slower (1)."""
    found = {name: project / f"{name}.html" for name in CHARTS}
    told = (0, 1, 3)
    nap = ["--", "sleep", "0.01"]
    backcast("bench", "-n", 12, "--name", EVIL, "--vs-command", "sleep 0.012", "--report", found["bench"], *nap, allowed=told)
    (project / "suite.toml").write_text(SUITE, encoding="utf-8")
    backcast("bench", "--suite", project / "suite.toml", "-n", 8, "--report", found["suite"], allowed=told)
    scan = ["--scan", "MS=1,2,4,8", "-n", 4, "--warmup", 0]
    backcast("bench", *scan, "--report", found["scan"], "--", "sleep", "0.00{MS}", allowed=told)
    slow, fast = (f"sh -c 'sleep {time}; echo done'" for time in (0.03, 0.01))
    backcast("certify", slow, fast, "--equal", "stdout", "-n", 8, "--report", found["proof"], allowed=told)
    keep_a_history(backcast, project)
    backcast("baseline", "history", "--report", found["history"])
    return found


def keep_a_history(backcast, project):
    """Sessions a day apart, slower by a fifth from one of them on, which an alert told of."""
    figures = project / "figures.json"
    backcast("bench", "-n", 4, "--name", EVIL, "--export", figures, "--", "true", allowed=(0, 3))
    [session] = json.loads(figures.read_text(encoding="utf-8"))["sessions"]
    sessions = []
    for day in range(SESSIONS):
        one = json.loads(json.dumps(session))
        record = one["candidate"]
        record["taken_at"] = f"2026-03-{day + 1:02}T08:00:00Z"
        record["commit"] = f"c{day:02}ffee"
        level = 100e6 if day < CHANGE else 120e6
        for i, run in enumerate(record["runs"]):
            run["sample"]["wall_ns"] = int(level * (1 + 0.004 * ((day * 7 + i * 3) % 5 - 2)))
        sessions.append(one)
    figures.write_text(json.dumps({"format": "backcast-bench", "version": 1, "sessions": sessions}), encoding="utf-8")
    backcast("baseline", "save", "--despite-doubts", "--import", figures)
    rows = list(csv.DictReader(io.StringIO(backcast("baseline", "history", "--format", "csv").stdout)))
    slow = [row for row in rows if row["command"] == EVIL][CHANGE:]
    alert = {
        "format": "backcast-alert", "version": 1, "time_ns": 1_773_700_000_000_000_000, "subject": EVIL, "class": slow[0]["class"],
        "measure": "wall", "change": "wall 20.0 % more than over 15 sessions before", "before": 100e6, "now": 120e6,
        "ratio": {"estimate": 1.2, "low": 1.17, "high": 1.23, "level": 0.99}, "commit": "c15ffee",
        "records": [row["id"] for row in slow[:2]],
    }  # fmt: skip
    folder = project / ".backcast" / "baselines" / "alerts"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(json.dumps(alert), encoding="utf-8")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 400)])
@pytest.mark.parametrize("name", CHARTS)
def test_every_figure_is_drawn_and_the_page_fits(chromium, pages, target, name, theme, width):
    with opened(chromium, pages[name], width, theme) as page:
        assert page.get_attribute("html", "data-error") is None
        shots = target / "screenshots"
        shots.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=shots / f"lab-{name}-{theme}-{width}.png", full_page=True)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{overflow} pixels wider than the window"
        assert page.locator("b, i").count() == 0, "a name became an element"
        for chart in CHARTS[name]:
            picture = page.locator(f"#{chart}.js-plotly-plot").screenshot()
            assert colours(page.context, picture) >= FEWEST_COLOURS, f"#{chart} is blank"
            titles = page.locator(f"#{chart} .xtitle").all_text_contents()
            assert titles and all(titles), f"#{chart} has no title below"


def test_a_history_shows_its_change_its_alert_and_commits(chromium, pages):
    with opened(chromium, pages["history"]) as page:
        told = page.evaluate(
            """() => {
                const { data, layout } = document.getElementById("history-figure");
                return { names: data.map((trace) => trace.name), texts: data.flatMap((trace) => trace.text), labels: layout.annotations.map((one) => one.text), bands: layout.shapes.length };
            }"""
        )
        assert told["names"] == ["level", "session", "alert"]
        assert told["bands"] == 1 and told["labels"] == ["+20.0 %"]
        assert any("commit c03ffee" in text for text in told["texts"])
        assert any("alert: wall 20.0 % more" in text for text in told["texts"])
        row = page.locator("table#changes tbody tr").first
        assert "c15ffee" in row.inner_text() and "20.0" in row.inner_text()
        dot = page.locator("#history-figure .scatterlayer .trace").nth(1).locator(".point").nth(3)
        box = dot.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_selector("#history-figure .hovertext:has-text('c03ffee')", state="attached", timeout=10_000)


def test_another_measure_is_another_figure(chromium, pages):
    with opened(chromium, pages["history"]) as page:
        title = lambda: page.evaluate("() => document.getElementById('history-figure').layout.yaxis.title.text")
        assert title() == "time of a run (ms)"
        choices = page.locator("#history-figure-view option").all_inner_texts()
        peak = next(i for i, choice in enumerate(choices) if ", peak, " in choice)
        page.select_option("#history-figure-view", index=peak)
        page.wait_for_function("() => document.getElementById('history-figure').layout.yaxis.title.text.includes('(MB)')")


def test_pairs_have_their_interval_and_the_runs_their_order(chromium, pages):
    with opened(chromium, pages["bench"]) as page:
        pairs = page.evaluate("() => { const { data, layout } = document.getElementById('pairs'); return [data[0].x.length, layout.shapes.filter((one) => one.type === 'rect').length]; }")
        assert pairs == [12, 1]
        assert "95 % interval" in page.inner_text("#pairs-note")
        runs = page.evaluate("() => document.getElementById('runs-in-order').data.slice(0, 2).map((one) => Array.from(one.x))")
        assert runs[0][:4] == [1, 4, 5, 8] and runs[1][:4] == [2, 3, 6, 7]
        assert page.locator("#runs .lead").inner_text().startswith("The candidate is ")
