"""Counts of frameworks by year."""

from __future__ import annotations

from importlib import metadata

import pytest

from core.experiments.statement_events import Fact
from core.experiments.statements import python_frameworks as statement
from core.experiments.statements.python_frameworks import Framework
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.running import run, verdict_of


@pytest.mark.parametrize(
    ("years", "verdict"), [((2021,), SUPPORTED), ((2014,), REFUTED), ((2014, 2021), DEPENDS)]
)
def test_the_year_turns_it(years: tuple[int, ...], verdict: str) -> None:
    assert verdict_of(run("python_frameworks", years=years)) == verdict


def test_a_framework_counts_from_its_first_year_to_its_last() -> None:
    old = Framework("Old", 2000, "Lua", "C", "a university", True, until=2003)
    new = Framework("New", 2002, "Python", "C++", "a company", False, until=None)
    shares = [statement.python_share(year, (old, new)) for year in (2001, 2002, 2003, 2004)]
    assert shares == [0.0, 0.5, 0.5, 1.0]


def test_the_six_of_the_text_have_their_facts_and_the_installed_one_its_version() -> None:
    facts = {event.name: event.text for event in run("python_frameworks") if isinstance(event, Fact)}
    assert list(facts)[:6] == ["Theano", "Caffe", "Torch7", "Keras", "TensorFlow", "PaddlePaddle"]
    assert "Lua" in facts["Torch7"]
    assert f"PyTorch {metadata.version('torch')}" in facts["Installed here"]
