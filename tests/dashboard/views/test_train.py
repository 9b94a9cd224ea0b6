"""The Train page starts what its controls say, and answers the impossible in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core.models import MODELS
from core.records import to_record
from core.training import default_config, snapshots
from core.training.settings import not_used
from dashboard.components import runs
from tests.dashboard.conftest import open_view, view
from tests.waiting import wait_until


def start(page: AppTest) -> str:
    page.button[0].click().run()
    assert not page.exception
    return page.session_state["started runs"]["training"]


def run_to_end(page: AppTest) -> None:
    wait_until(lambda: runs.runner().store.get(page.session_state["started runs"]["training"]).ended)
    page.run()
    assert not page.exception


@pytest.mark.parametrize("model", MODELS)
def test_every_network_opens_with_the_settings_that_suit_it(page: AppTest, model: str) -> None:
    page.run()
    page.selectbox(key="model").set_value(model).run()
    assert not page.exception
    default = default_config(model)
    assert page.selectbox(key="data").value == default.data
    assert page.number_input(key="epochs").value == default.epochs
    assert page.select_slider(key="learning_rate").value == default.learning_rate
    assert not page.button[0].disabled


def test_the_points_to_be_learnt_are_there_before_the_start_and_follow_the_controls(page: AppTest) -> None:
    def drawn() -> str:
        page.run()
        (chart,) = page.get("vega_lite_chart")
        return str(chart.proto)

    first = drawn()
    assert "What there is to learn" in first
    page.slider(key="noise").set_value(0.4)
    noisy = drawn()
    assert noisy != first
    page.number_input(key="seed").set_value(1)
    assert drawn() not in (first, noisy)
    page.selectbox(key="model").set_value("lenet").run()
    assert not page.get("vega_lite_chart")


def film(page: AppTest) -> dict[str, Any]:
    """What the player is given."""
    (player,) = (part for part in page.get("bidi_component") if "film" in part.proto.component_name)
    described: dict[str, Any] = json.loads(player.proto.json)
    return described


def test_a_small_network_is_shown_by_its_film_at_the_step_of_the_address(page: AppTest) -> None:
    page.run()
    page.number_input(key="epochs").set_value(2).run()
    run_id = start(page)
    run_to_end(page)
    shown = film(page)
    assert (shown["run"], shown["network"]["sizes"]) == (run_id, [2, 8, 8, 1])
    assert shown["ended"]
    assert shown["autoplay"]
    assert shown["step"] is None
    assert len(runs.runner().store.frames(run_id)) > 40
    names = [panel["name"] for panel in shown["panels"]]
    assert "update_ratio" in names
    assert "decision_map" not in names  # the network has it
    page.query_params["step"] = "50"
    page.run()
    assert film(page)["step"] == 50
    page.query_params["step"] = "fifty"
    page.run()
    assert film(page)["step"] is None
    start(page)  # another run: the step was of the one before
    assert "step" not in page.query_params


def test_results_say_what_they_are_of_and_which_controls_now_differ(page: AppTest) -> None:
    def said() -> str:
        return " ".join(text.value for text in page.markdown if "controls differ" in text.value)

    def click(label: str) -> None:
        next(button for button in page.button if button.label == label).click().run()
        assert not page.exception

    page.run()
    page.number_input(key="epochs").set_value(1).run()
    first = start(page)
    run_to_end(page)
    assert any("**MLP** on **Moons**" in text.value and "Seed 0" in text.value for text in page.caption)
    assert not said()
    page.number_input(key="seed").set_value(3).run()
    page.text_input(key="hidden").set_value("4").run()
    assert "Seed 3 instead of 0" in said()
    assert "Hidden layers 4 instead of 8, 8" in said()
    click("Restore")
    assert not said()
    assert page.number_input(key="seed").value == 0
    page.number_input(key="seed").set_value(5).run()
    click("Run with these")
    second = page.session_state["started runs"]["training"]
    assert second != first
    assert runs.runner().store.get(second).config["seed"] == 5
    assert not said()
    page.selectbox(key="data").set_value("spiral").run()
    assert "Data Spiral instead of Moons" in said()


def test_a_click_trains_what_the_controls_say_and_shows_it(page: AppTest) -> None:
    page.run()
    page.number_input(key="epochs").set_value(2).run()
    page.text_input(key="hidden").set_value("6 5").run()
    page.number_input(key="seed").set_value(7).run()
    run_id = start(page)
    run_to_end(page)
    config = runs.runner().store.get(run_id).config
    assert (config["epochs"], config["hidden"], config["seed"]) == (2, [6, 5], 7)
    figures = {metric.label: metric.value for metric in page.metric}
    assert figures["Epoch"] == "2 of 2"
    assert figures["Accuracy, test"].endswith("%")
    assert len(page.get("vega_lite_chart")) == 3  # the curves
    page.toggle(key="as_charts").set_value(True).run()
    assert len(page.get("vega_lite_chart")) == 3 + 6  # and the newest picture of each snapshot
    assert page.query_params["run"] == run_id


def test_snapshots_are_chosen_and_comes_back_with_the_run(page: AppTest) -> None:
    page.run()
    assert page.multiselect(key="snapshots").value == [*snapshots.defaults("mlp", "moons")]
    page.number_input(key="epochs").set_value(1).run()
    page.multiselect(key="snapshots").set_value(["embedding"]).run()
    run_id = start(page)
    run_to_end(page)
    assert runs.runner().store.get(run_id).config["snapshots"] == ["embedding"]
    assert set(runs.runner().store.pictures(run_id)) == {"embedding"}
    again = AppTest.from_file(page._script_path, default_timeout=30)
    again.query_params["run"] = run_id
    again.run()
    assert again.multiselect(key="snapshots").value == ["embedding"]
    again.selectbox(key="model").set_value("gru").run()
    assert again.multiselect(key="snapshots").value == [*snapshots.defaults("gru", "seattle_temps")]


def test_pictures_of_a_table_can_be_left_out(page: AppTest) -> None:
    page.run()
    page.selectbox(key="data").set_value("iris").run()
    assert page.multiselect(key="snapshots").value[:2] == ["table_points", "table_map"]
    page.number_input(key="epochs").set_value(1).run()
    page.multiselect(key="snapshots").set_value(["confusion"]).run()
    run_id = start(page)
    run_to_end(page)
    assert set(runs.runner().store.pictures(run_id)) == {"confusion"}


def test_the_address_of_a_run_brings_its_settings_back(page: AppTest) -> None:
    page.run()
    page.selectbox(key="model").set_value("gru").run()
    page.number_input(key="epochs").set_value(1).run()
    run_id = start(page)
    visitor = view("train")
    visitor.query_params["run"] = run_id
    visitor.run()
    assert not visitor.exception
    assert visitor.selectbox(key="model").value == "gru"
    assert visitor.number_input(key="epochs").value == 1


def test_other_data_brings_its_settings_and_leaves_what_a_person_has_changed(page: AppTest) -> None:
    page.run()
    page.select_slider(key="batch_size").set_value(64).run()
    page.selectbox(key="data").set_value("spiral").run()
    default = default_config("mlp", "spiral")
    assert page.number_input(key="epochs").value == default.epochs != default_config("mlp", "moons").epochs
    assert page.slider(key="noise").value == default.noise != default_config("mlp", "moons").noise
    assert page.select_slider(key="batch_size").value == 64 != default.batch_size
    page.selectbox(key="data").set_value("own_csv").run()
    assert page.number_input(key="epochs").value == default_config("mlp", "own_csv").epochs
    assert page.select_slider(key="batch_size").value == 64
    assert not page.exception


def test_another_network_keeps_the_data_that_it_takes_and_brings_its_own_settings(page: AppTest) -> None:
    page.run()
    page.selectbox(key="data").set_value("mnist5k").run()
    page.select_slider(key="learning_rate").set_value(1.0).run()
    page.selectbox(key="model").set_value("resnet").run()
    assert page.selectbox(key="data").value == "mnist5k"
    assert page.select_slider(key="learning_rate").value == default_config("resnet").learning_rate
    page.selectbox(key="model").set_value("gru").run()
    assert page.selectbox(key="data").value == default_config("gru").data
    assert not page.exception


def test_another_optimiser_brings_its_learning_rate_unless_one_was_chosen(page: AppTest) -> None:
    page.run()
    page.selectbox(key="optimizer").set_value("sgd").run()
    rate = page.select_slider(key="learning_rate")
    assert rate.value == default_config("mlp", optimizer="sgd").learning_rate
    rate.set_value(0.5).run()
    page.selectbox(key="optimizer").set_value("rmsprop").run()
    assert page.select_slider(key="learning_rate").value == 0.5


MORE_SETTINGS = {
    "samples": 300,
    "test_fraction": 0.35,
    "initialisation": "orthogonal",
    "label_smoothing": 0.1,
    "schedule": "cosine",
    "momentum": 0.5,
    "weight_decay": 0.01,
    "l1": 0.001,
    "clip_norm": 2.0,
    "target": 1.5,
    "patience": 50,
    "max_steps": 40,
    "max_seconds": 30.0,
    "engine": "eager",
}


def test_more_settings_reach_the_training_and_come_back_with_its_address(page: AppTest) -> None:
    page.run()
    page.selectbox(key="optimizer").set_value("momentum").run()
    for name, value in MORE_SETTINGS.items():
        kind = page.selectbox if isinstance(value, str) else page.number_input
        kind(key=name).set_value(value)
    page.text_input(key="own").set_value("x*tanh(x)").run()
    assert not page.exception
    assert "Custom f(x)" in page.caption[-1].value
    run_id = start(page)
    run_to_end(page)
    run = runs.runner().store.get(run_id)
    assert {name: run.config[name] for name in MORE_SETTINGS} == MORE_SETTINGS
    assert run.config["activation"] == "x*tanh(x)"
    finished = [record for _, record in runs.runner().store.events_after(run_id)][-1]
    assert (finished["reason"], finished["steps"]) == ("steps", 40)
    assert "Stopped: step limit reached. It took 40 steps." in {c.value for c in page.caption}
    visitor = view("train")
    visitor.query_params["run"] = run_id
    visitor.run()
    assert not visitor.exception
    assert visitor.text_input(key="own").value == "x*tanh(x)"
    for name, value in MORE_SETTINGS.items():
        kind = visitor.selectbox if isinstance(value, str) else visitor.number_input
        assert kind(key=name).value == value


@pytest.mark.parametrize(
    ("typed", "answer"), [("x*", "ends"), ("import os", "import"), ("1/x", "x = 0"), ("exp(x^2)", "finite")]
)
def test_an_impossible_own_activation_is_answered_in_words(page: AppTest, typed: str, answer: str) -> None:
    page.run()
    page.text_input(key="own").set_value(typed).run()
    assert not page.exception
    assert answer in page.error[0].value
    assert page.button[0].disabled


def keys(page: AppTest) -> set[str]:
    """Those of all controls on the page."""
    kinds = (page.selectbox, page.select_slider, page.number_input, page.slider, page.text_input)
    return {widget.key for kind in kinds for widget in kind}


@pytest.mark.parametrize("model", MODELS)
def test_a_network_is_asked_only_for_what_it_uses(page: AppTest, model: str) -> None:
    page.run()
    page.selectbox(key="model").set_value(model).run()
    missing = {*not_used(model)}
    assert not missing & keys(page)
    assert {"learning_rate", "epochs", "seed", "schedule", "max_seconds"} <= keys(page)
    assert ("hidden" in keys(page)) == (MODELS[model].hidden.max_layers > 0)
    assert {*MODELS[model].options} <= keys(page) | {toggle.key for toggle in page.toggle}


def test_a_run_that_was_stopped_while_it_waited_can_be_looked_at(page: AppTest) -> None:
    run_id = runs.runner().store.create("training", to_record(default_config("mlp")))
    runs.runner().store.request(run_id, "stop")
    assert runs.runner().store.get(run_id).status == "stopped"
    page.query_params["run"] = run_id
    page.run()
    assert not page.exception
    assert not any(button.label.startswith("Continue") for button in page.button)


def test_a_new_start_stops_the_run_before_it(page: AppTest) -> None:
    page.run()
    page.text_input(key="hidden").set_value(
        "64, 64, 64"
    ).run()  # too large to be compiled: it trains for long
    page.number_input(key="epochs").set_value(10_000).run()
    first = start(page)
    second = start(page)
    assert first != second
    wait_until(lambda: runs.runner().store.get(first).status == "stopped")
    runs.runner().request(second, "stop")


@pytest.mark.parametrize(
    ("typed", "answer"), [("8; 8", "whole numbers"), ("0", "from 1 to"), ("9" * 6, "from 1 to")]
)
def test_impossible_layers_are_answered_in_words(page: AppTest, typed: str, answer: str) -> None:
    page.run()
    page.text_input(key="hidden").set_value(typed).run()
    assert not page.exception
    assert answer in page.error[0].value
    assert page.button[0].disabled


def test_nonsense_in_the_address_is_answered_in_words(page: AppTest) -> None:
    page.query_params["run"] = "../../etc/passwd"
    assert "There is no training run with the address" in page.run().warning[0].value
    spoofed = open_view("train", run="[free](https://example.org)").warning[0].value
    assert r"“\[free\]" in spoofed
    assert "https://" not in spoofed  # no link
    page = open_view("train", hidden="eight, eight")
    assert "write whole numbers such as 8, 8" in page.error[0].value
    assert page.button[0].disabled
    assert "must be a whole number from 1 to" in open_view("train", hidden="99999").error[0].value
    page = open_view("train", activations="relu, rellu")
    assert "Unknown activation 'rellu' of mlp" in page.error[0].value
    page.text_input(key="activations").set_value("relu").run()
    assert "one for each hidden layer, which are 2, or empty" in page.error[0].value
    page = open_view("train", features="")
    assert "No features of moons given; at least one is needed" in page.error[0].value
    page = open_view("train", model="Skynet", epochs="-5", noise="frog", learning_rate="1e99")
    assert not page.error
    assert not page.button[0].disabled


def upload(page: AppTest, text: str) -> None:
    page.file_uploader(key="upload").upload("table.csv", text.encode(), "text/csv").run()
    assert not page.exception


def preview(page: AppTest) -> dict[str, dict[str, Any]]:
    """The table that says how columns are read."""
    return {row["Column"]: row for row in page.dataframe[0].value.to_dict("records")}


def test_an_uploaded_table_is_trained_on_and_a_bad_one_is_refused(page: AppTest) -> None:
    page.run()
    page.selectbox(key="data").set_value("own_csv").run()
    assert not page.exception
    upload(page, "a,b\n1,\n")
    assert "The table has 1 row below its header" in page.error[0].value
    assert page.button[0].disabled
    rows = "".join(f"{number},{number % 5},{'yes' if number % 2 else 'no'}\n" for number in range(40))
    upload(page, f"a,b,y\n{rows}")
    assert not page.error
    assert page.selectbox(key="target_column").options == ["a", "b", "y"]
    page.selectbox(key="target_column").set_value("b").run()
    page.number_input(key="epochs").set_value(1).run()
    run_id = start(page)
    run_to_end(page)
    run = runs.runner().store.get(run_id)
    assert run.status == "finished"
    assert run.config["data_options"].keys() == {"file", "target_column"}  # as before there were more
    assert run.config["data_options"]["target_column"] == "b"


def test_how_a_table_is_read_is_shown_before_the_start_and_holes_are_a_choice(page: AppTest) -> None:
    page.run()
    page.selectbox(key="data").set_value("own_csv").run()
    page.selectbox(key="target_column").set_value("colour").run()
    marks = ("1,5", "#N/A", "2,5", "3,5")
    rows = "".join(f"{n};{marks[n % 4]};name {n};{['Yes', 'yes', 'no'][n % 3]}\n" for n in range(40))
    upload(page, f"id;dose;name;ok\n{rows}")
    assert page.session_state["target_column"] == "ok"  # the column of the table before is none of this
    shown = preview(page)
    assert (shown["dose"]["Type"], shown["dose"]["Missing"], shown["dose"]["Values"]) == (
        "number",
        10,
        "1.5 to 3.5",
    )
    assert "decimal commas" in shown["dose"]["Remarks"]
    assert shown["name"]["Type"] == "left out"
    assert "Yes, yes are one" in shown["ok"]["Remarks"]
    assert "Row 3 has no value in column 'dose' (10 of 40" in page.error[0].value
    assert any(caption.value.startswith("None of the 40 rows can be used yet.") for caption in page.caption)
    assert page.button[0].disabled

    page.selectbox(key="missing").set_value("drop").run()
    page.multiselect(key="leave_out").set_value(["id"]).run()
    assert not page.error
    assert page.query_params["missing"] == "drop"
    assert preview(page)["id"]["Remarks"] == "as chosen"
    page.number_input(key="epochs").set_value(1).run()
    run_id = start(page)
    run_to_end(page)
    options = runs.runner().store.get(run_id).config["data_options"]
    assert {name: options[name] for name in ("missing", "leave_out")} == {
        "missing": "drop",
        "leave_out": "id",
    }
    assert "Most frequent class" in {metric.label for metric in page.metric}

    again = AppTest.from_file(page._script_path, default_timeout=30)
    again.query_params["run"] = run_id
    again.run()
    assert not again.exception
    assert (again.selectbox(key="missing").value, again.multiselect(key="leave_out").value) == (
        "drop",
        ["id"],
    )


def test_a_training_that_diverges_says_why_and_a_convolutional_one_what_sharing_weights_saves(
    page: AppTest,
) -> None:
    page.run()
    page.selectbox(key="model").set_value("lenet").run()
    page.selectbox(key="optimizer").set_value("sgd").run()
    page.select_slider(key="learning_rate").set_value(1.0).run()
    page.selectbox(key="activation").set_value("identity").run()
    page.number_input(key="epochs").set_value(2).run()
    start(page)
    run_to_end(page)
    assert "learning rate" in page.warning[0].value
    (beside,) = [text.value for text in page.caption if "as an MLP" in text.value]
    assert "an MLP with 64 hidden units: 50,890 parameters. LeNet-5 has 61,706" in beside
    assert "it would have 5.63 M" in beside  # as on the Layers page
    assert f"(layers?run={page.session_state['started runs']['training']})" in beside


def test_a_running_run_takes_another_learning_rate_and_a_stopped_one_resumes(page: AppTest) -> None:
    page.run()
    page.text_input(key="hidden").set_value(
        "64, 64, 64"
    ).run()  # too large to be compiled: it trains for long
    page.number_input(key="epochs").set_value(10_000).run()
    run_id = start(page)
    store = runs.runner().store
    wait_until(lambda: store.can_resume(run_id))
    page.run()
    page.select_slider(key=f"learning_rate_now_{run_id}").set_value(0.0001).run()
    wait_until(lambda: "setting_changed" in [record["event"] for _, record in store.events_after(run_id)])
    runs.runner().request(run_id, "stop")
    run_to_end(page)
    assert go_on(page).disabled  # in its place, so that no other button moves into it
    page.query_params["step"] = "1"
    next(button for button in page.button if button.label == "Resume").click().run()
    assert not page.exception
    assert "step" not in page.query_params
    assert store.get(run_id).status != "stopped"
    runs.runner().request(run_id, "stop")


def go_on(page: AppTest) -> Button:
    return next(button for button in page.button if button.label.startswith("Continue to epoch"))


def test_a_finished_run_continues_as_if_it_had_been_longer(page: AppTest) -> None:
    def last() -> dict[str, Any]:
        run_to_end(page)
        return [
            record
            for _, record in runs.runner().store.events_after(page.session_state["started runs"]["training"])
        ][-1]

    page.run()
    page.number_input(key="epochs").set_value(4).run()
    start(page)
    at_once = last()
    page.number_input(key="epochs").set_value(2).run()
    start(page)
    assert last()["value"] != at_once["value"]
    page.text_input(key="hidden").set_value("9").run()
    assert go_on(page).disabled
    assert "hidden" in go_on(page).help
    page.text_input(key="hidden").set_value("8, 8").run()
    assert go_on(page).label == "Continue to epoch 4"
    go_on(page).click().run()
    assert not page.exception
    longer = last()
    assert (longer["epochs"], longer["value"]) == (4, at_once["value"])
    assert page.number_input(key="epochs").value == 4


def labelled(page: AppTest, label: str) -> Button:
    return next(button for button in page.button if button.label == label)


def test_a_finished_run_branches_from_a_step_of_its_film_and_takes_other_weights(page: AppTest) -> None:
    def begun() -> tuple[Any, Any]:
        run_to_end(page)
        run_id = page.session_state["started runs"]["training"]
        return runs.runner().store.get(run_id), runs.runner().store.frames(run_id)[0]

    page.run()
    page.number_input(key="epochs").set_value(2).run()
    run_id = start(page)
    first, first_frame = begun()
    steps = runs.runner().store.frame_steps(run_id)
    page.query_params["step"] = str(steps[9])
    page.text_input(key="hidden").set_value("9").run()
    assert labelled(page, "The film’s step").disabled
    page.text_input(key="hidden").set_value("8, 8").run()
    page.select_slider(key="learning_rate").set_value(0.05).run()
    labelled(page, "The film’s step").click().run()
    assert not page.exception
    run, frame = begun()
    assert (run.config["start_from"], run.config["start_step"]) == (run_id, steps[9])
    assert run.config["learning_rate"] == 0.05
    assert frame.values == runs.runner().store.frame(run_id, steps[9]).values
    assert any(f"weights of step {steps[9]} of" in caption.value for caption in page.caption)

    labelled(page, "New weights").click().run()
    run, frame = begun()
    assert (run.config["start_from"], run.config["seed"]) == (None, first.config["seed"])
    assert frame.values != first_frame.values
    labelled(page, "Same weights again").click().run()
    again, same = begun()
    assert again.config["weights_seed"] == run.config["weights_seed"] is not None
    assert same.values == frame.values


def test_panels_that_were_not_recorded_are_drawn_from_the_film(page: AppTest) -> None:
    page.run()
    page.number_input(key="epochs").set_value(1).run()
    run_id = start(page)
    run_to_end(page)
    chosen = page.multiselect(key=f"more_panels_of_{run_id}")
    assert {"Embedding", "Pre-activation histograms"} <= {*chosen.options}
    assert "Decision map" not in chosen.options
    assert "Gradients and updates" not in chosen.options
    chosen.set_value(["input_histograms"]).run()
    news = film(page)["news"]
    labelled(page, "Draw them").click().run()
    assert not page.exception
    wait_until(lambda: f"drawing_of_{run_id}" not in page.run().session_state)
    page.run()
    assert not page.exception
    shown = film(page)
    assert "input_histograms" in [panel["name"] for panel in shown["panels"]]
    assert shown["news"] != news
    assert page.multiselect(key=f"more_panels_of_{run_id}").value == ["input_histograms"]


def test_a_finished_run_is_set_beside_classical_methods(page: AppTest) -> None:
    page.run()
    page.number_input(key="epochs").set_value(1).run()
    start(page)
    run_to_end(page)
    next(button for button in page.button if button.label == "Classical methods").click().run()
    assert not page.exception
    store, other = (
        runs.runner().store,
        page.session_state[f"classical_of_{page.session_state['started runs']['training']}"],
    )
    wait_until(lambda: store.get(other).ended)
    page.run()
    assert not page.exception
    methods = {record["method"] for _, record in store.events_after(other)}
    assert methods == {"majority or mean", "linear", "k-NN", "SVM", "random forest", "gradient boosting"}
