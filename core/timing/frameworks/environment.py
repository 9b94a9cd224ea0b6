"""Where the frameworks are: an environment of their own, and this program's for what that lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.operator_settings import operator_settings
from core.timing.frameworks.registry import LIBRARIES

FOLDER = ".venv-frameworks"
CORE = Path(__file__).resolve().parents[2]
MAKE = "make frameworks"

# Run with -I, so that no other environment's packages are found.
_LOOK = """
import importlib.metadata, importlib.util, json, sys
found = {}
for key, (module, names) in json.loads(sys.argv[1]).items():
    if importlib.util.find_spec(module) is None:
        continue
    found[key] = {}
    for name in names:
        try:
            found[key][name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
print(json.dumps(found))
"""
_LOOK_S = 60


@dataclass(frozen=True)
class Found:
    """A framework that can be started."""

    python: str
    versions: Mapping[str, str]  # of its distributions, by name


@dataclass(frozen=True)
class Missing:
    """A framework that cannot, with the reason and what a person can do."""

    reason: str
    install: str


def own_python() -> Path | None:
    """The Python of the frameworks' environment; None where there is none."""
    named = operator_settings().frameworks
    place = Path(named).expanduser() if named else CORE.parent / FOLDER
    inside = [place / "bin" / "python", place / "Scripts" / "python.exe"]
    return next((path for path in [*inside, place] if path.is_file()), None)


def search_path(python: str) -> str:
    """PATH for a process of this Python: first the programs of its own environment."""
    return os.pathsep.join([str(Path(python).parent), os.environ.get("PATH", "")])


def look(keys: Iterable[str] = LIBRARIES) -> dict[str, Found | Missing]:
    """Where each framework is, or why it cannot be started; imports none of them."""
    own = own_python()
    pythons = dict.fromkeys([str(own)] if own else []) | {sys.executable: None}
    installed = {python: _installed(python) for python in pythons}
    found: dict[str, Found | Missing] = {}
    for key in keys:
        library = LIBRARIES[key]
        python = next((python for python, has in installed.items() if key in has), None)
        if python is None:
            place = f"in {own.parent.parent}" if own else "here: there is no environment for frameworks"
            found[key] = Missing(f"{library.name} is not installed {place}", f"{MAKE}, or {library.install}")
        elif reason := library.missing(search_path(python)):
            found[key] = Missing(reason, library.install)
        else:
            found[key] = Found(python, installed[python][key])
    return found


def _installed(python: str) -> Mapping[str, Mapping[str, str]]:
    """Versions of the distributions of each framework that this Python can import."""
    asked = {key: (library.module, library.distributions) for key, library in LIBRARIES.items()}
    command = [python, "-I", "-c", _LOOK, json.dumps(asked)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LOOK_S, check=True, stdin=subprocess.DEVNULL
        )
        found: dict[str, dict[str, str]] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    return found
