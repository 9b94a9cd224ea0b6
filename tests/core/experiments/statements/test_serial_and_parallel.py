"""Dependent steps on one core and on all: the work against algebra, the rule on planted speed-ups."""

from __future__ import annotations

import pytest
import torch

from core.experiments.statement_events import Fact
from core.experiments.statements import serial_and_parallel as statement
from core.experiments.verdicts import DEPENDS, NOT_MEASURED, REFUTED, SUPPORTED, judge
from tests.core.experiments.statements.running import counting, judged, run


def test_each_step_needs_the_one_before_and_no_state_grows() -> None:
    run_steps = statement._steps(sequences=3, device="cpu", seed=0)
    states = dict(zip(run_steps.__code__.co_freevars, run_steps.__closure__ or (), strict=True))
    first = states["states"].cell_contents[0].clone()
    rotation, count = states["rotation"].cell_contents.double(), states["count"].cell_contents
    run_steps()
    expected = first.double() @ torch.linalg.matrix_power(rotation, count)
    after = states["states"].cell_contents[count % 2].double()
    torch.testing.assert_close(after, expected, rtol=0, atol=1e-3)


def test_more_cores_do_not_help_one_sequence_of_steps() -> None:
    events = run("serial_and_parallel", sequences=(1,), seconds=0.05)
    assert counting(events)[0].verdict != REFUTED  # on a busy machine it may be unsure
    assert any(isinstance(event, Fact) for event in events)


@pytest.mark.parametrize(
    ("speedups", "verdict"),
    [
        ({1: 1.0, 1024: 1.9}, DEPENDS),
        ({1: 1.0, 1024: 1.05}, SUPPORTED),
        ({1: 1.8, 1024: 1.9}, REFUTED),
    ],
)
def test_planted_speed_ups_get_their_verdict(speedups: dict[int, float], verdict: str) -> None:
    numbers = {
        statement.THREADS.format(n): {round_: (value + round_ / 1e4,) * 2 for round_ in range(16)}
        for n, value in speedups.items()
    }
    no_gpu = {statement.GPU.format(n): "there is no GPU" for n in speedups}
    numbers["cores"] = {0: (2, 2)}
    assert judge(statement.claims({"sequences": (1, 1024)}), numbers, no_gpu)[0] == verdict


def test_a_gpu_that_loses_at_one_sequence_and_wins_at_many_supports_its_half() -> None:
    numbers = {
        statement.GPU.format(n): {round_: (value + round_ / 1e4,) * 2 for round_ in range(16)}
        for n, value in ((1, 0.2), (1024, 30.0))
    }
    threads = {statement.THREADS.format(n): "one core" for n in (1, 1024)}
    verdict, judgements = judge(statement.claims({"sequences": (1, 1024)}), numbers, threads)
    assert verdict == SUPPORTED
    assert [one.verdict for one in judgements if one.counts] == [NOT_MEASURED] * 2 + [SUPPORTED] * 2


@pytest.mark.slow
def test_on_a_quiet_machine_of_several_cores_it_depends_on_the_work() -> None:
    end = judged(run("serial_and_parallel"))
    if end.reason:
        pytest.skip(end.reason)
    assert end.verdict == DEPENDS
