"""What README and CONTRIBUTING say is so: files exist, commands run, and the shown changes work."""

from __future__ import annotations

import importlib
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

from core.commands.main import COMMANDS
from core.commands.timing.command import COMMANDS as TIMING_COMMANDS
from core.commands.training import FLAGS
from dashboard.pages import PAGES
from docs.commands import page as commands_page
from docs.generate import GENERATED
from docs.glossary import terms
from docs.pages import contents

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
README = (ROOT / "README.md").read_text()
GUIDES = [README, *((ROOT / "docs" / name).read_text() for name in ("start.md", "headless.md"))]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
CHANGES = re.findall(r"^### (.+?)\n.*?```diff\n(.*?)```", CONTRIBUTING, re.MULTILINE | re.DOTALL)

# Options that make a documented command short without changing what it shows.
SHORTEN = {
    "core.timing": ["--max-seconds", "0.05"],
    "core.training": ["--epochs", "1", "--test-fraction", "0.8"],
    "core.activations": [],
    "core.commands": ["--count", "1"],
    "core.experiments": [],
    "core.runs": [],
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


def test_the_table_of_rooms_is_that_on_the_disk() -> None:
    folders = [ROOT / top for top in ("core", "dashboard")]
    folders += [path for folder in folders for path in (*folder.glob("*/"), *folder.glob("*/*/"))]
    rooms = {
        f"{folder.relative_to(ROOT).as_posix()}/"
        for folder in folders
        if any(path.name != "__init__.py" for path in folder.rglob("*.py"))
    }
    described = re.findall(r"^\| `((?:core|dashboard)/.*?)` \|", CONTRIBUTING, re.MULTILINE)
    assert sorted(described) == sorted(rooms)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[1] for text in (*GUIDES, CONTRIBUTING) for words in commands(text) if words[0] == "make"}
    assert named <= targets
    assert {"run", "test"} <= named


@pytest.mark.parametrize(
    "words",
    {" ".join(words): words for text in GUIDES for words in commands(text) if words[1] == "-m"}.values(),
    ids=" ".join,
)
def test_every_headless_command_of_readme_and_guides_runs(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main = importlib.import_module(f"{words[2]}.__main__").main
    assert main(words[3:] + SHORTEN[words[2]]) == 0
    output = capsys.readouterr().out
    if "--json" in words:
        assert len([json.loads(line) for line in output.splitlines()]) > 1


@pytest.mark.parametrize("name", GENERATED)
def test_a_page_that_is_generated_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == GENERATED[name](), "python -m docs.generate"


def test_the_reference_has_every_command_and_its_flags() -> None:
    sections = re.split(r"^#{2,3} (nablascope .+)$", commands_page(), flags=re.MULTILINE)
    described = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert {name.split()[1] for name in described} == {*COMMANDS}
    assert {f"nablascope timing {command.name}" for command in TIMING_COMMANDS} <= {*described}
    for name in ("table", "predict", "layers", "landscape", "export"):  # training's own, with parsers apart
        assert "| `" in described[f"nablascope training {name}"]
    assert len(FLAGS) > 5
    assert all(f"`--{name.replace('_', '-')} " in described["nablascope training"] for name in FLAGS)


def test_each_term_of_the_glossary_has_both_languages_and_one_sentence_and_is_there_once() -> None:
    entries = [term for section in terms().values() for term in section]
    assert len(entries) >= 150
    for term in entries:
        assert re.fullmatch(r"[A-Za-z0-9 ()-]+", term.english)
        assert re.search(r"[\u4e00-\u9fff]", term.chinese), term
        assert re.fullmatch(r"[^.|]+(?:[\d.,()/+-]+[^.|]+)*\.", term.sentence), term
    for column in ("english", "chinese"):
        values = [getattr(term, column).casefold() for term in entries]
        assert sorted({value for value in values if values.count(value) > 1}) == []


def test_the_documentation_says_what_is_on_every_page() -> None:
    assert contents().keys() == PAGES.keys()


# What each change adds, by the title of its section, and the tests of its room that must hold with it.
ADDED = {
    "An activation": ("squareplus", "tests/core/activations/test_registry.py"),
    "A data set": ("band", "tests/core/data/test_registry.py"),
    "A model": ("residual", "tests/core/models/test_registry.py"),
    "A training setting": (
        "min_delta",
        "tests/core/training/test_stopping.py",
        "tests/core/training/test_settings.py",
    ),
    "A snapshot": (
        "weight_norms",
        "tests/core/training/snapshots/layers/test_weight_norms.py",
        "tests/core/training/snapshots/test_catalogue.py",
        "tests/dashboard/charts/training/test_registry.py",
    ),
    "A workload to time": ("add", "tests/core/timing/workloads/test_registry.py"),
    "A framework": ("numba", "tests/core/timing/frameworks/test_entries.py"),
    "A statement": (
        "dropout_mean",
        "tests/core/experiments/statements/test_entries.py",
        "tests/core/experiments/test_verdicts.py",
    ),
    "A page": ("papers", "tests/dashboard/views/test_papers.py"),
}

# Whether a person gets what is added.
OF_USE = "tests/with_the_changes.py"

# The network and data whose training shows the added snapshot and has the added setting.
PAIR = "mlp-moons"

# A plugin for pytest in the copy: of a test that runs for each entry, only what concerns an added one is run.
ONLY_ADDED = """
import re

ADDED = re.compile(r"(?<![a-z])({})(?![a-z])")


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if not hasattr(item, "callspec") or ADDED.search(item.callspec.id)]
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all of CONTRIBUTING's changes applied, and with what was compiled of it."""
    copy = tmp_path_factory.mktemp("changed")
    for folder in ("core", "dashboard", "docs", "tests"):
        shutil.copytree(ROOT / folder, copy / folder)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for title, change in CHANGES:
        # The line numbers in a document are never right for long; the lines around a change are.
        applied = subprocess.run(
            ["git", "apply", "--recount", "--unidiff-zero", "-"],
            input=change,
            text=True,
            cwd=copy,
            env=os.environ | {"GIT_CEILING_DIRECTORIES": str(copy.parent)},
            capture_output=True,
            check=False,
        )
        assert applied.returncode == 0, f"{title}: {applied.stderr}"
    run(["-m", "docs.generate"], copy)
    return copy


def test_each_kind_of_entry_has_an_example() -> None:
    assert [title for title, _ in CHANGES] == list(ADDED)


@pytest.mark.slow
def test_the_rooms_own_tests_hold_with_the_changes_and_all_that_is_added_is_of_use(changed: Path) -> None:
    names = [PAIR, *(added for added, *_ in ADDED.values())]
    files = [file for _, *its_files in ADDED.values() for file in its_files]
    (changed / "only_added.py").write_text(ONLY_ADDED.format("|".join(names)))
    options = ["-p", "only_added", "-p", "no:cacheprovider", "-rA"]
    passed = run(["-m", "pytest", *options, *files, OF_USE], changed)
    for title, (added, file, *_) in ADDED.items():
        assert re.search(rf"PASSED {file}::\S*(\[.*)?{added}", passed) or title == "A page", title
    assert re.search(rf"PASSED tests/dashboard/charts/training/test_registry.py::\S*\[{PAIR}", passed)
    assert passed.count(f"PASSED {OF_USE}::test_added_") == 4


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
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
