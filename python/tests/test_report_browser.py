"""The HTML reports in a real browser: drawn, usable, offline, and readable light, dark, wide and narrow.

Each page is made by the program itself, from the examples of the repository. Screenshots of every
theme and width are left in target/screenshots for the eye.
"""

import base64
import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import TimeoutError

from conftest import ROOT

pytestmark = pytest.mark.browser

WIDTHS = {"wide": 1440, "tablet": 820, "phone": 390}
CHARTS = {
    "sweep": ["heatmap", "cell-curve"],
    "run": ["equity", "drawdown", "candles"],
    "walkforward": ["oos-equity", "oos-drawdown"],
    "profile": ["flame"],
    "scale": ["scale-plot"],
}
# A chart of one colour on a background has a handful of colours with its text; an empty one has one or two.
FEWEST_COLOURS = 12

WALK_FORWARD = """
[data]
bundle = "sample"
assets = ["AAPL", "IBM"]

[params]
fast = { from = 5, to = 20, step = 5 }
slow = { from = 50, to = 100, step = 50 }

[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"

[costs]
commission = "0.1%"

[broker]
cash = 100000
size = "100% of equity"

[walkforward]
train = 504
test = 252
metric = "sharpe"
"""


@pytest.fixture(scope="module")
def pages(backcast, project):
    """Report files by name, made by the commands that the README shows."""
    spec = project / "walk_forward.toml"
    spec.write_text(WALK_FORWARD, encoding="utf-8")
    specs = {
        "sweep": ROOT / "examples" / "sma_grid.toml",
        "run": ROOT / "examples" / "sma_cross.toml",
        "walkforward": spec,
        "profile": ROOT / "examples" / "sma_grid.toml",
    }
    found = {}
    for command, spec in specs.items():
        found[command] = project / f"{command}.html"
        backcast(command, spec, "--report", found[command])
    found["scale"] = project / "scale.html"
    sizes = ["--scale", "bars=500..4k,assets=1..4", "--steps", "3", "--repeats", "2"]
    backcast("profile", *sizes, ROOT / "examples" / "sma_cross.toml", "--report", found["scale"])
    return found


@contextmanager
def opened(chromium, path, width=1440, theme="light"):
    """The page, fully drawn; on leaving, nothing may have gone wrong or asked for a network."""
    context = chromium.new_context(
        offline=True, viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    page = context.new_page()
    complaints, requests = [], []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=true], html[data-error]", state="attached", timeout=60_000)
    try:
        yield page
        assert complaints == []
        assert [url for url in requests if not re.match("(file|data|blob):", url)] == []
    finally:
        context.close()


def colours(context, png):
    """How many different colours a picture has; the browser decodes it."""
    page = context.new_page()
    count = page.evaluate(
        """async (url) => {
            const image = new Image();
            image.src = url;
            await image.decode();
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [image.width, image.height];
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0);
            const { data } = pen.getImageData(0, 0, image.width, image.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }""",
        "data:image/png;base64," + base64.b64encode(png).decode(),
    )
    page.close()
    return count


def plot_area(page, chart):
    """Left, top, width and height of the chart's axes in the window, scrolled into view."""
    page.locator(f"#{chart}").scroll_into_view_if_needed()
    box = page.locator(f"#{chart} .nsewdrag").first.bounding_box()
    return box["x"], box["y"], box["width"], box["height"]


def time_range(page, chart):
    """The chart's time axis in milliseconds."""
    return page.evaluate(
        "(id) => document.getElementById(id)._fullLayout.xaxis.range.map((at) => +new Date(at))", chart
    )


def zoom(page, chart):
    """Drags a box over the middle third of a chart."""
    left, top, width, height = plot_area(page, chart)
    page.mouse.move(left + width / 3, top + height / 2)
    page.mouse.down()
    page.mouse.move(left + width / 2, top + height / 2, steps=4)
    page.mouse.move(left + width * 2 / 3, top + height / 2, steps=4)
    page.mouse.up()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_drawn_and_the_page_fits(chromium, pages, target, name, theme, width):
    with opened(chromium, pages[name], WIDTHS[width], theme) as page:
        assert page.get_attribute("html", "data-error") is None
        assert page.get_attribute("html", "data-theme") == theme
        shots = target / "screenshots"
        shots.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=shots / f"{name}-{theme}-{width}.png", full_page=True)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{overflow} pixels wider than the window"
        for chart in CHARTS[name]:
            picture = page.locator(f"#{chart}.js-plotly-plot").screenshot()
            assert colours(page.context, picture) >= FEWEST_COLOURS, f"#{chart} is blank"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_background(chromium, pages, theme):
    with opened(chromium, pages["run"], theme=theme) as page:
        ink, paper = page.evaluate(
            "() => ['color', 'backgroundColor'].map((name) => getComputedStyle(document.body)[name])"
        )
        assert contrast(ink, paper) >= 7.0
        assert (luminance(paper) > 0.5) == (theme == "light")


def luminance(colour):
    """Relative luminance of `rgb(r, g, b)`; source: WCAG 2.2."""
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one, two):
    """Contrast ratio of two colours, 1 to 21; source: WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_zooming_one_chart_moves_all_of_the_run_and_a_double_click_resets(chromium, pages):
    with opened(chromium, pages["run"]) as page:
        before = time_range(page, "equity")
        zoom(page, "equity")
        page.wait_for_function(
            "(old) => +new Date(document.getElementById('equity')._fullLayout.xaxis.range[0]) > old", arg=before[0]
        )
        after = time_range(page, "equity")
        assert after[0] > before[0] and after[1] < before[1]
        for other in ("drawdown", "candles"):
            page.wait_for_function(
                "([id, start]) => Math.abs(new Date(document.getElementById(id)._fullLayout.xaxis.range[0]) - start) < 8.64e7",
                arg=[other, after[0]],
            )
        left, top, width, height = plot_area(page, "equity")
        page.mouse.dblclick(left + width / 2, top + height / 2)
        page.wait_for_function(
            "(old) => +new Date(document.getElementById('equity')._fullLayout.xaxis.range[0]) === old", arg=before[0]
        )


def test_a_function_is_found_in_the_flame_graph_and_enlarged_by_a_click(chromium, pages):
    with opened(chromium, pages["profile"]) as page:
        page.fill("#flame-search", "engine.")
        page.wait_for_selector("#flame-note:has-text('call paths have it')", timeout=10_000)
        page.locator("#flame .slice", has_text="search.sweep").first.click()
        page.wait_for_selector("#flame g.pathbar", state="attached", timeout=10_000)


def click_cell(page, across, up, old):
    """A click on the heatmap as a person makes it, at a fraction of its width and height from the lower left.

    The chart knows a cell only once the pointer has rested on it, so one click may come too early.
    """
    for _ in range(10):
        left, top, width, height = plot_area(page, "heatmap")
        x, y = left + width * across, top + height * (1 - up)
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y, steps=4)
        page.wait_for_timeout(200)
        page.mouse.click(x, y, delay=50)
        try:
            page.wait_for_function(
                "(old) => document.getElementById('cell-curve').dataset.trial !== old", arg=old, timeout=3000
            )
            return
        except TimeoutError:
            continue
    raise AssertionError("no click on the heatmap showed another curve")


def test_another_part_along_another_size_is_another_plot(chromium, pages):
    with opened(chromium, pages["scale"]) as page:
        title = "#scale-plot .xtitle"
        assert page.locator(title).text_content() == "bars"
        before = page.locator("#scale-plot .scatterlayer").inner_html()
        page.select_option("#scale-axis", label="assets")
        page.wait_for_selector(f"{title}:has-text('assets')", state="attached", timeout=10_000)
        drawn = page.locator("#scale-plot .scatterlayer").inner_html()
        assert drawn != before
        page.select_option("#scale-part", index=1)
        for _ in range(200):
            if page.locator("#scale-plot .scatterlayer").inner_html() != drawn:
                return
            page.wait_for_timeout(50)
        raise AssertionError("another part drew the same plot")


def test_a_click_on_the_heatmap_shows_the_curve_of_that_cell(chromium, pages):
    with opened(chromium, pages["sweep"]) as page:
        shown = lambda: page.evaluate(
            """() => {
                const chart = document.getElementById("cell-curve");
                return { trial: chart.dataset.trial, kind: chart.dataset.curve, values: Array.from(chart.data[0].y) };
            }"""
        )
        before = shown()
        assert before["kind"] == "full", "the best set is shown first, and in full"
        seen = {before["trial"]}
        for across, up in ((0.25, 0.75), (0.75, 0.25), (0.1, 0.1)):
            click_cell(page, across, up, before["trial"])
            after = shown()
            assert after["kind"] in ("coarse", "full") and len(after["values"]) > 50
            assert after["values"] != before["values"]
            assert page.locator("#cell-command code").inner_text().count("--set") >= 1
            seen.add(after["trial"])
            before = after
        assert len(seen) == 4


def test_another_asset_has_another_map(chromium, pages):
    with opened(chromium, pages["sweep"]) as page:
        values = lambda: page.evaluate("() => JSON.stringify(document.getElementById('heatmap').data[0].z)")
        before = values()
        page.select_option("#asset-select", index=1)
        page.wait_for_function("(old) => JSON.stringify(document.getElementById('heatmap').data[0].z) !== old", arg=before)


def test_the_trade_table_sorts_by_the_heading_that_is_clicked(chromium, pages):
    with opened(chromium, pages["run"]) as page:
        more = page.locator(".more[data-for=trades] button")
        if more.count():
            more.click()
        headings = page.locator("table#trades thead th")
        column = next(i for i in range(headings.count()) if "number" in headings.nth(i).get_attribute("class"))
        rows = lambda: page.locator(f"table#trades tbody tr td:nth-child({column + 1})").all_inner_texts()
        before = rows()
        assert len(before) > 1
        headings.nth(column).locator("button").click()
        assert headings.nth(column).get_attribute("aria-sort") == "descending"
        descending = numbers(rows())
        assert descending == sorted(descending, reverse=True) and len(descending) == len(before)
        headings.nth(column).locator("button").click()
        assert headings.nth(column).get_attribute("aria-sort") == "ascending"
        assert numbers(rows()) == descending[::-1]


def numbers(texts):
    """The numbers that cells show, as the page writes them."""
    return [float(re.sub(r"[^0-9.-]", "", text.replace("\u2212", "-"))) for text in texts if "\u2014" not in text]


def test_the_theme_button_redraws_the_charts_in_the_other_theme(chromium, pages):
    with opened(chromium, pages["run"]) as page:
        grid = lambda: page.evaluate("() => document.getElementById('equity')._fullLayout.yaxis.gridcolor")
        light = grid()
        page.click("#theme-toggle")
        page.wait_for_selector("html[data-theme=dark]", state="attached")
        page.wait_for_function(
            "(old) => document.getElementById('equity')._fullLayout.yaxis.gridcolor !== old", arg=light
        )
