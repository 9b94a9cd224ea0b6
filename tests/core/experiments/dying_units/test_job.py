"""Units die where theory says that they must and never where they cannot, and the verdict says so."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import DATASETS
from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.experiments.dying_units.config import DyingUnitsConfig
from core.experiments.dying_units.events import (
    Combination,
    DyingUnitsFinished,
    DyingUnitsStarted,
    UnitsChecked,
    to_csv,
    verdict,
)
from core.experiments.dying_units.job import checked_steps, dying_units, initialised
from core.records import from_record, to_record

QUICK = DyingUnitsConfig(
    activations=("relu", "leaky_relu"),
    learning_rates=(0.1, 3.0),
    biases=(0.0,),
    hidden=(8,),
    steps=40,
    samples=60,
    seeds=3,
)


def checks(config: DyingUnitsConfig) -> list[UnitsChecked]:
    return [event for event in dying_units(config) if isinstance(event, UnitsChecked)]


def of(check: UnitsChecked, **setting: Any) -> list[Combination]:
    return [one for one in check.combinations if setting.items() <= asdict(one).items()]


def test_events_come_in_order_with_progress_at_every_step() -> None:
    events = list(dying_units(QUICK))
    kinds = [type(event) for event in events if not isinstance(event, Progress)]
    count = len(checked_steps(QUICK.steps))
    assert kinds == [DyingUnitsStarted, *[UnitsChecked] * count, DyingUnitsFinished]
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.done for event in progress] == list(range(1, QUICK.steps + 1))
    assert [event.step for event in events if isinstance(event, UnitsChecked)] == sorted(
        checked_steps(QUICK.steps)
    )


def test_a_bias_far_below_kills_every_relu_and_no_leaky_relu() -> None:
    first, *_, last = checks(replace(QUICK, biases=(-50.0,)))
    for check in (first, last):
        assert all(one.dead == (1.0, 1.0, 1.0) for one in of(check, activation="relu"))
        assert all(one.dead == (0.0, 0.0, 0.0) for one in of(check, activation="leaky_relu"))
    # Dead units pass nothing on: all that such a network can learn is how frequent the classes are.
    (gentle,) = of(last, activation="relu", learning_rate=0.1)
    assert gentle.loss[1] == pytest.approx(np.log(2), abs=0.05)


def test_in_one_hidden_layer_a_dead_relu_never_comes_back() -> None:
    """No gradient reaches its weights, and what comes into it never changes."""
    before: dict[tuple[float, float], int] = {}
    for check in checks(replace(QUICK, learning_rates=(0.1, 3.0, 20.0), biases=(0.0, -2.0), steps=60)):
        for one in of(check, activation="relu", diverged=0):
            assert one.came_back == 0
            setting = (one.learning_rate, one.bias)
            assert one.died >= before.get(setting, 0)
            before[setting] = one.died
    assert sum(before.values()) > 0


def test_under_a_second_layer_that_learns_a_dead_relu_can_come_back() -> None:
    last = checks(replace(QUICK, hidden=(8, 8), learning_rates=(3.0,), steps=100))[-1]
    (relu,) = of(last, activation="relu")
    assert 0 < relu.came_back <= relu.died <= relu.units


@settings(max_examples=10, deadline=None)
@given(rate=st.floats(0.001, 50), bias=st.floats(-20, 20), seed=st.integers(0, 1000))
def test_leaky_relu_never_dies(rate: float, bias: float, seed: int) -> None:
    config = replace(QUICK, activations=("leaky_relu",), learning_rates=(rate,), biases=(bias,), seed=seed)
    for check in checks(replace(config, steps=10, seeds=1)):
        assert all(not one.dead or max(one.dead) == 0 for one in check.combinations)


def test_high_learning_rates_kill_units_of_relu() -> None:
    last = checks(DyingUnitsConfig(learning_rates=(0.01, 3.0), biases=(0.0,), steps=100, seeds=4))[-1]
    (gentle,), (harsh,) = (of(last, activation="relu", learning_rate=rate) for rate in (0.01, 3.0))
    assert gentle.dead[1] < 0.1
    assert harsh.dead[1] > 0.3


def test_dead_units_are_those_that_a_count_by_hand_finds() -> None:
    config = replace(QUICK, activations=("relu",), biases=(-1.0,), seeds=1, data="moons")
    start = checks(config)[0].combinations[0]
    weight, bias = (part[0][0].numpy() for part in _first_layer(config))
    data = DATASETS["moons"].load(
        seed=0, test_fraction=0.2, samples=60, noise=DATASETS["moons"].defaults["noise"], features="xy"
    )
    fires = (data.train_inputs @ weight + bias > 0).any(axis=0)
    assert start.dead[1] == pytest.approx(1 - fires.mean())


def _first_layer(config: DyingUnitsConfig) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    stack = initialised(config, features=2, classes=2)
    return stack.weights, stack.biases


def test_flat_and_dead_are_different() -> None:
    """Sigmoid's slope at -8 is 0.0003: no unit is dead, and all are flat."""
    config = replace(QUICK, activations=("sigmoid",), learning_rates=(0.01,), biases=(-12.0,), steps=1)
    start = checks(config)[0].combinations[0]
    assert start.dead == (0.0, 0.0, 0.0)
    assert start.flat == (1.0, 1.0, 1.0)


def test_every_combination_of_one_seed_begins_with_the_same_network() -> None:
    start = checks(replace(QUICK, activations=("relu", "relu6"), learning_rates=(0.1, 1.0), steps=1))[0]
    assert len({(one.dead, one.loss) for one in of(start, activation="relu")}) == 1


def test_the_same_config_gives_the_same_numbers_and_another_seed_others() -> None:
    first, again = checks(QUICK), checks(QUICK)
    assert [check.combinations for check in first] == [check.combinations for check in again]
    assert first[-1].combinations != checks(replace(QUICK, seed=1))[-1].combinations


def test_networks_that_diverge_are_counted_and_leave_only_finite_numbers() -> None:
    config = replace(QUICK, activations=("identity", "relu"), learning_rates=(0.1, 100.0), hidden=(8, 8, 8))
    events = [event_record(event) for event in dying_units(config) if not isinstance(event, Progress)]
    json.dumps(events, allow_nan=False)
    last = events[-2]["combinations"]
    diverged = {(one["activation"], one["learning_rate"]): one["diverged"] for one in last}
    assert diverged[("identity", 0.1)] == 0
    assert diverged[("identity", 100.0)] == config.seeds
    gone = next(one for one in last if one["diverged"] == config.seeds)
    assert gone["dead"] == gone["loss"] == []
    assert gone["units"] == 0


@pytest.mark.parametrize("data", ["moons", "circles", "spiral", "gaussians", "checkerboard"])
def test_every_data_set_of_points_fits(data: str) -> None:
    last = checks(replace(QUICK, data=data, steps=2))[-1]
    assert all(0 <= one.accuracy[1] <= 1 for one in last.combinations)


def combination(activation: str, rate: float, dead: float | None, **more: Any) -> dict[str, Any]:
    three = () if dead is None else (dead, dead, dead)
    default = {"flat": three, "loss": three, "accuracy": three, "units": 10, "died": 4, "came_back": 1}
    return {"activation": activation, "learning_rate": rate, "bias": 0.0, "dead": three} | (
        default | {"diverged": 0} | more
    )


def test_the_verdict_names_the_worst_setting_and_why_leaky_relu_is_cured() -> None:
    started = {"seeds": 8, "smallest_slope": {"relu": 0.0, "leaky_relu": 0.01, "elu": 1e-22}}
    found = [
        combination("relu", 0.01, 0.03),
        combination("relu", 0.5, 0.61),
        combination("leaky_relu", 0.01, 0.0),
        combination("leaky_relu", 0.5, 0.0),
        combination("elu", 0.01, 0.0),
        combination("elu", 0.5, None, diverged=8),
    ]
    sentences = " ".join(verdict(started, found))
    assert "ReLU at a learning rate of 0.5 and an initial bias of 0: 61% of its units are dead" in sentences
    assert "(61% to 61% over the seeds), accuracy 61%." in sentences
    assert "Leaky ReLU 0%, accuracy 0%, since its slope is never under 0.01" in sentences
    assert "ELU diverged" in sentences
    assert "With a learning rate of 0.01, 3% of ReLU's units are dead." in sentences
    assert "Of the 4 units of ReLU there that were dead at some time, 1 came back." in sentences


def test_accuracies_stand_beside_the_most_frequent_class_and_are_balanced_where_classes_are_uneven() -> None:
    """Networks of dead units alone say one class: of 20 points, four test it, three of one class."""
    config = replace(
        QUICK, activations=("relu",), learning_rates=(0.1,), biases=(-50.0,), samples=20, seeds=1
    )
    started, *_, last, finished = (event for event in dying_units(config) if not isinstance(event, Progress))
    (dead,) = last.combinations
    assert started.majority_accuracy == 0.75
    assert dead.accuracy[1] in {0.25, 0.75}
    assert dead.balanced_accuracy == (0.5, 0.5, 0.5)
    assert f"accuracy {dead.accuracy[1]:.0%} (balanced 50%)." in finished.verdict[0]
    assert finished.verdict[-1] == "Always the most frequent class: accuracy 75%."


def test_where_classes_are_even_no_accuracy_is_balanced() -> None:
    started, first, *_ = dying_units(replace(QUICK, samples=200, steps=1))
    assert 0.5 <= started.majority_accuracy < 0.6
    assert all(one.balanced_accuracy == () for one in first.combinations)


def test_where_nothing_died_the_verdict_says_what_kills() -> None:
    started = {"seeds": 8, "smallest_slope": {"relu": 0.0}}
    assert verdict(started, [combination("relu", 0.1, 0.0)])[0].startswith("No unit is dead here.")
    assert verdict(started, [combination("relu", 0.1, None)])[0].startswith("No unit is dead here.")


def test_csv_holds_every_check_and_combination() -> None:
    found = [event_record(check) for check in checks(replace(QUICK, steps=5))]
    read = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert len(read) == len(found) * QUICK.combinations
    last = found[-1]["combinations"][-1]
    assert float(read[-1]["dead_median"]) == last["dead"][1]
    assert float(read[-1]["loss_high"]) == last["loss"][2]


@pytest.mark.parametrize(
    ("given_settings", "sentence"),
    [
        ({"activations": ("purple",)}, "Unknown activation 'purple'; choose from "),
        ({"activations": ("binary_step",)}, "Unknown activation 'binary_step'"),
        ({"activations": ("x * (",)}, "The expression ends where"),
        ({"activations": ("0 * x",)}, "No network can be trained through 0 "),
        ({"activations": ()}, "must be a list of 1 to 8 values"),
        ({"activations": ("relu", "relu")}, "names a value twice"),
        ({"learning_rates": (0.0,)}, "learning_rates 0.0 is not possible; it must be .* 1e-06 to 100"),
        ({"learning_rates": (float("nan"),)}, "learning_rates nan is not possible"),
        ({"biases": ("low",)}, "biases 'low' is not possible"),
        ({"data": "mnist5k"}, "Unknown data 'mnist5k'; choose from moons"),
        ({"hidden": (0,)}, "must be a whole number from 1 to 128"),
        ({"steps": 0}, "steps 0 is not possible"),
        ({"seeds": 64, "learning_rates": tuple(0.1 * n for n in range(1, 17))}, "at most 4,096"),
        ({"seeds": 64, "hidden": (128, 128), "samples": 2000}, "at most 40 million"),
    ],
)
def test_what_is_impossible_is_rejected(given_settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        DyingUnitsConfig(**given_settings)


def test_config_survives_json() -> None:
    assert from_record(DyingUnitsConfig, json.loads(json.dumps(to_record(QUICK)))) == QUICK


def test_an_expression_of_x_learns_as_the_function_that_it_says() -> None:
    config = replace(QUICK, activations=("leaky_relu", "max(x, 0.01 * x)"), learning_rates=(0.1,))
    known, typed = checks(config)[-1].combinations
    assert typed.activation == "max(x, 0.01 * x)"
    assert typed.dead == known.dead
    assert typed.loss == pytest.approx(known.loss, rel=1e-3)
