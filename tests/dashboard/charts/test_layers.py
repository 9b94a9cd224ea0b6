"""The drawings of layers show what was counted, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from core.layers.config import LayersConfig
from core.layers.events import totals
from core.layers.job import count_layers
from core.records import to_record
from core.training.config import default_config
from dashboard.charts.layers import MAX_BARS, costs_chart, in_blocks, stacks_html


def counted(config: LayersConfig) -> dict[str, Any]:
    """The record of what the job finds."""
    return to_record([*count_layers(config)][-1])


@pytest.fixture(scope="module")
def resnet() -> dict[str, Any]:
    return counted(LayersConfig(reference="resnet50"))


def test_blocks_of_a_deep_network_have_its_totals(resnet: dict[str, Any]) -> None:
    blocks = in_blocks(resnet["layers"])
    assert len(blocks) <= MAX_BARS < len(resnet["layers"])
    for name in ("parameters", "flops", "kept_bytes"):
        assert sum(block[name] for block in blocks) == totals(resnet["layers"])[name]
    assert len({block["name"] for block in blocks}) == len(blocks)


def test_bars_of_each_quantity_add_up_to_the_whole(resnet: dict[str, Any]) -> None:
    (values,) = costs_chart(resnet).to_dict()["datasets"].values()
    for what in ("Parameters", "FLOPs", "Kept for backward"):
        assert sum(row["fraction"] for row in values if row["what"] == what) == pytest.approx(1)
    assert {row["what"] for row in values} == {"Parameters", "FLOPs", "Kept for backward"}


def test_stacks_name_each_size_of_the_maps_and_what_is_typed_is_text(resnet: dict[str, Any]) -> None:
    drawn = stacks_html(resnet)
    for shape in ("3 × 224 × 224", "64 × 112 × 112", "256 × 56 × 56", "2048 × 7 × 7", "1000"):
        assert f"<div>{shape}</div>" in drawn
    typed = default_config("mlp", "moons", activation="max(x, 0.1 * x)")
    record = counted(LayersConfig(typed))
    record["layers"][1]["name"] = "<b>"
    assert "<b><b>" not in stacks_html(record | {"layers": record["layers"][:2]})
