"""Training steps are compiled once for a machine, which is said while it is done, and never again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.commands.compiling import command
from core.training.compiled import ahead
from core.training.config import default_config
from core.training.learners.registry import learner_for

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("model", [model for models in ahead.KINDS.values() for model in models])
def test_networks_that_have_compiled_steps_take_them(model: str) -> None:
    assert learner_for(default_config(model)).engine == "compiled"


def test_what_is_compiled_is_loaded_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert command([]) == 0
    assert command([]) == 0
    printed = capsys.readouterr().out.splitlines()[-len(ahead.KINDS) :]
    assert [line.partition(": ")[2] for line in printed] == ["compiled before"] * len(ahead.KINDS)
    assert ahead.not_compiled() == []
    for model in ("mlp", "lenet"):
        assert [*ahead.announced(default_config(model))] == []


def test_another_processor_or_another_version_of_a_kernel_is_compiled_anew(tmp_path: Path) -> None:
    """Asked in processes of their own, whose cache folder is empty, the stamp's name differs."""
    program = "from core.training.compiled import ahead; print(ahead._stamp('mlp').name)"
    names = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), **processor},
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for processor in ({}, {"NUMBA_CPU_NAME": "haswell"}, {"NUMBA_CPU_NAME": "generic"})
    }
    assert len(names) == 3


@pytest.mark.slow
def test_a_machine_that_is_new_to_it_says_so_once(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    line = [sys.executable, "-m", "core.training", "mlp", "--epochs", "1"]
    first, second = (
        subprocess.run(line, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
        for _ in range(2)
    )
    assert first.stderr == f"{ahead.SENTENCE.capitalize()} ...\n"
    assert second.stderr == ""
    eager = subprocess.run(
        [*line, "--set", "engine=eager"],
        env=environment | {"NUMBA_CACHE_DIR": str(tmp_path / "other")},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert eager.stderr == ""


# A root that is an owner like any other, whom a read-only folder stops.
AS_OWNER = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a read-only folder is another thing there")
def test_where_the_package_and_home_are_read_only_the_data_folder_keeps_it(tmp_path: Path) -> None:
    package, data = tmp_path / "package", tmp_path / "data"
    shutil.copytree(ROOT / "core", package / "core", ignore=shutil.ignore_patterns("__pycache__"))
    is_root = os.geteuid() == 0
    if is_root and shutil.which("setpriv") is None:
        pytest.skip("root can write everywhere, and setpriv is not here")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NUMBA")},
        **{"HOME": str(package), "XDG_CACHE_HOME": str(package), "NABLASCOPE_HOME": str(data)},
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    line = [sys.executable, "-m", "core.training", "mlp", "--epochs", "1", "--set", "engine=compiled"]
    _set_modes(package, 0o555)
    try:
        first, second = (
            subprocess.run(
                [*(AS_OWNER if is_root else ()), *line],
                **{"env": environment, "cwd": package, "capture_output": True, "text": True, "check": False},
            )
            for _ in range(2)
        )
    finally:
        _set_modes(package, 0o755)
    assert (first.returncode, first.stderr) == (0, f"{ahead.SENTENCE.capitalize()} ...\n")
    assert (second.returncode, second.stderr) == (0, "")
    assert [*(data / "compiled").rglob("*.nbi")]


def _set_modes(package: Path, mode: int) -> None:
    for folder in (package, *(path for path in package.rglob("*") if path.is_dir())):
        folder.chmod(mode)
