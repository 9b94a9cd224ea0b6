"""The rules that keep the rooms apart, checked on the source itself."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EDGES = (r"core/commands/", r"/__main__\.py$", r"^core/runs/worker\.py$", r"^core/export/template\.py$")


def sources(folder: str) -> list[Path]:
    """Python files below a folder, the empty ones too."""
    return sorted((ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    """How a failure names the file."""
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports anywhere, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}:{node.lineno} imports relatively; name the package"
            yield node.module or ""


def offenders(folder: str, *forbidden: str) -> list[str]:
    """Each import below a folder whose top package is forbidden there."""
    return [
        f"{name(path)} imports {module}"
        for path in sources(folder)
        for module in imported(path)
        if module.split(".")[0] in forbidden
    ]


def test_core_knows_nothing_of_the_dashboard() -> None:
    assert offenders("core", "streamlit", "altair", "dashboard", "tests") == []


def test_charts_never_import_streamlit() -> None:
    assert offenders("dashboard/charts", "streamlit") == []


def test_views_read_controls_and_leave_the_work_to_core() -> None:
    assert offenders("dashboard/views", "torch", "psutil", "pynvml", "sqlite3") == []


def test_one_file_alone_talks_to_nvml() -> None:
    found = [line for folder in ("core", "dashboard") for line in offenders(folder, "pynvml")]
    assert {line.split()[0] for line in found} <= {"core/devices/nvidia.py"}


def test_only_edges_parse_arguments_print_and_exit() -> None:
    found = []
    for path in sources("core") + sources("dashboard"):
        if not any(re.search(edge, name(path)) for edge in EDGES):
            found += [f"{name(path)} imports argparse" for module in imported(path) if module == "argparse"]
            found += [f"{name(path)}:{line} calls {call}" for line, call in prints_and_exits(path)]
    assert found == []


def prints_and_exits(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of each call that only a program may make."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            if call in ("print", "exit", "quit", "sys.exit", "os._exit"):
                yield node.lineno, call


def test_no_file_of_the_dashboard_hides_a_standard_module() -> None:
    # The folder of the entry script comes first on sys.path, so dashboard/json.py would be everybody's json.
    entries = {path.stem for path in (ROOT / "dashboard").iterdir()}
    assert entries & sys.stdlib_module_names == set()


@pytest.mark.parametrize("path", sources("core"), ids=name)
def test_every_public_name_of_core_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    silent = [] if not tree.body or ast.get_docstring(tree) else ["the module itself"]
    silent += [name for node in tree.body for name in undocumented(node)]
    assert silent == []


def undocumented(node: ast.stmt) -> list[str]:
    """The name of a public function or class that has no docstring."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return []
    return [] if node.name.startswith("_") or ast.get_docstring(node) else [node.name]


@pytest.mark.parametrize(
    "package", ["activations", "models", "data", "training", "timing", "devices", "jobs"]
)
def test_importing_core_stays_cheap(package: str) -> None:
    assert (
        loaded_by(f"import core.{package}") & {"torch", "sklearn", "pandas", "streamlit", "altair"} == set()
    )


@pytest.mark.parametrize("command", ["timing", "training"])
def test_help_answers_without_torch(command: str) -> None:
    program = (
        "import contextlib, io, runpy, sys\n"
        f"sys.argv = ['{command}', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    runpy.run_module('core.{command}', run_name='__main__')\n"
    )
    assert loaded_by(program) & {"torch", "sklearn", "pandas", "scipy"} == set()


def test_the_front_page_needs_no_torch() -> None:
    program = (
        "from streamlit.testing.v1 import AppTest\n"
        "assert not AppTest.from_file('dashboard/app.py', default_timeout=60).run().exception\n"
    )
    assert "torch" not in loaded_by(program)


def loaded_by(program: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after a program."""
    program += "\nimport json, sys\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))
