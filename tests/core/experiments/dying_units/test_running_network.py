"""The fraction of pre-activations on the flat part equals a count of the pre-activations themselves."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.errors import InvalidRequest
from core.events import Picture
from core.experiments.dying_units.running_network import flat_fractions, on_the_curve, to_csv
from core.training.config import default_config
from core.training.loop import train


def picture(**layers: np.ndarray) -> Picture:
    """The picture that the probe takes of these sums."""
    pairs = [np.histogram(sums, 40) for sums in layers.values()]
    arrays: dict[str, np.ndarray] = {
        "counts": np.array([counts for counts, _ in pairs], np.int64),
        "edges": np.array([edges for _, edges in pairs], np.float32),
    }
    return Picture("input_histograms", 7, arrays, {"layers": [*layers], "samples": 100})


@pytest.mark.parametrize("spread", [0.5, 1.0, 3.0, 20.0])
def test_tanh_is_flat_for_the_tails_of_a_normal_distribution(spread: float) -> None:
    """1 - tanh(x)^2 = 0.1 at |x| = artanh(sqrt(0.9))."""
    sums = np.random.default_rng(0).normal(0, spread, 100_000)
    found = on_the_curve("tanh", picture(one=sums), "one").flat_fraction
    expected = math.erfc(math.atanh(math.sqrt(0.9)) / spread / math.sqrt(2))
    assert found == pytest.approx(expected, abs=0.01)


def test_sigmoid_is_flat_beyond_the_logit_where_its_slope_is_a_tenth() -> None:
    found = on_the_curve("sigmoid", picture(one=np.linspace(-8, 8, 1000)), "one")
    (low, left), (right, high) = found.flat
    edge = math.log((1 + math.sqrt(0.6)) / (1 - math.sqrt(0.6)))
    assert (low, high) == (-8.0, 8.0)
    assert left == pytest.approx(-edge, abs=0.05)
    assert right == pytest.approx(edge, abs=0.05)


def test_relu_is_flat_below_0_and_identity_nowhere() -> None:
    sums = np.random.default_rng(1).uniform(-1, 3, 50_000)
    assert on_the_curve("relu", picture(one=sums), "one").flat_fraction == pytest.approx(0.25, abs=0.01)
    whole = on_the_curve("identity", picture(one=sums), "one")
    assert (whole.flat, whole.flat_fraction) == ((), 0.0)


@settings(max_examples=30, deadline=None)
@given(
    activation=st.sampled_from([key for key, entry in ACTIVATIONS.items() if not entry.unfit]),
    middle=st.floats(-20, 20),
    spread=st.floats(0.01, 20),
)
def test_the_histogram_is_all_of_the_sums(activation: str, middle: float, spread: float) -> None:
    sums = np.random.default_rng(2).normal(middle, spread, 500)
    found = on_the_curve(activation, picture(one=sums), "one")
    assert found.fractions.sum() == pytest.approx(1)
    assert found.flat_fraction is not None
    assert 0 <= found.flat_fraction <= 1
    assert found.x[0] <= sums.min() + 1e-3
    assert found.x[-1] >= sums.max() - 1e-3
    assert (found.x[0], found.x[-1]) <= (-4.0, found.x[-1])


def test_pre_activations_that_are_not_finite_have_no_fraction() -> None:
    nothing = on_the_curve("tanh", picture(one=np.array([])), "one")
    assert nothing.flat_fraction is None
    assert nothing.fractions.sum() == 0


def test_too_large_pre_activations_are_rejected() -> None:
    with pytest.raises(InvalidRequest, match="both ends must lie within"):
        on_the_curve("relu", picture(one=np.array([0.0, 1e9])), "one")


def test_each_layer_of_a_training_has_its_fraction() -> None:
    config = default_config(
        "mlp", "moons", epochs=2, hidden=(6, 5), activation="tanh", snapshots=("input_histograms",)
    )
    *_, last = (event for event in train(config) if isinstance(event, Picture))
    fractions = flat_fractions(dict.fromkeys(last.values["layers"], "tanh"), last)
    assert [*fractions] == last.values["layers"]
    assert len(fractions) == 2
    assert all(fraction is not None and 0 <= fraction < 1 for fraction in fractions.values())


def test_csv_is_the_histogram_with_f_and_its_slope() -> None:
    found = on_the_curve("tanh", picture(one=np.linspace(-2, 2, 100)), "one")
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert len(rows) == 40
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)
    middle = (float(rows[30]["from"]) + float(rows[30]["to"])) / 2
    assert float(rows[30]["f"]) == pytest.approx(math.tanh(middle), abs=1e-3)
    assert float(rows[30]["derivative"]) == pytest.approx(1 - math.tanh(middle) ** 2, abs=1e-3)
