"""An option accepts what its entry allows, and says what that is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.options import Option, check_options, filled_in

OPTIONS = {
    "depth": Option("layers", 3, 1, 9),
    "rate": Option("share", 0.5, 0, 1),
    "loss": Option("which loss", "plain", choices=("plain", "wasserstein")),
    "slippery": Option("whether moves slip", True),
}


@pytest.mark.parametrize(
    "given_options",
    [{"depth": 1}, {"rate": 1}, {"rate": 0.25}, {"loss": "wasserstein"}, {"slippery": False}, {}],
)
def test_what_is_allowed_is_accepted(given_options: dict[str, Any]) -> None:
    check_options(OPTIONS, given_options, "it")


@pytest.mark.parametrize(
    ("given_options", "sentence"),
    [
        ({"depth": 0}, "depth of it 0 is not possible; it must be a whole number from 1 to 9"),
        ({"depth": 2.5}, "whole number from 1 to 9"),
        ({"depth": True}, "whole number from 1 to 9"),
        ({"rate": float("nan")}, "a number from 0 to 1"),
        ({"loss": "other"}, "choose from plain, wasserstein"),
        ({"slippery": 1}, "true or false"),
        ({"width": 1}, "Unknown option 'width' of it; choose from depth, rate, loss, slippery"),
    ],
)
def test_what_is_not_allowed_is_rejected(given_options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        check_options(OPTIONS, given_options, "it")


@given(
    st.dictionaries(
        st.sampled_from([*OPTIONS, "x"]), st.one_of(st.integers(), st.floats(), st.text(), st.none())
    )
)
def test_anything_is_accepted_or_rejected_with_a_reason(given_options: dict[str, Any]) -> None:
    refusal = None
    try:
        check_options(OPTIONS, given_options, "it")
    except InvalidRequest as error:
        refusal = str(error)
    assert refusal is None or refusal.endswith(".")


def test_what_is_left_out_has_its_default() -> None:
    assert filled_in(OPTIONS, {"rate": 0.1}) == {"depth": 3, "rate": 0.1, "loss": "plain", "slippery": True}
