"""The curves of a training name their parts, each in its own colour."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dashboard.charts.training.curves import METRICS, loss_drawing, metric_drawing, rate_drawing


def loss_chart(*of: Any, **more: Any) -> Any:
    return loss_drawing(*of, **more).chart()


def metric_chart(*of: Any, **more: Any) -> Any:
    return metric_drawing(*of, **more).chart()


def epoch(number: int, **more: Any) -> dict[str, Any]:
    scores = {f"{part}_{score}": 0.5 for part in ("train", "test") for score in ("loss", "metric")}
    return {"epoch": number, **scores, **more}


PLAIN = [epoch(1), epoch(2)]  # as version 0.1 stored them
WITHOUT = [epoch(n, validation_loss=None, validation_metric=None) for n in (1, 2)]
WITH = [epoch(n, validation_loss=0.4, validation_metric=0.6) for n in (1, 2)]


def curves(chart: Any) -> dict[str, Any]:
    return chart.to_dict()["layer"][0]["encoding"]


@pytest.mark.parametrize("epochs", [PLAIN, WITHOUT])
def test_without_a_validation_split_there_are_two_curves(epochs: list[dict[str, Any]]) -> None:
    for chart in (loss_chart(epochs), metric_chart(epochs, "accuracy")):
        assert curves(chart)["color"]["legend"]["values"] == ["Train", "Test"]


def test_with_one_there_are_three() -> None:
    for chart in (loss_chart(WITH), metric_chart(WITH, "accuracy")):
        assert curves(chart)["color"]["legend"]["values"] == ["Train", "Validation", "Test"]
        assert chart.data["Validation"].tolist() == pytest.approx([chart.data["Validation"][0]] * 2)


def test_while_more_is_to_come_the_epochs_reach_to_the_planned_end() -> None:
    for chart in (loss_chart(PLAIN, planned=40), metric_chart(PLAIN, "accuracy", planned=40)):
        assert curves(chart)["x"]["scale"]["domain"] == [1, 40]
    assert "scale" not in curves(loss_chart(PLAIN))["x"]


@pytest.mark.parametrize("metric", METRICS)
def test_a_part_keeps_its_colour_whether_or_not_there_is_validation(metric: str) -> None:
    with_it, without = (curves(metric_chart(epochs, metric)) for epochs in (WITH, WITHOUT))
    for channel in ("color", "strokeDash"):
        assert with_it[channel]["scale"] == without[channel]["scale"]
    assert len(with_it["color"]["scale"]["domain"]) == 3


def test_an_accuracy_has_that_of_the_most_frequent_class_beside_it() -> None:
    epochs = [epoch(1, details={"majority_accuracy": 0.975})]
    chart = metric_chart(epochs, "accuracy").to_dict()
    rules = [layer for layer in chart["layer"] if layer["encoding"].get("y", {}).get("field") == "baseline"]
    assert chart["datasets"][rules[0]["data"]["name"]] == [{"baseline": 0.975, "name": "most frequent class"}]
    assert len(rules) == 2
    assert len(metric_chart(PLAIN, "accuracy").layer) == len(chart["layer"]) - 2


@pytest.mark.parametrize(("covered", "top"), [((0, 0), 1), ((3, 8), 8)])
def test_a_count_of_modes_begins_at_none(covered: tuple[int, int], top: int) -> None:
    epochs = [epoch(n, train_metric=count, test_metric=count) for n, count in enumerate(covered, 1)]
    assert curves(metric_chart(epochs, "modes"))["y"]["scale"]["domain"] == [0, top]


GAN = [epoch(n, details={"generator_loss": 0.7 + n}) for n in (1, 2)]


def test_a_gan_shows_the_losses_of_both_its_networks_and_where_they_are_even() -> None:
    chart = loss_chart(GAN, "modes", equilibrium=True)
    assert curves(chart)["color"]["legend"]["values"] == ["D, train", "D, test", "G"]
    assert chart.data["G"].tolist() == pytest.approx([1.7, 2.7])
    (rule,) = {layer.data["baseline"].item() for layer in chart.layer[-2:]}
    assert rule == pytest.approx(2 * math.log(2))  # -log D - log(1 - D) where D is 1/2 everywhere
    assert len(loss_chart(GAN, "modes").layer) == len(chart.layer) - 2


def test_the_parts_of_a_player_are_exploring_and_greedy() -> None:
    for chart in (loss_chart(PLAIN, "success"), metric_chart(PLAIN, "success")):
        assert curves(chart)["color"]["legend"]["values"] == ["Exploring", "Greedy"]


def test_the_learning_rate_to_come_is_drawn_faintly() -> None:
    drawing = rate_drawing([(0, 0.1), (5, 0.05), (10, 0.0)], done=5, schedule="Cosine")
    to_come, behind = drawing.chart().layer
    assert to_come.to_dict()["mark"]["opacity"] < 0.5
    assert behind.transform[0].filter == "datum.Epoch <= 5"
