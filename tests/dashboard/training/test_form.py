"""The form of a training is what SETTINGS say: a control for each that applies, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.data import DATASETS
from core.models import MODELS
from core.options import filled_in
from core.training import TrainConfig, default_config
from core.training.settings import MAIN, SETTINGS, STOPPING
from dashboard.training.form import control_values, has_control, layers, layers_as_text

DRAWN_OTHERWISE = ("device", "model_options", "data_options")  # one's own control, or several
EACH_WAY = ("mlp", "gru", "rbm", "gan", "gcn", "q_table", "dqn")


def app() -> None:
    """The form alone; what it gives is kept in the session."""
    import streamlit as st

    from dashboard.training.form import choose_how, choose_task

    left, right = st.columns(2)
    st.session_state["config"] = choose_how(choose_task(left, right))


def form(model: str) -> AppTest:
    page = AppTest.from_function(app, default_timeout=30)
    page.session_state["model"] = model
    return page.run()


def labels(page: AppTest) -> dict[str, str]:
    """The label of each control, by its key."""
    kinds = (page.selectbox, page.select_slider, page.slider, page.number_input, page.text_input)
    return {widget.key: widget.label for kind in (*kinds, page.multiselect, page.toggle) for widget in kind}


def expected(config: TrainConfig) -> set[str]:
    """The settings that have a control of their own for this training."""
    named = {name for name in SETTINGS if has_control(name, config) and SETTINGS[name].has_effect(config)}
    return named - {*DRAWN_OTHERWISE}


def filled(config: TrainConfig) -> TrainConfig:
    """With each option that was left to its default, as the form fills it in."""
    of_model, of_data = MODELS[config.model].options, DATASETS[config.data].options
    return replace(
        config,
        model_options=filled_in(of_model, config.model_options),
        data_options=filled_in(of_data, config.data_options),
    )


@pytest.mark.parametrize("model", EACH_WAY)
def test_each_setting_that_applies_is_drawn_and_untouched_gives_the_default(model: str) -> None:
    page, default = form(model), default_config(model)
    assert not page.exception
    drawn = labels(page)
    assert {name for name in SETTINGS if name in drawn} == {"model", "data"} | expected(default)
    assert {*MODELS[model].options} <= {*drawn}
    for name in expected(default) - {"hidden"}:
        assert drawn[name] == SETTINGS[name].label
    assert page.session_state["config"] == filled(default)


def test_what_an_entry_says_is_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = replace(SETTINGS["l1"], label="Lasso", help="Other words.", max=3, group=MAIN)
    monkeypatch.setitem(SETTINGS, "l1", entry)
    page = form("mlp")
    (field,) = [field for field in page.number_input if field.key == "l1"]
    assert (field.label, field.help, field.max) == ("Lasso", "Other words.", 3)
    monkeypatch.setitem(SETTINGS, "l1", replace(entry, group=None))
    assert "l1" not in labels(form("mlp"))


def test_momentum_is_asked_for_where_the_optimizer_has_it() -> None:
    page = form("mlp")
    assert "momentum" not in labels(page)
    page.selectbox(key="optimizer").set_value("nesterov").run()
    page.number_input(key="momentum").set_value(0.5).run()
    config = page.session_state["config"]
    assert (config.optimizer, config.momentum) == ("nesterov", 0.5)


def test_an_empty_field_is_none_and_says_so() -> None:
    page = form("mlp")
    for name, setting in SETTINGS.items():
        if setting.group == STOPPING:
            field = page.number_input(key=name)
            assert (field.value, field.placeholder) == (None, "never")
    assert page.number_input(key="weight_decay").placeholder == "0"
    page.selectbox(key="optimizer").set_value("adamw").run()
    assert page.number_input(key="weight_decay").placeholder == "0.01"


def test_the_address_reaches_every_kind_of_control() -> None:
    page = AppTest.from_function(app, default_timeout=30)
    page.query_params.update({"epochs": "7", "hidden": "5, 4", "schedule": "constant", "patience": "3"})
    config = page.run().session_state["config"]
    assert (config.epochs, config.hidden, config.schedule, config.patience) == (7, (5, 4), "constant", 3)


def test_a_value_in_use_is_offered_beside_the_others() -> None:
    page = AppTest.from_function(app, default_timeout=30)
    page.session_state["engine"], page.session_state["learning_rate"] = "compiled", 0.033
    page.run()
    assert page.session_state["config"].learning_rate == 0.033
    assert page.session_state["config"].engine == "compiled"


def test_control_values_are_those_of_the_controls() -> None:
    config = default_config("mlp", activation="x*tanh(x)", l1=1, model_options={"norm": "batch"})
    values = control_values(config)
    assert values["own"] == "x*tanh(x)"
    assert values["activation"] == default_config("mlp").activation
    assert (values["hidden"], values["norm"], values["l1"]) == ("8, 8", "batch", 1.0)
    assert "seed" not in values
    assert "model_options" not in values


@pytest.mark.parametrize("text", ["", "8", "8, 8", "16,8 4"])
def test_layers_are_read_as_they_are_written(text: str) -> None:
    assert layers(layers_as_text(layers(text))) == layers(text)
