"""The charts of each snapshot, under its key. To add one, add an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import altair as alt

from core.events import Picture
from core.training.snapshots import SNAPSHOTS
from dashboard.charts.training.data.curve_samples import curve_samples_chart
from dashboard.charts.training.data.points import points_chart
from dashboard.charts.training.data.table_points import table_points_chart
from dashboard.charts.training.data.target import target_chart
from dashboard.charts.training.data.world import world_chart
from dashboard.charts.training.episodes.cart_episode import cart_episode_chart
from dashboard.charts.training.episodes.episode import episode_chart
from dashboard.charts.training.episodes.episode_returns import episode_returns_chart
from dashboard.charts.training.episodes.policy_map import policy_map_chart
from dashboard.charts.training.episodes.value_map import value_map_chart
from dashboard.charts.training.generative.fantasies import fantasies_chart
from dashboard.charts.training.generative.generated import generated_chart
from dashboard.charts.training.generative.generated_text import generated_text_chart
from dashboard.charts.training.generative.reconstructions import reconstructions_chart
from dashboard.charts.training.generative.samples import samples_chart
from dashboard.charts.training.layers.attention import attention_chart
from dashboard.charts.training.layers.dead_units import dead_units_chart
from dashboard.charts.training.layers.embedding import embedding_chart
from dashboard.charts.training.layers.feature_maps import feature_maps_chart
from dashboard.charts.training.layers.filters import filters_chart
from dashboard.charts.training.layers.gradient_through_time import gradient_through_time_chart
from dashboard.charts.training.layers.histograms import input_histograms_chart, weight_histograms_chart
from dashboard.charts.training.layers.layer_norms import (
    gradient_norm_chart,
    update_norm_chart,
    update_ratio_chart,
)
from dashboard.charts.training.layers.saliency import saliency_chart
from dashboard.charts.training.layers.states import memory_chart, states_chart
from dashboard.charts.training.layers.unrolled import unrolled_chart
from dashboard.charts.training.outputs.answers import answers_chart
from dashboard.charts.training.outputs.confusion import confusion_chart
from dashboard.charts.training.outputs.curve import curve_chart
from dashboard.charts.training.outputs.decision_map import decision_map_chart
from dashboard.charts.training.outputs.forecast import forecast_chart, forecast_error_chart
from dashboard.charts.training.outputs.graph import graph_chart
from dashboard.charts.training.outputs.predicted import predicted_chart
from dashboard.charts.training.outputs.predictions import predictions_chart
from dashboard.charts.training.outputs.recall import recall_chart
from dashboard.charts.training.outputs.surface import surface_chart
from dashboard.charts.training.outputs.table_map import table_map_chart

AnyChart = alt.Chart | alt.LayerChart
SUBTITLE_PX = 16  # what one more line above a chart takes of its height

# Each is drawn from the snapshot's picture, and from the picture beneath it where there may be one. An
# element of a page is named after the function: memory_chart's is "memory".
CHARTS: dict[str, tuple[Callable[..., AnyChart], ...]] = {
    "points": (points_chart,),
    "curve_samples": (curve_samples_chart,),
    "table_points": (table_points_chart,),
    "target": (target_chart,),
    "world": (world_chart,),
    "decision_map": (decision_map_chart,),
    "curve": (curve_chart,),
    "surface": (surface_chart,),
    "table_map": (table_map_chart,),
    "predicted": (predicted_chart,),
    "forecast": (forecast_chart, forecast_error_chart),
    "predictions": (predictions_chart,),
    "answers": (answers_chart,),
    "recall": (recall_chart,),
    "graph": (graph_chart,),
    "confusion": (confusion_chart,),
    "generated_text": (generated_text_chart,),
    "generated": (generated_chart,),
    "samples": (samples_chart,),
    "reconstructions": (reconstructions_chart,),
    "fantasies": (fantasies_chart,),
    "episode": (episode_chart,),
    "cart_episode": (cart_episode_chart,),
    "value_map": (value_map_chart,),
    "policy_map": (policy_map_chart,),
    "episode_returns": (episode_returns_chart,),
    "filters": (filters_chart,),
    "unrolled": (unrolled_chart,),
    "states": (states_chart, memory_chart),
    "attention": (attention_chart,),
    "embedding": (embedding_chart,),
    "saliency": (saliency_chart,),
    "feature_maps": (feature_maps_chart,),
    "gradient_through_time": (gradient_through_time_chart,),
    "layer_norms": (update_ratio_chart, gradient_norm_chart, update_norm_chart),
    "dead_units": (dead_units_chart,),
    "weight_histograms": (weight_histograms_chart,),
    "input_histograms": (input_histograms_chart,),
}

# The picture of the data that is drawn beneath another one, and on its own where that is not there.
BENEATH = {
    "decision_map": "points",
    "curve": "curve_samples",
    "surface": "curve_samples",
    "table_map": "table_points",
    "generated": "target",
    "episode": "world",
}


def shown(pictures: Mapping[str, Picture]) -> list[str]:
    """Keys of the snapshots to show of a run's pictures, in the catalogue's order."""
    beneath = {BENEATH[key] for key in pictures if key in BENEATH}
    there = [key for key in SNAPSHOTS if key in pictures and key not in beneath]
    return [key for key in there if SNAPSHOTS[key].needs in ("", *pictures)]


def charts(key: str, pictures: Mapping[str, Picture]) -> dict[str, AnyChart]:
    """The charts of a snapshot whose picture is there, by the names of their elements on a page.

    Each says under its title to which training step it belongs.
    """
    picture = pictures[key]
    drawn_from = (picture, pictures.get(BENEATH[key])) if key in BENEATH else (picture,)
    return {
        draw.__name__.removesuffix("_chart"): with_step(draw(*drawn_from), picture.step)
        for draw in CHARTS[key]
    }


def with_step(chart: Any, step: int) -> Any:
    """The chart with the training step as the first line under its title."""
    title = chart.title if isinstance(chart.title, alt.TitleParams) else alt.Title(chart.title)
    below = [] if title.subtitle is alt.Undefined else title.subtitle
    lines = [below] if isinstance(below, str) else [*below]
    title = title.copy()
    title.subtitle, title.subtitleColor = [f"Step {step:,}", *lines], "gray"
    if isinstance(chart.height, int):
        chart.height += SUBTITLE_PX
    chart.title = title
    return chart
