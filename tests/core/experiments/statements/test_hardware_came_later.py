"""AlexNet's training on machines of other years, and the network of 1989."""

from __future__ import annotations

import pytest

from core.experiments.statement_events import Fact, Measured
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.running import counting, judged, run, verdict_of


@pytest.mark.parametrize(
    ("mflops", "verdict"), [((1.0,), SUPPORTED), ((1e6,), REFUTED), ((1.0, 1e6), DEPENDS)]
)
def test_the_speed_of_the_machine_turns_it(mflops: tuple[float, ...], verdict: str) -> None:
    assert verdict_of(run("hardware_came_later", passes=0, mflops=mflops)) == verdict


def test_alexnets_training_is_estimated_near_what_was_published() -> None:
    # 0.71 billion multiplications a forward pass (Krizhevsky 2014 counts them alike), thrice, times images.
    events = run("hardware_came_later", passes=0, mflops=(1.0,))
    (years,) = [event.value for event in events if isinstance(event, Measured)]
    assert years == pytest.approx(2 * 0.714e9 * 3 * 1.2e6 * 90 / 1e6 / (365.25 * 86400), rel=0.01)


def test_a_network_that_hardly_learns_reads_nothing() -> None:
    events = run("hardware_came_later", passes=1, images=10, rate=1e-9, mflops=(1e6,))
    assert {one.verdict for one in counting(events)} == {REFUTED}
    facts = {event.name: event.text for event in events if isinstance(event, Fact)}
    assert "published: 5.0%" in facts["Test error"]
    assert "SUN-4/260" in facts["The training of 1989, on one core here"]


@pytest.mark.slow
def test_the_quick_run_supports_it() -> None:
    end = judged(run("hardware_came_later"))
    assert end.verdict == SUPPORTED
    assert 0.03 < min(one.estimate or 0.0 for one in end.judgements) < 0.12
