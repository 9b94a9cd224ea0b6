"""What the player computes in the browser is what torch computes: probabilities and classes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from core.activations import ACTIVATIONS
from core.data.features import FEATURES, inputs_of
from core.models import MODELS
from core.training.config import TrainConfig, default_config
from core.training.snapshots.grid import grid_around
from tests.browser.conftest import OpenTab
from tests.film_server import FilmServer, data_of, frame, network_of, weights_of

CELLS = 60
TOLERANCE = 5e-4
# Smooth, bent, far outside the first table, jumping, waving, growing, and one that was typed.
SPREAD = ("tanh", "relu", "gelu", "hardshrink", "sine", "squared_relu", "sin(3*x) + sign(x - 0.3)")
NETWORKS: dict[str, dict[str, Any]] = {
    "no hidden layer": {"data": "moons", "hidden": ()},
    "sines": {"data": "spiral", "hidden": (8, 8), "data_options": {"features": "sine"}},
    "every feature": {"data": "xor", "hidden": (5,), "data_options": {"features": ",".join(FEATURES)}},
    "squares without x": {
        "data": "circles",
        "hidden": (3,),
        "data_options": {"features": "y,x_squared,y_squared,product"},
    },
    "an activation for each layer": {
        "data": "moons",
        "hidden": (6, 5, 4, 3),
        "model_options": {"activations": "relu, sin(3*x) + sign(x - 0.3), relu, hardshrink"},
    },
    "five classes": {"data": "gaussians", "hidden": (5, 4), "data_options": {"classes": 5}},
    "eight layers": {"data": "xor", "hidden": (8,) * 8},
    "wide": {"data": "circles", "hidden": (24, 9)},
}

# What is compared alone, and as one text: Playwright carries numbers one by one, at ten times the cost.
MAPS = """async ([frame, cells]) => {
    const { film } = document.querySelector('.film');
    const { probability, winner } = await film.stage('network').mapsOf(frame, cells);
    return JSON.stringify({ probability, winner });
}"""


@pytest.fixture
def tab(open_tab: OpenTab) -> Page:
    return open_tab(1000)


def assert_maps_are_those_of_torch(
    films: FilmServer, tab: Page, config: TrainConfig, gains: tuple[float, ...] = (1.0, 4.0)
) -> None:
    """A frame for each gain: weights so many times as large as torch's first ones."""
    data = data_of(config)
    networks = [network_of(config, data, seed=5, gain=gain) for gain in gains]
    run = films.add(config, [frame(step, weights_of(network)) for step, network in enumerate(networks)])
    tab.goto(films.page(run))
    tab.wait_for_function("document.querySelector('.film').film?.frames.length > 0")
    for index, network in enumerate(networks):
        ours = json.loads(tab.evaluate(MAPS, [index, CELLS]))
        assert_map_is_that_of(ours, network, config)


def assert_map_is_that_of(ours: dict[str, Any], network: torch.nn.Module, config: TrainConfig) -> None:
    data = data_of(config)
    grid = grid_around(np.concatenate([data.train_plane, data.test_plane]), CELLS)
    inputs = torch.from_numpy(inputs_of(grid.middles(), data.features))
    with torch.inference_mode():
        logits = network(inputs)
    if logits.shape[1] == 1:
        theirs = torch.sigmoid(logits[:, 0])
        apart, winner = (theirs - 0.5).abs(), (logits[:, 0] > 0).long()
    else:
        probabilities = torch.softmax(logits, dim=1)
        theirs, winner = probabilities.max(dim=1)
        best = probabilities.topk(2, dim=1).values
        apart = best[:, 0] - best[:, 1]
    probability, winners = (flipped(ours[name]) for name in ("probability", "winner"))
    np.testing.assert_allclose(probability, theirs.numpy(), atol=TOLERANCE, rtol=0)
    sure = (apart > TOLERANCE).numpy()
    assert sure.mean() > 0.5
    np.testing.assert_array_equal(winners[sure], winner.numpy()[sure])


def flipped(values: list[float]) -> np.ndarray:
    """The player counts rows from below, a picture from above."""
    return np.array(values).reshape(CELLS, CELLS)[::-1].ravel()


@pytest.mark.parametrize("activation", SPREAD)
def test_maps_are_those_of_torch(films: FilmServer, tab: Page, activation: str) -> None:
    assert_maps_are_those_of_torch(
        films, tab, default_config("mlp", "moons", hidden=(8, 8), activation=activation)
    )


@pytest.mark.parametrize("network", NETWORKS)
def test_maps_are_those_of_torch_for_every_network(films: FilmServer, tab: Page, network: str) -> None:
    assert_maps_are_those_of_torch(films, tab, default_config("mlp", **NETWORKS[network]))


@pytest.mark.slow
@pytest.mark.parametrize("activation", MODELS["mlp"].activations)
def test_maps_are_those_of_torch_for_every_activation(films: FilmServer, tab: Page, activation: str) -> None:
    assert activation in ACTIVATIONS
    assert_maps_are_those_of_torch(
        films, tab, default_config("mlp", "moons", hidden=(6, 6), activation=activation), (1.0, 3.0)
    )
