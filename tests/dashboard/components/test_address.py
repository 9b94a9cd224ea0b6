"""What an address asks for is shown, or it is said that it cannot be."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.test_addresses import APP


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.switch_page(f"views/{page}.py")
    for key, text in query.items():
        app.query_params[key] = text
    return app.run()


@pytest.mark.parametrize(
    ("page", "query", "instead"),
    [
        ("surfaces", {"gain": "99", "units": "x", "reach": "2.50"}, {"gain": "2.0", "units": "8"}),
        ("signal_propagation", {"width": "5", "layers": "7.5"}, {"width": "256", "layers": "7"}),
        ("precision", {"log": "maybe"}, {"log": "False"}),
        ("curves", {"x": "1,2"}, {"x": "-6.0, 6.0"}),
        ("runs", {"min_value": "nan", "since": "yesterday"}, {"min_value": "empty", "since": "empty"}),
    ],
)
def test_what_cannot_be_selected_is_said_with_what_is_shown_instead(
    page: str, query: dict[str, str], instead: dict[str, str]
) -> None:
    app = opened(page, **query)
    assert {warning.value for warning in app.warning} == {
        f"The address asks for {key}={query[key]}, which cannot be selected here; it is {shown} instead."
        for key, shown in instead.items()
    }
    assert not app.run().exception
    assert len(app.warning) == len(instead)  # until something is chosen there


def test_a_choice_ends_what_is_said_of_it() -> None:
    app = opened("surfaces", gain="99")
    assert len(app.warning) == 1
    app.slider(key="gain").set_value(3.0).run()
    assert not app.warning


def test_an_address_may_name_a_value_that_is_possible_and_not_offered() -> None:
    app = opened("train", learning_rate="0.123", batch_size="33", seed="abc")
    assert app.session_state["learning_rate"] == 0.123
    assert app.session_state["batch_size"] == 33
    assert [warning.value for warning in app.warning] == [
        "The address asks for seed=abc, which cannot be selected here; it is 0 instead."
    ]
    assert opened("train", learning_rate="-1").session_state["learning_rate"] == 0.05


@pytest.mark.parametrize(("page", "key"), [("train", "epochs"), ("compare", "epochs"), ("surfaces", "seed")])
def test_a_number_beyond_all_numbers_is_refused_like_any_other(page: str, key: str) -> None:
    app = opened(page, **{key: "1e999"})
    assert not app.exception
    assert [warning.value[:32] for warning in app.warning] == [f"The address asks for {key}=∞, which"[:32]]
    assert opened(page, **{key: "9" * 400}).session_state[key] == app.session_state[key] < 1000


def browser_that_is_late() -> None:
    """A page that starts a run at the press of a button, and shows the one of its address."""
    import streamlit as st

    from dashboard.components import address

    changes = address.changes()
    for run in ("first", "second"):
        if st.button(run):
            changes.put("run", run)
    st.text(changes.get("run"))


def test_a_request_with_an_address_of_before_shows_what_the_page_has_started_since() -> None:
    app = AppTest.from_function(browser_that_is_late).run()
    for button, run in enumerate(("first", "second")):
        app.button[button].click().run()
        assert app.text[0].value == run
    for before in (None, "first"):
        del app.query_params["run"]
        if before:
            app.query_params["run"] = before
        assert app.run().text[0].value == "second"
        assert app.query_params["run"] in ("second", ["second"])
    app.query_params["run"] = ["another"]
    assert app.run().text[0].value == "another"
