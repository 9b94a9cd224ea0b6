"""What a page shows comes back from the store as it was computed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from core.activations import ACTIVATIONS, find
from core.activations.properties import properties
from core.activations.surfaces import network
from core.errors import InvalidRequest
from core.events import Picture
from core.experiments.linear_collapse import collapse, unexplained
from core.experiments.signal_propagation import DepthConfig, best_initialisation, critical_gain, propagate
from core.page_figures.job import FiguresConfig, figures, result_in
from core.page_figures.packing import pack, unpack
from core.records import to_record
from core.runs.store import RunStore


@dataclass(frozen=True)
class Inner:
    of: str
    at: np.ndarray


class Outer(NamedTuple):
    parts: tuple[Inner, ...]
    named: dict[str, float]
    none: None


def test_what_is_packed_comes_back_as_it_was() -> None:
    inner = Inner("kind", np.arange(3, dtype=np.float32))
    value = Outer((inner, Inner("array", np.zeros((2, 2)))), {"of": math.inf, "kind": np.float64(2.5)}, None)
    arrays: dict[str, np.ndarray] = {}
    back = unpack(pack(value, arrays), arrays, (Inner, Outer))
    assert len(arrays) == 2
    assert isinstance(back, Outer)
    assert (back.named, back.none) == ({"of": math.inf, "kind": 2.5}, None)
    for one, other in zip(back.parts, value.parts, strict=True):
        assert one.of == other.of
        assert one.at.dtype == other.at.dtype
        assert np.array_equal(one.at, other.at)
    with pytest.raises(KeyError):  # nothing else is ever made
        unpack(pack(value, {}), arrays, (Outer,))


def stored(kind: str, asked: list[dict[str, Any]], folder: Path) -> list[Any]:
    """As a page reads the results: after a way through the store."""
    store = RunStore(folder / "runs.sqlite")
    run = store.create("page_figures", {})
    pictures = [one for one in figures(FiguresConfig(kind, tuple(asked))) if isinstance(one, Picture)]
    store.write(run, pictures=pictures)
    found = store.pictures(run)
    store.close()
    return [result_in(kind, found[str(number)]) for number in range(len(asked))]


def test_signals_come_with_theory_and_advice_and_what_is_refused_with_the_reason(tmp_path: Path) -> None:
    config = DepthConfig("sigmoid", layers=20, width=32)
    asked = to_record(config)
    (found, refused) = stored("signal_propagation", [asked, asked | {"layers": 0}], tmp_path)
    expected = propagate(config)
    assert np.array_equal(found.measured.histogram, expected.histogram)
    assert found.measured.gradient_fate == expected.gradient_fate == "vanishes"
    assert found.best[0] == best_initialisation(config)[0]
    assert found.gain == critical_gain(config)
    assert isinstance(refused, InvalidRequest)
    assert "layers 0 is not possible" in str(refused)


def test_a_surface_is_the_networks(tmp_path: Path) -> None:
    asked = {"function": "relu", "hidden": [4, 4], "gain": 2.0, "seed": 3, "reach": 3.0, "points": 21}
    (surface,) = stored("network_surface", [asked], tmp_path)
    expected = network("relu", (4, 4), 2.0, 3, 3.0, 21)
    assert np.array_equal(surface.z, expected.z)
    assert np.array_equal(surface.slope, expected.slope)


def test_properties_of_typed_functions_are_those_that_are_found_here(tmp_path: Path) -> None:
    asked = [
        {"function": "x*tanh(softplus(x))", "parameters": {}},
        {"function": "leaky_relu", "parameters": {"negative_slope": 0.3}},
        {"function": "exp(x)", "parameters": {}},
        {"function": "x*", "parameters": {}},
    ]
    mish, leaky, unbounded, refused = stored("properties", asked, tmp_path)
    assert mish == properties(find("x*tanh(softplus(x))"))
    assert leaky == properties(ACTIVATIONS["leaky_relu"], negative_slope=0.3)
    assert unbounded.highest == math.inf
    assert isinstance(refused, InvalidRequest)


def test_a_linear_network_comes_without_its_matrices(tmp_path: Path) -> None:
    (found,) = stored("linear_collapse", [{"sizes": [8, 4, 8], "seed": 3}], tmp_path)
    expected = collapse((8, 4, 8), 3)
    assert (found.rank, found.parameters, found.matrices) == (4, 2 * 32, ())
    assert np.array_equal(found.singular_values, expected.singular_values)
    assert np.array_equal(found.error["float32"], expected.error["float32"])
    (beyond,) = stored("beyond_a_matrix", [{"sizes": [8, 4, 8], "seed": 3, "function": "tanh"}], tmp_path)
    assert np.array_equal(beyond, unexplained((8, 4, 8), "tanh", 3))


def test_nothing_else_can_be_asked_for() -> None:
    with pytest.raises(InvalidRequest, match="Unknown of 'code'; choose from signal_propagation"):
        FiguresConfig("code", ({},))
    with pytest.raises(InvalidRequest, match="0 results are not possible"):
        FiguresConfig("network_surface", ())
