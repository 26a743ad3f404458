"""The live page in a real browser: updates while commands run, finds the server again, asks nobody else.

The server and the commands are the program itself; what cannot be made to happen in time (long
histories, odd names) comes from files as a command would have written them.
"""

import json
import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WIDTHS = {"wide": 1400, "tablet": 820, "phone": 400}
# Longer than any machine needs.
PATIENCE_MS = 60_000

# The event engine has to run this, for longer than any test looks at it.
SLOW = """
[data]
bundle = "sample"
assets = ["AAPL", "IBM"]

[params]
period = { from = 10, to = 509 }
stop = { from = 0.001, to = 0.9, step = 0.001 }

[rules]
enter_long = "close > sma(close, period)"
exit_long = "close < sma(close, period)"
stop_loss = "stop"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".backcast" / "live").mkdir(parents=True)
    (tmp_path / "slow.toml").write_text(SLOW, encoding="utf-8")
    return tmp_path


class Server:
    """A running `backcast dashboard`."""

    def __init__(self, program, folder, *options):
        command = [program, "dashboard", *map(str, options)]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self.address
        self.origin, self.token = self.address.rstrip("/").rsplit("/", 1)
        self.port = int(self.origin.rsplit(":", 1)[1])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=60) == 0
        self.process.stdout.close()


@contextmanager
def serving(program, folder, *options):
    server = Server(program, folder, *options)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def command(program, folder, *arguments):
    """A command in the background; it does not outlive the test."""
    process = subprocess.Popen([program, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=60)


@contextmanager
def opened(chromium, address, width=1400, theme="light", gone=False):
    """The page once it has heard of the server; on leaving, nothing may have asked for anything but the server."""
    origin = "/".join(address.split("/")[:3])
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    complaints, requests = [], []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    page.wait_for_selector("html[data-ready=true]", state="attached")
    try:
        yield page
        assert gone or complaints == []
        assert [url for url in requests if not url.startswith(origin + "/")] == []
    finally:
        context.close()


def status(kind, subject, **changes):
    """A file as a running command writes it; the process that it names is this one."""
    boot = open("/proc/sys/kernel/random/boot_id", encoding="ascii").read().strip()
    ticks = open(f"/proc/{os.getpid()}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()[19]
    now = time.time_ns()
    points = 120
    columns = {
        "elapsed_ms": [500 * (i + 1) for i in range(points)],
        "done": [i * i * 40 for i in range(points)],
        "cpu_ms": [900 * (i + 1) for i in range(points)],
        "resident_bytes": [200_000_000 + 3_000_000 * (i % 40) for i in range(points)],
    }
    process = {"pid": os.getpid(), "start_ticks": int(ticks), "machine": f"{boot} {os.readlink('/proc/self/ns/pid')}"}
    vitals = {"threads": 3, "resident_bytes": 280_000_000, "peak_bytes": 320_000_000, "cpu_ns": 108 * 10**9}
    return {
        "format": "backcast-live", "version": 1, "process": process, "kind": kind, "command": ["backcast", kind, subject],
        "subject": subject, "phase": "running", "started_ns": now - 60 * 10**9, "updated_ns": now, "elapsed_ns": 60 * 10**9,
        "state": "running", "exit_code": None, "result": None, "progress": None, "best": None, "spans": [], "caches": [],
        "vitals": vitals, "history": columns, **changes,
    }  # fmt: skip


def write(folder, name, content):
    """Aside and renamed, as commands do."""
    aside = folder / ".backcast" / "live" / f".{name}.part"
    aside.write_text(json.dumps(content), encoding="utf-8")
    aside.rename(aside.with_name(f"{name}.json"))


def alert(subject, change, commit):
    """A file as `backcast baseline watch` writes it."""
    ratio = {"estimate": 1.04, "low": 1.03, "high": 1.05, "level": 0.99}
    return {
        "format": "backcast-alert", "version": 1, "time_ns": time.time_ns(), "subject": subject, "class": "0123456789ab", "measure": "wall",
        "change": change, "ratio": ratio, "before": 1e9, "now": 1.04e9, "commit": commit, "records": [],
    }  # fmt: skip


def full(folder):
    """A project with one of everything."""
    best = [{"account": f"window {i}", "set": f"fast {5 + i}, slow {90 + i}", "value": 1.2 - i / 9, "shown": f"{1.2 - i / 9:.2f}"} for i in range(8)]
    spans = [{"name": name, "self_ns": int(share * 1e9), "share": share} for name, share in [("engine.lanes", 0.62), ("rules.evaluate", 0.2), ("data.history", 0.06)]]
    caches = [{"name": "indicator series", "hits": 900, "misses": 100, "bytes": 73_400_320}]
    progress = {"done": 571_220, "total": 900_000, "unit": "runs", "per_second": 9_480.5, "left_ns": 35 * 10**9}
    write(folder, "1-1", status("walkforward", "examples/walkforward.toml", progress=progress, best={"metric": "Sharpe", "sets": best}, spans=spans, caches=caches))
    ends = [("2-1", "run", "finished", 0), ("3-1", "sweep", "stopped", 75), ("4-1", "ingest", "failed", 1)]
    for name, kind, state, code in ends:
        write(folder, name, status(kind, f"examples/{kind}.toml", state=state, exit_code=code, result="0123456789ab"))
    gone = status("sweep", "examples/killed.toml")
    gone["process"]["start_ticks"] = 1
    write(folder, "5-1", gone)
    alerts = folder / ".backcast" / "baselines" / "alerts"
    alerts.mkdir(parents=True)
    (alerts / "1.json").write_text(json.dumps(alert("sweep grid.toml", "slower", "0123456789abcdef")), encoding="utf-8")


def test_a_running_sweep_is_followed_to_its_end(chromium, program, folder):
    with serving(program, folder) as server, opened(chromium, server.address) as page:
        expect(page.locator("#no-commands")).to_be_visible()
        with command(program, folder, "sweep", "slow.toml") as sweep:
            card = page.locator(".command-card")
            expect(card.locator("h3")).to_have_text("slow.toml")
            expect(card.locator(".best li").first).to_be_visible()
            done = lambda: int(card.locator(".done").inner_text().split(", ", 1)[1].split(" of ")[0].replace(",", ""))
            first, shape = done(), card.locator(".spark-line").first.get_attribute("d")
            expect(card.locator(".left")).to_contain_text("left")
            deadline = time.monotonic() + PATIENCE_MS / 1000
            while done() == first or card.locator(".spark-line").first.get_attribute("d") == shape:
                assert time.monotonic() < deadline, "no update arrived"
                page.wait_for_timeout(50)
            assert done() > first
            assert page.title().split(" ")[1] == "%"
            sweep.send_signal(signal.SIGINT)
            assert sweep.wait(timeout=60) == 75
            expect(card).to_have_count(0)
            row = page.locator("#ended tbody tr").first
            expect(row).to_contain_text("stopped")
            expect(row).to_contain_text("backcast sweep --resume ")
            expect(page.locator("#results tbody tr").first).to_contain_text("slow.toml")


def test_where_a_sweep_spends_its_time_is_told_while_somebody_looks(chromium, program, folder):
    with serving(program, folder) as server, opened(chromium, server.address) as page:
        with command(program, folder, "sweep", "slow.toml"):
            card = page.locator(".command-card")
            expect(card.locator(".bars .name").first).to_contain_text(".")
            expect(card.locator(".detail", has_text="Caches")).to_contain_text("None.")


def test_an_alert_of_a_watch_and_its_baselines_appear(chromium, program, folder):
    (folder / "pace").write_text("0.01", encoding="utf-8")
    nap = ["-n", "3", "--warmup", "0", "--name", "nap", "--despite-doubts", "--", "sh", "-c", "sleep $(cat pace)"]
    with serving(program, folder) as server, opened(chromium, server.address) as page:
        expect(page.locator("#baselines .nothing")).to_be_visible()
        subprocess.run([program, "baseline", "save", *nap], cwd=folder, check=True, capture_output=True, timeout=60)
        row = page.locator("#baselines tbody tr")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("nap")
        (folder / "pace").write_text("0.15", encoding="utf-8")
        watch = [program, "baseline", "watch", "--every", "100ms", "--times", "2", "--measure", "wall", *nap]
        told = subprocess.run(watch, cwd=folder, check=False, capture_output=True, timeout=120)
        assert told.returncode == 1, told
        expect(page.locator("#alerts tbody tr")).to_have_count(1)
        expect(page.locator("#alerts tbody tr")).to_contain_text("more than over 3 sessions before")
        expect(page.locator("[data-total=alerts]")).to_have_text("1")
        # Three that were saved, the one that looked slow and its repetition, and at least one of the second round.
        expect(row.locator("td").nth(2)).to_have_text(re.compile("[67]"))


def test_two_commands_have_a_card_each_and_a_killed_one_is_told_apart(chromium, program, folder):
    with serving(program, folder) as server, opened(chromium, server.address) as page:
        write(folder, "1-1", status("bench", "other.toml"))
        with command(program, folder, "sweep", "slow.toml") as sweep:
            expect(page.locator(".command-card")).to_have_count(2)
            expect(page.locator("[data-total=running]")).to_have_text("2")
            sweep.kill()
            sweep.wait(timeout=60)
            expect(page.locator(".command-card")).to_have_count(1)
            expect(page.locator("#ended tbody tr")).to_contain_text("ended unexpectedly")


def test_the_page_finds_the_server_again_after_a_restart(chromium, program, folder):
    server = Server(program, folder)
    try:
        with opened(chromium, server.address, gone=True) as page:
            expect(page.locator("#link")).to_have_text("live")
            server.stop()
            expect(page.locator("#link")).to_have_text("not connected")
            expect(page.locator("#notices")).to_contain_text(f"backcast dashboard --port {server.port}")
            write(folder, "1-1", status("sweep", "meanwhile.toml"))
            server = Server(program, folder, "--port", server.port)
            expect(page.locator("#link")).to_have_text("live")
            expect(page.locator(".command-card h3")).to_have_text("meanwhile.toml")
            expect(page.locator("#notices li")).to_have_count(0)
            server.stop()
            server = Server(program, folder, "--port", server.port, "--new-token")
            expect(page.locator("#link")).to_have_text("refused")
            expect(page.locator("#notices")).to_contain_text("another token")
    finally:
        server.stop()


def test_a_wrong_token_is_refused(chromium, program, folder):
    with serving(program, folder) as server:
        page = chromium.new_page()
        for path in ("/", "/" + "0" * 32 + "/", f"/{server.token[:-1]}/", "/events"):
            answer = page.goto(server.origin + path)
            assert answer.status == 403
            assert "backcast dashboard" in page.inner_text("body")
        page.close()


def test_names_stay_text(chromium, program, folder):
    evil = "<img src=x onerror=\"document.body.dataset.broken='yes'\"><b>bold</b>"
    best = {"metric": evil, "sets": [{"account": evil, "set": evil, "value": 1.0, "shown": evil}]}
    named = {
        "phase": evil,
        "command": [evil, evil],
        "best": best,
        "progress": {"done": 1, "total": 2, "unit": evil, "per_second": 1.0, "left_ns": 1},
        "spans": [{"name": evil, "self_ns": 1, "share": 0.5}],
        "caches": [{"name": evil, "hits": 1, "misses": 1, "bytes": None}],
    }
    write(folder, "1-1", status(evil, evil, **named))
    write(folder, "2-1", status(evil, evil, **named, state="failed", exit_code=1, result=evil))
    alerts = folder / ".backcast" / "baselines" / "alerts"
    alerts.mkdir(parents=True)
    (alerts / "1.json").write_text(json.dumps(alert(evil, evil, evil)), encoding="utf-8")
    with serving(program, folder) as server, opened(chromium, server.address) as page:
        expect(page.locator(".command-card h3")).to_have_text(evil)
        expect(page.locator("#ended tbody tr")).to_have_count(1)
        expect(page.locator("#alerts tbody tr")).to_contain_text(evil)
        assert page.locator("img, b").count() == 0
        assert page.get_attribute("body", "data-broken") is None


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits(chromium, program, folder, target, theme, width):
    full(folder)
    with serving(program, folder) as server, opened(chromium, server.address, WIDTHS[width], theme) as page:
        assert page.get_attribute("html", "data-theme") == theme
        expect(page.locator(".command-card")).to_have_count(1)
        expect(page.locator("#ended tbody tr")).to_have_count(4)
        expect(page.locator("#alerts tbody tr")).to_have_count(1)
        for line in page.locator(".spark-line").all():
            assert line.get_attribute("d").count("L") > 50
        shots = target / "screenshots"
        shots.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=shots / f"dashboard-{theme}-{width}.png", full_page=True)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{overflow} pixels wider than the window"


def test_the_pointer_reads_a_value_off_a_chart(chromium, program, folder):
    full(folder)
    with serving(program, folder) as server, opened(chromium, server.address) as page:
        memory = page.locator(".spark").nth(1)
        expect(memory.locator(".spark-value")).to_have_text("317\u00a0MB")
        memory.locator(".spark-plot").scroll_into_view_if_needed()
        box = memory.locator(".spark-plot").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(memory.locator(".spark-value")).to_contain_text(" at 30\u00a0s")
        page.mouse.move(box["x"], box["y"] - 200)
        expect(memory.locator(".spark-value")).to_have_text("317\u00a0MB")
