"""Every snapshot has panels that say what they are, with the numbers of its picture."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest

from core.data.environments import taxi
from core.events import Picture
from core.training.settings import applies
from core.training.snapshots import SNAPSHOTS, applicable
from dashboard.charts.training.registry import CHARTS
from dashboard.film.panel_encoding import LEVELS, encode, encoded
from dashboard.film.panels.registry import PANELS, expected, names, panels_of
from dashboard.film.routes import WEB
from tests.dashboard.charts.training.rows import FEW, trained

BOUNDS = {"x_min": -1.0, "x_max": 1.0, "y_min": -2.0, "y_max": 2.0}


def decoded(body: bytes) -> dict[str, dict[str, Any]]:
    """Panels by name, each with its arrays, read as the format says."""
    magic, version, length = struct.unpack_from("<4sII", body)
    assert (magic, version) == (b"NPAN", 1)
    header = json.loads(body[12 : 12 + length])
    start = -(-(12 + length) // 8) * 8
    for panel in header["panels"]:
        for name, entry in panel["arrays"].items():
            count = int(np.prod(entry["shape"]))
            at = start + panel["offset"] + entry["at"]
            assert at % 8 == 0
            values = np.frombuffer(body, "<" + entry["type"], count, at).reshape(entry["shape"])
            if entry["type"] == "i2":
                values = entry["zero"] + values.astype(float) * entry["step"]
            panel["arrays"][name] = values
    return {panel["name"]: panel for panel in header["panels"]}


def panels(picture: Picture) -> dict[str, dict[str, Any]]:
    """What a browser reads of a picture."""
    return decoded(encode({}, encoded(picture)))


def test_every_snapshot_has_panels_under_the_names_of_its_charts() -> None:
    assert [*PANELS] == [*SNAPSHOTS]
    for key, charts in CHARTS.items():
        assert names(key) == [chart.__name__.removesuffix("_chart") for chart in charts]


def test_a_page_expects_panels_of_what_is_seen_and_not_of_the_data_beneath() -> None:
    listed = expected(["target", "layer_norms", "generated"])
    assert [(panel["name"], panel["beneath"]) for panel in listed] == [
        ("generated", "target"),
        *((name, None) for name in ("update_ratio", "gradient_norm", "update_norm")),
    ]
    assert [panel["name"] for panel in expected(["target"])] == ["target"]
    drawn = expected(["confusion", "states", "unrolled"])
    assert [panel["name"] for panel in drawn] == ["unrolled", "confusion", "states", "memory"]
    assert [panel["wide"] for panel in drawn] == [True, False, False, False]


@pytest.mark.parametrize(
    ("model", "data"),
    [
        *(("mlp", data) for data in ("moons", "hills", "sine_curve", "iris", "diabetes")),
        *(("lenet", "mnist5k"), ("lstm", "parity"), ("gru", "seattle_temps"), ("gan", "ring")),
        ("transformer", "copy_memory"),
        *(("rbm", "digits"), ("gat", "karate_club"), ("q_table", "frozen_lake"), ("dqn", "cart_pole")),
    ],
)
def test_every_panel_of_a_real_training_says_what_it_is(model: str, data: str) -> None:
    small = dict(FEW.get(data, {}))
    if applies("batch_size", model, data) and model != "dqn":
        small["batch_size"] = 1024
    pictures = trained(model, data, snapshots=applicable(model, data), **small)
    for key, picture in pictures.items():
        found = panels(picture)
        assert [*found] == names(key)
        for panel in found.values():
            assert (WEB / "panels" / f"{panel['kind']}.js").exists()
            assert panel["title"]
            assert panel["notes"] or SNAPSHOTS[key].once
            assert panel["step"] == picture.step


def test_numbers_arrive_as_exactly_as_they_are_drawn() -> None:
    values = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    found = panels(Picture("policy_map", 3, {"preference": values}, BOUNDS))["policy_map"]["arrays"]
    step = float(values.max() - values.min()) / LEVELS
    np.testing.assert_allclose(found["preference"], values, rtol=0, atol=0.51 * step)
    few = values[:5, :5].copy()
    few[0, 0] = np.nan
    found = panels(Picture("policy_map", 3, {"preference": few}, BOUNDS))["policy_map"]["arrays"]
    np.testing.assert_array_equal(found["preference"], few)


def test_what_json_has_not_is_null() -> None:
    maps = np.full((2, 3, 3), np.nan, np.float32)
    values = {"layers": ["c1"], "channels": [2], "label": "7"}
    picture = Picture("feature_maps", 0, {"image": np.zeros((3, 3), np.uint8), "0": maps}, values)
    assert panels(picture)["feature_maps"]["values"]["groups"][1]["low"] is None


def test_mistakes_are_counted_and_named() -> None:
    arrays = {
        "images": np.zeros((3, 4, 4), np.uint8),
        "labels": np.array([1, 0, 1]),
        "predicted": np.array([0, 0, 1]),
        "confidence": np.array([0.9, 0.6, 0.7], np.float32),
    }
    values = {"classes": ["cat", "dog"], "samples": 1000, "wrong": 54}
    found = panels(Picture("predictions", 0, arrays, values))["predictions"]
    assert found["values"]["captions"] == ["cat, not dog", "cat", "dog"]
    assert len(found["values"]["longest_caption"]) == len("cat, not dog")
    assert found["arrays"]["wrong"].tolist() == [1, 0, 0]
    assert found["notes"] == ["54 of 1,000 are wrong (orange); 1 shown first."]
    counts = np.array([[5, 1], [2, 4]])
    matrix = panels(Picture("confusion", 0, {"counts": counts}, {"classes": [0, 1]}))["confusion"]
    assert matrix["notes"] == ["3 of 12 test predictions are wrong (orange)."]
    np.testing.assert_array_equal(matrix["arrays"]["counts"], counts)


def test_attention_is_an_image_for_each_head_in_a_row_for_each_block() -> None:
    weights = np.tril(np.full((2, 3, 4, 4), 0.25, np.float32))
    values = {"steps": [*"abcd"], "features": []}
    found = panels(Picture("attention", 5, {"weights": weights}, values))["attention"]
    assert [group["caption"] for group in found["values"]["groups"]] == [
        "Block 1: 3 heads",
        "Block 2: 3 heads",
    ]
    np.testing.assert_array_equal(found["arrays"]["layer1"], weights[1])


def test_a_layer_has_only_what_a_logarithm_can_show() -> None:
    arrays = {
        f"{quantity}{suffix}": array
        for quantity in ("ratio", "gradient", "update")
        for suffix, array in (
            ("_steps", np.array([[0, 5, 9], [0, 5, -1]])),
            ("", np.array([[0.1, 0.0, 0.3], [0.2, 0.4, np.nan]], np.float32)),
        )
    }
    shown = panels_of(Picture("layer_norms", 9, arrays, {"layers": ["first", "second"]}))
    ratio = shown["update_ratio"]
    assert ratio.history
    assert [ratio.arrays[name].tolist() for name in ("x0", "x1")] == [[0, 9], [0, 5]]
    np.testing.assert_allclose(ratio.arrays["y1"], [0.2, 0.4])


def test_the_rules_of_a_game_and_its_best_actions_arrive_exactly() -> None:
    """A taxi has more numbers than are sent exactly otherwise, and an episode of 200 moves forgives none."""
    pictures = trained("q_table", "taxi", snapshots=("episode",))
    assert {*pictures} == {"world", "episode"}
    world, episode = (panels(pictures[name])[name] for name in ("world", "episode"))
    rules = taxi().world
    assert rules is not None
    for name in ("probability", "next_state", "reward", "ends", "start"):
        np.testing.assert_array_equal(world["arrays"][name], getattr(rules, name))
    values = pictures["episode"].arrays["action_values"]
    np.testing.assert_array_equal(episode["arrays"]["policy"], values.argmax(1))
    assert world["legend"][0]["text"] == "R: red stop"
