"""What an installed copy does outside of the checkout: commands, a short training, the dashboard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

from core.paths import VARIABLE
from tests.browser.app import RUN_LIMIT_MS, free_port, launch, wait_until_idle

BIN = "Scripts" if sys.platform == "win32" else "bin"
LIMIT_S = 300  # a first training compiles its steps
LOOK = (
    "import core, dashboard, importlib.metadata as m; print(m.version('nablascope')); "
    "print(core.__file__); print(dashboard.__file__)"
)
TIMED = ("nablascope", "timing", "gemm", "--sizes", "16", "--max-seconds", "0.1", "--json")
TRAINED = ("nablascope", "training", "mlp", "--data", "moons", "--epochs", "2", "--json")
PLAYED = "film => film.film?.frames.length > 1"
FONT_PX = "() => getComputedStyle(document.documentElement).fontSize"


def build_from(root: Path, checkout: Path, into: Path) -> None:
    """Make the wheel and the source archive out of what git knows of a checkout, in a copy of it.

    What an earlier build has left in the checkout itself would come along.
    """
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    for name in filter(None, tracked.stdout.split("\0")):
        if (root / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).write_bytes((root / name).read_bytes())
    words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into)]
    done = subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def check_installed(environment: Path, folder: Path, version: str, browser: Browser | None) -> None:
    """Use the copy in a virtual environment from an empty folder; without a browser all but its pages.

    Raises AssertionError where something does not work.
    """
    folder.mkdir(parents=True)
    found, *files = run(environment, folder, "python", "-c", LOOK).splitlines()
    assert found == version
    assert all(Path(file).is_relative_to(environment) for file in files), files
    assert "usage: nablascope timing run" in run(environment, folder, "nablascope", "timing", "run", "--help")
    timed = run(environment, folder, *TIMED)
    assert '"measurement_taken"' in timed
    trained = run(environment, folder, *TRAINED)
    assert '"training_finished"' in trained
    if browser is not None:
        check_dashboard(environment, folder, browser)


def run(environment: Path, folder: Path, *words: str) -> str:
    """What a program of the environment prints, run in a folder; it must end well."""
    done = subprocess.run(
        [environment / BIN / words[0], *words[1:]],
        cwd=folder,
        env=surroundings() | {VARIABLE: str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def surroundings() -> dict[str, str]:
    """This process's environment without what would lead Python back to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def check_dashboard(environment: Path, folder: Path, browser: Browser) -> None:
    """`nablascope run` draws its pages with the shipped settings, and a training there is a film."""
    port, home = free_port(), folder / "home"
    command = [str(environment / BIN / "nablascope"), "run", "--port", str(port)]
    server = launch(command, f"http://127.0.0.1:{port}", home, {VARIABLE: str(home)}, cwd=folder)
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(f"{server.url}/train?data=moons")
        wait_until_idle(page)
        assert page.evaluate(FONT_PX) == "15px", "the settings of .streamlit/config.toml"
        start = page.get_by_role("button", name="Start")
        expect(start).to_be_enabled(timeout=RUN_LIMIT_MS)
        start.click()
        film = page.locator(".film").last.element_handle(timeout=RUN_LIMIT_MS)
        page.wait_for_function(PLAYED, arg=film, timeout=RUN_LIMIT_MS)
        page.goto(server.url)
        wait_until_idle(page)
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
    finally:
        page.close()
        server.stop()
    assert errors == []
    assert "Traceback" not in server.log.read_text()
