"""The Precision page as a person uses it, without a browser."""

from __future__ import annotations

import json
from functools import partial

import pandas as pd
from streamlit.testing.v1 import AppTest

from core.activations.formats import FORMATS
from tests.dashboard.conftest import open_view

page = partial(open_view, "precision")


def titles(opened: AppTest) -> list[str]:
    return [json.loads(chart.proto.spec)["title"]["text"] for chart in opened.get("vega_lite_chart")]


def limits(opened: AppTest) -> pd.DataFrame:
    return opened.dataframe[0].value


def test_it_opens_with_two_functions_in_every_format() -> None:
    opened = page()
    assert titles(opened) == ["Sigmoid: f(x)", "Sigmoid: f′(x)", "GELU: f(x)", "GELU: f′(x)"]
    assert set(limits(opened)["Format"]) == {format.name for format in FORMATS.values()}


def test_an_overflow_that_could_be_avoided_is_marked() -> None:
    shown = limits(page(functions="star_relu", formats="float16"))
    assert list(shown["Of"]) == ["f", "f′"]
    assert shown["Infinite"][0] == "256 to 270 ⚠, x ≥ 271"


def test_every_view_can_be_asked_for_in_the_address() -> None:
    for show in ("relative", "ulps", "absolute", "curve"):
        for reach in ("1", "all"):
            opened = page(functions="tanh", show=show, reach=reach, log="true")
            assert titles(opened) == ["Tanh: f(x)", "Tanh: f′(x)"]


def test_a_typed_function_has_its_limits_shown_too() -> None:
    opened = page(functions="relu", own="exp(x)", formats="float16")
    assert titles(opened)[2:] == ["Custom: f(x)", "Custom: f′(x)"]
    shown = limits(opened).set_index("Function").loc["Custom"]
    assert shown["Infinite"].iloc[0] == "x ≥ 11.1"  # ln 65,520 = 11.09


def test_a_function_that_is_not_defined_everywhere_is_shown_where_it_is() -> None:
    assert titles(page(functions="relu", own="log(x)"))[2:] == ["Custom: f(x)", "Custom: f′(x)"]
    assert len(page(own="eval(x)").warning) == 1


def test_nonsense_in_the_address_leaves_the_defaults() -> None:
    opened = page(functions="swoosh", formats="float4", reach="far", show="<b>")
    assert len(titles(opened)) == 4


def test_without_a_format_the_page_asks_for_one() -> None:
    opened = page()
    opened.button_group[0].set_value([]).run()
    assert not opened.exception
    assert opened.info[0].value == "Choose at least one function and one format."


def test_the_errors_can_be_downloaded_as_csv() -> None:
    (button,) = page(functions="relu").get("download_button")
    assert button.proto.label == "Errors as CSV"
