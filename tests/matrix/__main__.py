"""Install the wheel into an empty environment of each Python, use it, and run tests there.

    python -m tests.matrix [3.11 3.12 3.13 newest-torch]    without names all of them
    TESTS="tests/core/activations" python -m tests.matrix   other tests than the default ones

Each entry takes some 6 GB on disk on Linux, where the package index has torch for NVIDIA's cards alone, and
stays in .venv-matrix: a second run installs only the wheel again. Ends with a line for each entry, and with 1
where one has failed; one whose Python is not on this machine is named and is no failure.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.app import chromium, find_chromium
from tests.installed_copy import BIN, build_from, check_installed
from tests.matrix.interpreters import interpreter

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venv-matrix"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

# The rooms whose code differs most between versions of Python, torch and NumPy; no browser and no database.
TESTS = "tests/core/activations tests/core/data tests/core/models tests/core/training tests/core/commands"
# Of requirements-test.txt: what these tests import. The style and the types are those of one version.
NEEDED = (
    "pytest",
    "pytest-xdist",
    "pytest-rerunfailures",
    "hypothesis",
    "sympy",
    "onnx",
    "playwright",
    "PyYAML",
)


@dataclass(frozen=True)
class Entry:
    """A Python, and whether the newest torch is put in place of the pinned one."""

    python: str
    newest_torch: bool = False


ENTRIES = {
    "3.11": Entry("3.11"),
    "3.12": Entry("3.12"),
    "3.13": Entry("3.13"),
    "newest-torch": Entry("3.11", newest_torch=True),
}


def main() -> int:
    """Try each entry; returns the exit code."""
    names = sys.argv[1:] or [*ENTRIES]
    if not {*names} <= {*ENTRIES}:
        print(f"There are {', '.join(ENTRIES)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        build_from(ROOT, Path(folder) / "checkout", Path(folder) / "dist")
        (wheel,) = (Path(folder) / "dist").glob("*.whl")
        path = find_chromium()
        browser = stack.enter_context(chromium(path)) if path else None
        found = {name: tried(name, ENTRIES[name], wheel, Path(folder) / name, browser) for name in names}
    print("", *(f"{name:<14}{result}" for name, result in found.items()), sep="\n")
    return 1 if any(result.startswith("FAILED") for result in found.values()) else 0


def tried(name: str, entry: Entry, wheel: Path, folder: Path, browser: Browser | None) -> str:
    """One entry in one line: what was installed and that it works, that it failed, or that it is not here."""
    python = interpreter(entry.python)
    if python is None:
        return f"not tried: there is no Python {entry.python} with venv here"
    environment = ENVIRONMENTS / name
    print(f"== {name}: {python}", flush=True)
    try:
        install(environment, python, wheel, entry.newest_torch)
        check_installed(environment, folder / "installed", VERSION, browser)
        test(environment)
    except (AssertionError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return f"FAILED: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    versions = "import platform, torch; print(platform.python_version(), 'torch', torch.__version__)"
    said = subprocess.run(
        [environment / BIN / "python", "-c", versions], capture_output=True, text=True, check=True
    )
    pages = "" if browser else "; no Chromium, so that pages were not opened"
    return f"Python {said.stdout.strip()}: installed, used and tested{pages}"


def install(environment: Path, python: Path, wheel: Path, newest_torch: bool) -> None:
    """The wheel with all that the dashboard needs, in an environment that begins empty."""
    if not (environment / "complete").exists():
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([python, "-m", "venv", environment], check=True)
    pip(environment, f"{wheel}[dashboard]", "--force-reinstall", "--no-deps")
    pip(environment, f"{wheel}[dashboard]")
    if newest_torch:
        pip(environment, "--upgrade", "torch")
    (environment / "complete").touch()


def test(environment: Path) -> None:
    """The tests, with their own packages put beside the copy's; pytest finds the checkout's code first."""
    pinned = (ROOT / "requirements-test.txt").read_text().splitlines()
    wanted = [line.split("#")[0].strip() for line in pinned if line.split("==")[0] in NEEDED]
    pip(environment, *wanted)
    words = ["-m", "pytest", "-n", "2", "--dist", "worksteal", "-p", "no:cacheprovider"]
    subprocess.run(
        [environment / BIN / "python", *words, *os.environ.get("TESTS", TESTS).split()], cwd=ROOT, check=True
    )


def pip(environment: Path, *words: str) -> None:
    """Install with the environment's own pip."""
    line = [environment / BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*line, *words], check=True)


if __name__ == "__main__":
    sys.exit(main())
