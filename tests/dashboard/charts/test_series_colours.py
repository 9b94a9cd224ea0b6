"""One thing has one colour on all pages, and what is shown together differs."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from dashboard.charts.series_colours import COLOURS, domain_of

NAMES = [activation.name for activation in ACTIVATIONS.values()]
COMMON = ["ReLU", "Sigmoid", "Tanh", "GELU", "Leaky ReLU", "ELU", "SELU", "Identity"]


def number(shown: list[str], name: str) -> int:
    return domain_of(shown).index(name) % COLOURS


@given(st.lists(st.sampled_from([*NAMES, "Train", "Test", "Validation", "x*tanh(x)", "run 1"]), unique=True))
def test_each_series_is_in_the_domain_once_and_few_have_a_colour_each(shown: list[str]) -> None:
    domain = domain_of(shown)
    assert len(set(domain)) == len(domain)
    assert set(shown) <= set(domain)
    colours = [number(shown, name) for name in shown]
    if len(shown) <= COLOURS:
        assert len(set(colours)) == len(shown)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_a_function_of_the_text_books_has_its_colour_beside_whatever_is_shown(size: int) -> None:
    for shown in itertools.islice(itertools.permutations(COMMON, size), 500):
        assert [number([*shown], name) for name in shown] == [COMMON.index(name) for name in shown]


@given(st.lists(st.sampled_from(NAMES), unique=True), st.sampled_from(COMMON))
def test_others_leave_it_to_them(shown: list[str], name: str) -> None:
    together = [*shown, name] if name not in shown else shown
    assert number(together, name) == COMMON.index(name)


def test_all_functions_keep_the_colours_of_few() -> None:
    assert [number(NAMES, name) for name in COMMON] == [*range(COLOURS)]


def test_splits_have_the_colours_of_a_film_with_and_without_validation() -> None:
    for shown in (["Train", "Test"], ["Train", "Validation", "Test"], ["Test"]):
        assert {name: number(shown, name) for name in shown}.items() <= {
            "Train": 0,
            "Test": 1,
            "Validation": 2,
        }.items()
