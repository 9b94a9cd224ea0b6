"""Everything that the project does on a GPU, done on simulated ones: each file of inside/ on its machine."""

from __future__ import annotations

import os

import pytest

from tests.simulated_gpu import cards, processes
from tests.simulated_gpu.build import NoCompiler, library


@pytest.fixture(scope="module", autouse=True)
def compiled_card() -> None:
    try:
        library()
    except NoCompiler as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.mark.parametrize(
    ("machine", "file"),
    [
        ("TWO_UNLIKE", "test_card.py"),
        ("SLOW", "test_trainings.py"),
        ("APPLE", "test_apple.py"),
    ],
)
def test_it_works_on_simulated_cards(machine: str, file: str) -> None:
    run_inside(machine, file)


@pytest.mark.slow
@pytest.mark.parametrize(("machine", "file"), [("SLOW", "test_trainings.py")])
def test_every_combination_works_on_simulated_cards(machine: str, file: str) -> None:
    run_inside(machine, file, "-m", "slow")


def run_inside(machine: str, file: str, *options: str) -> None:
    path = str(processes.HERE / "inside" / file)
    child = ["-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", path, *options]
    done = processes.python(getattr(cards, machine), *child)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
