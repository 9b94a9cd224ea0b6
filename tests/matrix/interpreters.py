"""Where a Python of a version is on this machine: on the path, of pyenv or of uv."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

# Whether it is that Python, and can make a virtual environment (Debian has a package of its own for that).
ASKED = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"


def interpreter(version: str) -> Path | None:
    """The first one that answers as this version; None where there is none."""
    return next((path for path in _candidates(version) if _said(str(path), "-c", ASKED) == version), None)


def _candidates(version: str) -> Iterator[Path]:
    yield from sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    if found := shutil.which(f"python{version}"):
        yield Path(found)
    if found := _said("uv", "python", "find", "--no-python-downloads", version):
        yield Path(found)


def _said(*words: str) -> str:
    """What a program prints; nothing where it is not here or fails, as the shims of pyenv do."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
