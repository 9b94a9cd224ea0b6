"""The previews of pages on Home."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.activations import ACTIVATIONS
from dashboard.charts.home import activation_curves, activations_preview, utilisation_preview


@pytest.mark.parametrize("column", activation_curves().columns[1:])
def test_curves_of_the_preview_are_those_of_the_registry(column: str) -> None:
    table = activation_curves()
    registered = next(entry for entry in ACTIVATIONS.values() if entry.name == column)
    expected = registered.function(torch.tensor(table["x"].to_numpy(copy=True)))
    np.testing.assert_allclose(table[column], expected, atol=1e-6)


def test_axes_carry_titles_and_units() -> None:
    activations, utilisation = (
        activations_preview().to_dict(),
        utilisation_preview({"CPU": [(-2.0, 10), (0.0, None)]}).to_dict(),
    )
    assert [activations["encoding"][axis]["title"] for axis in "xy"] == ["x", "f(x)"]
    assert [utilisation["encoding"][axis]["title"] for axis in "xy"] == ["Time (s)", "Utilisation (%)"]


def test_a_device_that_reports_no_utilisation_leaves_a_gap() -> None:
    points = {"CPU": [(-2.0, 10), (0.0, 20)], "GPU": [(-2.0, None)]}
    rows = next(iter(utilisation_preview(points).to_dict()["datasets"].values()))
    assert [(row["series"], row["utilisation"]) for row in rows] == [("CPU", 10), ("CPU", 20), ("GPU", None)]
