"""Statements of which a part needs a GPU, on a simulated card."""

from __future__ import annotations

from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.job import run_statements
from core.experiments.statement_events import Fact, Measured, NotMeasured, StatementJudged
from core.experiments.verdicts import REFUTED, SUPPORTED


def test_a_card_with_slow_kernels_is_not_ten_times_as_fast() -> None:
    values = {"workloads": ("mlp_step",), "scales": ("small",), "repetitions": 6, "seconds": 0.05}
    *events, end = run_statements(StatementsConfig(("gpu_speedup",), values=values))
    assert isinstance(end, StatementJudged)
    assert {one.verdict for one in end.judgements} == {REFUTED}
    measured = {event.observable for event in events if isinstance(event, Measured)}
    # Its own time, what a program waits, and that with the data's way there and back,.
    assert len(measured) == 3
    assert [event.name for event in events if isinstance(event, Fact)][1:] == [
        "Cells, wall time",
        "Cells, the GPU's own time",
        "Cells, with transfers",
    ]


def test_such_a_card_loses_at_steps_that_wait_for_each_other() -> None:
    values = {"sequences": (1, 4), "seconds": 0.05}
    *events, end = run_statements(StatementsConfig(("serial_and_parallel",), values=values))
    assert isinstance(end, StatementJudged)
    one_sequence = next(one for one in end.judgements if one.says == "the GPU is slower than the CPU")
    assert one_sequence.verdict == SUPPORTED
    assert [event for event in events if isinstance(event, NotMeasured) and "GPU" in event.reason] == []
