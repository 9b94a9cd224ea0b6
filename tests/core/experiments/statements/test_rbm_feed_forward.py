"""A machine that has learnt is no feed-forward network; one that has not looks like one."""

from __future__ import annotations

from core.events import Picture
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.running import counting, judged, run


def test_a_machine_that_has_learnt_digits_makes_some_of_noise_and_one_that_has_not_does_not() -> None:
    events = run("rbm_feed_forward", passes=(0, 30), seeds=9, steps=50)
    assert [one.verdict for one in counting(events)] == [SUPPORTED] * 2 + [REFUTED] * 2
    assert judged(events).verdict == DEPENDS
    pictures = [event for event in events if isinstance(event, Picture)]
    assert [*pictures[-1].arrays] == ["Noise", "After 50 steps", "Real digits"]
    assert {array.shape for array in pictures[-1].arrays.values()} == {(26, 26)}


def test_the_way_up_and_the_way_down_are_sigmoid_layers_of_one_matrix() -> None:
    events = run("rbm_feed_forward", passes=(0,), seeds=1, hidden=8, steps=1)
    exact = [one for one in judged(events).judgements if not one.counts]
    assert [one.verdict for one in exact] == [SUPPORTED] * 2
