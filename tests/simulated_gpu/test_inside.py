"""Everything that the project does on a GPU, done on simulated ones: each file of inside/ on its machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import coverage
import pytest

from tests.simulated_gpu import cards, processes
from tests.simulated_gpu.build import NoCompiler, built_for_gpus, library

# The files that say how a GPU is measured; nearly every line of them has to be run, and be seen to work.
DEVICE_PATHS = (
    "core/devices/nvidia.py",
    "core/timing/measure/clock.py",
    "core/timing/measure/cold.py",
    "core/timing/measure/conditions.py",
    "core/timing/measure/energy.py",
    "core/timing/measure/precision.py",
    "core/timing/measure/timers.py",
    "core/timing/roofline/best_matmul.py",
    "core/timing/roofline/job.py",
    "core/timing/sweeps/speedup.py",
    "core/timing/sweeps/sweep.py",
)
LEAST_COVERED = 0.9
INSIDE = processes.HERE / "inside"


@pytest.fixture(scope="module", autouse=True)
def compiled_card() -> None:
    if built_for_gpus():
        pytest.skip("cards can be simulated only beside a build of torch for the CPU")
    try:
        library()
    except NoCompiler as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


def test_cards_are_what_cards_are_and_networks_train_on_them() -> None:
    assert_holds_inside(
        "TWO_UNLIKE", "test_card.py", "test_trainings.py"
    )  # in one process: torch takes long to load


@pytest.mark.parametrize(
    ("machine", "options"),
    [
        ("TWO_SLOW", ["test_pages.py", "test_together.py"]),
        # test_other_cards.py measures and trains on both; a click shows that a page gets there.
        pytest.param("MIG", ["test_pages_of_one_card.py", "-k", "home or benchmark"], marks=pytest.mark.slow),
        pytest.param("MIG", ["test_pages_of_one_card.py", "-k", "train"], marks=pytest.mark.slow),
        pytest.param("ROCM", ["test_pages_of_one_card.py"], marks=pytest.mark.slow),
    ],
)
def test_pages_work_with_simulated_cards(machine: str, options: list[str]) -> None:
    assert_holds_inside(machine, *options)


@pytest.mark.slow
def test_every_combination_works_on_a_simulated_card() -> None:
    assert_holds_inside("SLOW", "test_trainings.py", "test_measuring.py", "-m", "slow")


@pytest.mark.slow
def test_what_is_measured_works_on_simulated_cards_and_runs_the_lines_of_it(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    files = [tmp_path / name for name in ("measuring", "older", "apple", "rocm", "slice")]
    assert_holds_inside("SLOW", "test_measuring.py", "test_statements.py", counted_in=files[0])
    assert_holds_inside("OLD_DRIVER", "test_older_driver.py", counted_in=files[1])
    assert_holds_inside("APPLE", "test_apple.py", counted_in=files[2])
    assert_holds_inside("ROCM", "test_other_cards.py", counted_in=files[3])
    assert_holds_inside("MIG", "test_other_cards.py", counted_in=files[4])
    covered = fractions_covered(files)
    shown = ", ".join(f"{Path(name).stem} {fraction:.0%}" for name, fraction in covered.items())
    record_property("summary", f"Lines run on simulated GPUs: {shown}")
    assert {name: fraction for name, fraction in covered.items() if fraction < LEAST_COVERED} == {}


def fractions_covered(files: list[Path]) -> dict[str, float]:
    """Which part of the statements of each of DEVICE_PATHS was run, in all of these together."""
    merged = coverage.Coverage(data_file=None)
    for file in files:
        data = coverage.CoverageData(str(file))
        data.read()
        merged.get_data().update(data)
    found = {}
    for name in DEVICE_PATHS:
        _, statements, _, missing, _ = merged.analysis2(str(processes.ROOT / name))
        found[name] = 1 - len(missing) / len(statements)
    return found


def assert_holds_inside(machine: str, *options: str, counted_in: Path | None = None) -> None:
    """Run files of inside/ in a process that finds a machine's cards, and fail with what it printed."""
    given = [str(INSIDE / option) if option.endswith(".py") else option for option in options]
    test = ["pytest", "-p", "no:xdist", "-p", "no:cacheprovider", *given]
    if counted_in is not None:
        test = [
            "coverage",
            "run",
            f"--include={','.join(DEVICE_PATHS)}",
            f"--data-file={counted_in}",
            "-m",
            *test,
        ]
    done = processes.python(getattr(cards, machine), "-m", *test)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
