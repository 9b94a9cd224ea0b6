"""One extra of an installed copy brings all that the dashboard needs, in the versions that were tested."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
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


def test_the_version_is_the_newest_of_the_changelog_and_that_of_the_container() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## \[(.+?)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest.group(1) == version
    kubernetes = ROOT / "deploy" / "kubernetes" / "base" / "kustomization.yaml"
    assert f'newTag: "{version}"' in kubernetes.read_text()
