"""One operation against itself: every verdict is counted, and the bound on false ones is the exact one."""

from __future__ import annotations

import json
import math

import pytest

from core.events import Progress
from core.timing.__main__ import main
from core.timing.results.events import DeviceAbsent, NoiseMeasured, SweepFinished
from core.timing.results.verdicts import FASTER, SAME, SLOWER, UNSURE
from core.timing.self_comparison.config import SelfComparisonConfig
from core.timing.self_comparison.events import SelfCompared, SelfComparisonsCounted
from core.timing.self_comparison.job import compare_with_itself, counted, share_below
from core.timing.self_comparison.summary import sentences


@pytest.mark.parametrize("of", [1, 20, 50, 1000])
def test_without_a_false_verdict_the_bound_is_the_closed_form(of: int) -> None:
    assert share_below(0, of) == pytest.approx(1 - 0.05 ** (1 / of))


def test_the_bound_leaves_the_share_that_would_show_so_few_in_one_of_twenty() -> None:
    below = share_below(2, 50)
    chance = sum(math.comb(50, n) * below**n * (1 - below) ** (50 - n) for n in range(3))
    assert chance == pytest.approx(0.05)
    assert share_below(50, 50) == 1.0
    assert share_below(0, 0) == 1.0


def test_faster_and_slower_are_false_and_unsure_is_none() -> None:
    found = counted("cpu", 1, [SAME] * 6 + [UNSURE] * 2 + [FASTER, SLOWER])
    assert (found.comparisons, found.false_verdicts, found.unsure) == (10, 2, 2)


def test_the_job_yields_each_comparison_and_its_count() -> None:
    config = SelfComparisonConfig(comparisons=3, max_seconds=0.05)
    events = list(compare_with_itself(config))
    compared = [event for event in events if isinstance(event, SelfCompared)]
    assert [one.number for one in compared] == [1, 2, 3]
    assert all(one.low <= one.ratio <= one.high for one in compared)
    (floor,) = (event for event in events if isinstance(event, NoiseMeasured))
    assert all(one.floor >= floor.paired for one in compared)
    *_, total, end = (event for event in events if not isinstance(event, Progress))
    assert isinstance(total, SelfComparisonsCounted)
    assert (total.comparisons, total.unsure) == (3, sum(one.verdict == UNSURE for one in compared))
    assert isinstance(end, SweepFinished)
    progress = [event for event in events if isinstance(event, Progress) and event.unit == "comparisons"]
    assert (progress[-1].done, progress[-1].total) == (3, 3)


def test_a_device_that_is_not_here_is_said() -> None:
    events = list(compare_with_itself(SelfComparisonConfig(device="cuda:99")))
    assert any(isinstance(event, DeviceAbsent) for event in events)
    assert not any(isinstance(event, SelfComparisonsCounted) for event in events)


def test_the_sentence_names_false_verdicts_and_the_share_of_unsure() -> None:
    record = {
        "event": "self_comparisons_counted",
        "device": "cpu",
        "threads": 1,
        "comparisons": 50,
        "false_verdicts": 0,
        "unsure": 10,
        "false_share_below": share_below(0, 50),
        "contamination": [],
    }
    (said,) = sentences([record])
    assert said.startswith(
        "0 false verdicts of 50 self-comparisons on cpu, 1 thread; 10 of them UNSURE (20%)"
    )
    assert "5.8%" in said  # 1 - 0.05^(1/50)


def test_the_command_prints_it_and_writes_a_result_file(
    tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["self-comparison", "--comparisons", "2", "--max-seconds", "0.05", "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (total,) = (one for one in lines if one["event"] == "self_comparisons_counted")
    assert code == (1 if total["false_verdicts"] else 0)
    assert main(["self-comparison", "--comparisons", "0"]) == 2
    assert "comparisons 0" in capsys.readouterr().err
