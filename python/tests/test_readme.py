"""Each command that README.md and the pages of docs/ show runs as written there and ends well.

Commands stand in blocks marked `sh`. Those of one page run in one folder with a copy of the examples, in the
order of the page, so that a later one may use what an earlier one made.
"""

import re
import shlex
import shutil
import subprocess

import pytest

from conftest import ROOT

PREFIXES = ("backcast ", "cargo run --release --locked -- ")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


def commands(page):
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    shown = [(prefix, line) for line in lines for prefix in PREFIXES if line.startswith(prefix)]
    return [shlex.split(line.removeprefix(prefix)) for prefix, line in shown]


def shown():
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        for number, arguments in enumerate(commands(page)):
            yield pytest.param(name, arguments, id=f"{name} {number}: {' '.join(arguments)}")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}

    def folder_of(page):
        if page not in made:
            folder = made[page] = tmp_path_factory.mktemp("page")
            (folder / ".backcast").mkdir()
            shutil.copytree(ROOT / "examples", folder / "examples")
        return made[page]

    return folder_of


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_page_shows_commands(page):
    assert len(commands(page)) >= (5 if page.name == "README.md" else 1)


@pytest.mark.parametrize(("page", "arguments"), shown())
def test_command_of_a_page(program, folders, page, arguments):
    folder = folders(page)
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    if "--report" in arguments:
        report = folder / arguments[arguments.index("--report") + 1]
        assert report.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
