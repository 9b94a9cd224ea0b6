"""Counts over lists of systems, and the table of cards."""

from __future__ import annotations

import pytest

from core.experiments.statement_events import Fact
from core.experiments.statements import nvidia_dominates as statement
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from core.timing.roofline.vendor_peaks import PEAKS
from tests.core.experiments.statements.running import run, verdict_of


@pytest.mark.parametrize(
    ("lists", "verdict"),
    [(("2017-06",), SUPPORTED), (("2024-11",), REFUTED), (("2021-06", "2024-11"), DEPENDS)],
)
def test_the_date_turns_it(lists: tuple[str, ...], verdict: str) -> None:
    assert verdict_of(run("nvidia_dominates", lists=lists)) == verdict


def test_each_list_has_ten_systems_and_those_without_accelerators_do_not_count() -> None:
    assert {len(systems) for systems in statement.TOP_TEN.values()} == {10}
    assert statement.nvidia_share("2021-06") == pytest.approx(6 / 7)


def test_the_named_cards_and_this_machine_are_shown() -> None:
    facts = {event.name: event.text for event in run("nvidia_dominates") if isinstance(event, Fact)}
    for name in statement.NAMED:
        assert f"{PEAKS[name].gbps:g} GB/s" in facts[name]
    assert any(name.startswith("This machine") for name in facts)
