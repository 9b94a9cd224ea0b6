"""What README and CONTRIBUTING say is so: files exist, commands run, and the shown changes work."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
CHANGES = re.findall(r"^### (.+?)\n.*?```diff\n(.*?)```", CONTRIBUTING, re.MULTILINE | re.DOTALL)

# Options that make a documented command short without changing what it shows.
SHORTEN = {
    "core.timing": ["--max-seconds", "0.05"],
    "core.training": ["--epochs", "1"],
    "core.activations": [],
    "core.experiments": [],
}


def commands(text: str) -> list[list[str]]:
    """Each command line in the indented and fenced blocks of a document, split into words."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    blocks += re.findall(r"(?:^ {4}\S.*\n)+", text, re.MULTILINE)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith(("make ", "python "))]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    without_changes = re.sub(r"```diff.*?```", "", text, flags=re.DOTALL)
    named = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", without_changes))
    paths = {name for name in named if "/" in name or name.endswith((".md", ".toml", ".txt"))}
    paths |= {link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link}
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_every_room_is_described() -> None:
    rooms = [path for top in ("core", "dashboard") for path in (ROOT / top).iterdir() if path.is_dir()]
    inhabited = [room for room in rooms if (room / "__init__.py").exists()]
    assert [room.name for room in inhabited if f"`{room.relative_to(ROOT)}/`" not in CONTRIBUTING] == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[1] for text in (README, CONTRIBUTING) for words in commands(text) if words[0] == "make"}
    assert named <= targets
    assert {"run", "test"} <= named


@pytest.mark.parametrize(
    "words", [words for words in commands(README) if words[:2] == ["python", "-m"]], ids=" ".join
)
def test_every_headless_command_of_the_readme_runs(words: list[str]) -> None:
    output = run(words[1:] + SHORTEN[words[2]], ROOT)
    if "--json" in words:
        assert len([json.loads(line) for line in output.splitlines()]) > 1


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all of CONTRIBUTING's changes applied."""
    copy = tmp_path_factory.mktemp("changed")
    for folder in ("core", "dashboard"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for _, change in CHANGES:
        # The line numbers in a document are never right for long; the lines around a change are.
        subprocess.run(
            ["git", "apply", "--recount", "--unidiff-zero", "-"],
            input=change,
            text=True,
            cwd=copy,
            check=True,
        )
    return copy


def test_each_kind_of_entry_has_an_example() -> None:
    assert [title for title, _ in CHANGES] == [
        "An activation",
        "A data set",
        "A model",
        "A workload to time",
        "A page",
    ]


def test_added_activation_data_set_and_model_train_from_the_command_line(changed: Path) -> None:
    options = "residual --data band --hidden 16,16 --activation squareplus --json"
    last = run(["-m", "core.training", *options.split()], changed).splitlines()[-1]
    assert json.loads(last)["value"] > 0.9  # accuracy; a network that learned nothing has 0.5


def test_added_activation_has_the_derivative_that_autograd_finds(changed: Path) -> None:
    run(
        [
            "-c",
            "import torch; from core.activations import ACTIVATIONS; added = ACTIVATIONS['squareplus']\n"
            "x = torch.linspace(-5, 5, 101, dtype=torch.float64, requires_grad=True)\n"
            "added.function(x).sum().backward()\n"
            "torch.testing.assert_close(x.grad, added.derivative(x.detach()))",
        ],
        changed,
    )


def test_added_workload_is_timed_from_the_command_line(changed: Path) -> None:
    options = "run add --sizes 1000 --max-seconds 0.05 --json"
    lines = run(["-m", "core.timing", *options.split()], changed).splitlines()
    taken = [record for record in map(json.loads, lines) if record["event"] == "measurement_taken"]
    assert [(record["workload"], record["size"]) for record in taken] == [("add", 1000)]


def test_added_page_opens_and_lists_the_added_activation(changed: Path) -> None:
    written = run(
        [
            "-c",
            "from streamlit.testing.v1 import AppTest\n"
            "page = AppTest.from_file('dashboard/app.py', default_timeout=60).run()\n"
            "page.switch_page('views/papers.py').run()\n"
            "assert not page.exception\n"
            "print(page.title[0].value, page.table[0].value.to_string())",
        ],
        changed,
    )
    assert written.startswith("Papers")
    assert "Barron" in written


def run(arguments: Sequence[str], folder: Path) -> str:
    """What a Python program prints, run in a folder; it must end well."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
