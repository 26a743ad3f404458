"""Fixtures of all Python tests: the program under test, and a browser that has no network.

`cargo xtask test --only python` and `--only browser` run them; by hand:

    cargo build --release --locked
    BACKCAST_BIN=target/release/backcast $(cargo xtask python) -m pytest python/tests
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "chromium-headless-shell chromium google-chrome".split()


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs Chromium; left out by --skip-browser")


@pytest.fixture(scope="session")
def target():
    """Cargo's target folder: the only place in the repository that a test writes to."""
    return ROOT / os.environ.get("BACKCAST_TARGET", "target")


@pytest.fixture(scope="session")
def program():
    """Path of the `backcast` program."""
    named = os.environ.get("BACKCAST_BIN")
    if not named or not Path(named).is_file():
        pytest.fail("no program to test: set BACKCAST_BIN to target/release/backcast")
    return str(Path(named).resolve())


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A folder with its own `.backcast`, so that no state of the repository is read or written."""
    folder = tmp_path_factory.mktemp("project")
    (folder / ".backcast").mkdir()
    return folder


@pytest.fixture(scope="session")
def backcast(program, project):
    """Runs the program in `project`; fails with what it said unless it ends with 0, or with another code that is `allowed`."""

    def run(*arguments, allowed=(0,)):
        command = [program, *map(str, arguments)]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode in allowed, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def chromium():
    """A running browser that reaches nothing, not even by itself in the background."""
    from playwright.sync_api import sync_playwright

    named = os.environ.get("BACKCAST_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not path:
        pytest.fail("no Chromium: set BACKCAST_CHROMIUM to its program")
    options = ["--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()
