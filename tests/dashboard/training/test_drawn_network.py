"""A network that was changed at its drawing: the controls become what was asked for, no other."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.training import default_config


def app() -> None:
    """The form, and a button that asks for a network as the player does."""
    import streamlit as st

    from core.training import default_config
    from dashboard.training import drawn_network
    from dashboard.training.form import choose_how, choose_task

    ran = default_config("mlp", "moons", learning_rate=0.3)
    wanted = {"hidden": [3, 2], "features": ["y", "x_squared"]}
    wanted["number"] = st.session_state.get("number", drawn_network.asked_for().answered + 1)
    wanted["activations"] = st.session_state.get("chosen", ["tanh", "tanh"])
    st.button("Change", on_click=drawn_network.ask_for, args=(ran, wanted))
    drawn_network.set_controls_as_asked()
    left, right = st.columns(2)
    config = choose_how(choose_task(left, right))
    if drawn_network.asked_for().start:
        drawn_network.asked_for().begin()
        st.session_state["started"] = config


def test_a_change_sets_the_controls_and_their_address_and_is_started_once() -> None:
    page = AppTest.from_function(app, default_timeout=30).run()
    page.number_input(key="seed").set_value(4).run()
    page.button[0].click().run()
    assert not page.exception
    started = page.session_state["started"]
    assert (started.hidden, started.data_options["features"], started.seed) == ((3, 2), "y,x_squared", 4)
    assert started.learning_rate == default_config("mlp", "moons").learning_rate
    assert page.text_input(key="hidden").value == "3, 2"
    assert page.query_params["features"] == ["y", "x_squared"]
    del page.session_state["started"]
    page.run()
    assert "started" not in page.session_state


def test_a_change_that_comes_twice_is_started_once_and_one_before_it_no_more() -> None:
    page = AppTest.from_function(app, default_timeout=30)
    for number, starts in ((2, True), (2, False), (1, False), (3, True)):
        page.session_state["number"] = number
        page.session_state["started"] = None
        page.run()
        page.button[0].click().run()
        assert (page.session_state["started"] is not None) is starts


def test_where_the_controls_say_another_network_they_become_those_of_the_run() -> None:
    page = AppTest.from_function(app, default_timeout=30).run()
    page.selectbox(key="model").set_value("lenet").run()
    page.button[0].click().run()
    assert not page.exception
    started = page.session_state["started"]
    assert (started.model, started.data, started.hidden) == ("mlp", "moons", (3, 2))
    assert started.learning_rate == 0.3


def test_activations_of_layers_are_chosen_until_all_have_the_same() -> None:
    page = AppTest.from_function(app, default_timeout=30)
    page.session_state["chosen"] = ["tanh", "relu"]
    page.run()
    page.text_input(key="own").set_value("x*tanh(x)").run()
    page.button[0].click().run()
    assert page.session_state["started"].model_options["activations"] == "tanh, relu"
    assert page.query_params["activations"] == "tanh, relu"
    page.session_state["chosen"] = ["relu", "relu"]
    page.run()
    page.button[0].click().run()
    assert not page.exception
    started = page.session_state["started"]
    assert (started.activation, started.model_options["activations"]) == ("relu", "")
    assert page.text_input(key="own").value == ""
