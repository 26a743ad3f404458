"""Each command that README.md shows runs as written there and ends well.

Commands stand in blocks marked `sh`. They run in one folder with a copy of the examples, in the order
of the page, so that a later one may use what an earlier one made.
"""

import re
import shlex
import shutil
import subprocess

import pytest

from conftest import ROOT

PREFIXES = ("backcast ", "cargo run --release --locked -- ")


def commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    shown = [(prefix, line) for line in lines for prefix in PREFIXES if line.startswith(prefix)]
    return [shlex.split(line.removeprefix(prefix)) for prefix, line in shown]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readme")
    (folder / ".backcast").mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


def test_the_readme_shows_commands():
    assert len(commands()) >= 5


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_command_of_the_readme(program, folder, arguments):
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    if "--report" in arguments:
        report = folder / arguments[arguments.index("--report") + 1]
        assert report.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
