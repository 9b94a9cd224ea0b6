"""The panels of each snapshot, under its key. To add one, add an entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from core.events import Picture
from core.training.snapshots import SNAPSHOTS
from dashboard.charts.training.registry import BENEATH
from dashboard.film.panels import curves, games, grids, images, layers, planes, unrolled
from dashboard.film.panels.panel import Panel

# A panel is named after its function: memory_panel is "memory", as the element of the chart is.
PANELS: dict[str, tuple[Callable[[Picture], Panel], ...]] = {
    "points": (planes.points_panel,),
    "curve_samples": (planes.curve_samples_panel,),
    "table_points": (planes.table_points_panel,),
    "target": (planes.target_panel,),
    "world": (games.world_panel,),
    "decision_map": (planes.decision_map_panel,),
    "curve": (curves.curve_panel,),
    "surface": (planes.surface_panel,),
    "table_map": (planes.table_map_panel,),
    "predicted": (planes.predicted_panel,),
    "forecast": (curves.forecast_panel, curves.forecast_error_panel),
    "predictions": (images.predictions_panel,),
    "answers": (planes.answers_panel,),
    "recall": (grids.recall_panel,),
    "graph": (planes.graph_panel,),
    "confusion": (grids.confusion_panel,),
    "generated_text": (grids.generated_text_panel,),
    "generated": (planes.generated_panel,),
    "samples": (images.samples_panel,),
    "reconstructions": (images.reconstructions_panel,),
    "fantasies": (images.fantasies_panel,),
    "episode": (games.episode_panel,),
    "cart_episode": (games.cart_episode_panel,),
    "value_map": (games.value_map_panel,),
    "policy_map": (planes.policy_map_panel,),
    "episode_returns": (curves.episode_returns_panel,),
    "filters": (images.filters_panel,),
    "unrolled": (unrolled.unrolled_panel,),
    "states": (grids.states_panel, curves.memory_panel),
    "attention": (images.attention_panel,),
    "embedding": (planes.embedding_panel,),
    "saliency": (images.saliency_panel,),
    "feature_maps": (images.feature_maps_panel,),
    "gradient_through_time": (curves.gradient_through_time_panel,),
    "layer_norms": (curves.update_ratio_panel, curves.gradient_norm_panel, curves.update_norm_panel),
    "dead_units": (layers.dead_units_panel,),
    "weight_histograms": (layers.weight_histograms_panel,),
    "input_histograms": (layers.input_histograms_panel,),
}


def names(key: str) -> list[str]:
    """The names of a snapshot's panels."""
    return [function.__name__.removesuffix("_panel") for function in PANELS[key]]


def panels_of(picture: Picture) -> dict[str, Panel]:
    """The panels of a picture, by name; none of a snapshot that is unknown here."""
    functions = PANELS.get(picture.name, ())
    return {function.__name__.removesuffix("_panel"): function(picture) for function in functions}


# Panels as wide as the player, above all others: drawings of the whole network.
WIDE = ("unrolled",)


def expected(keys: Iterable[str]) -> list[dict[str, Any]]:
    """The panels of these snapshots in the catalogue's order, wide ones first.

    Of each its name and title, whether it is wide, and the name of what is drawn beneath.
    """
    there = set(keys)
    beneath = {BENEATH[key] for key in there if key in BENEATH}
    listed = [
        {"name": name, "title": SNAPSHOTS[key].label, "wide": name in WIDE, "beneath": BENEATH.get(key)}
        for key in SNAPSHOTS
        if key in there and key not in beneath and key in PANELS
        for name in names(key)
    ]
    return sorted(listed, key=lambda panel: not panel["wide"])
