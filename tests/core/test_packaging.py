"""One extra of an installed copy brings all that the dashboard needs, in the versions that were tested."""

from __future__ import annotations

import shutil
import subprocess
import sys
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = "from setuptools import build_meta; print(build_meta.prepare_metadata_for_build_wheel('.'))"


def test_the_extra_of_the_dashboard_is_the_pinned_list(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "requirements-core.txt", "requirements-dashboard.txt"):
        shutil.copy(ROOT / name, tmp_path)
    built = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    metadata = Parser().parsestr((tmp_path / built.stdout.split()[-1] / "METADATA").read_text())
    needed = [line.replace(" ", "") for line in metadata.get_all("Requires-Dist", [])]
    pinned = [
        line.split("#")[0].strip() for line in (ROOT / "requirements-dashboard.txt").read_text().splitlines()
    ]
    assert all(f'{line};extra=="dashboard"' in needed for line in pinned if line)
    assert {line for line in needed if "extra" not in line} == {
        "torch>=2.11",
        "numpy",
        "psutil",
        "nvidia-ml-py",
    }
