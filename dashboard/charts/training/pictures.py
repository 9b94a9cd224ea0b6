"""The chart of each picture that a training yields. To add one, add an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import altair as alt

from core.events import Picture
from dashboard.charts.training.episodes import episode_returns_chart, policy_map_chart, value_map_chart
from dashboard.charts.training.generated import (
    fantasies_chart,
    generated_chart,
    reconstructions_chart,
    samples_chart,
)
from dashboard.charts.training.graph import graph_chart
from dashboard.charts.training.images import filters_chart, predictions_chart
from dashboard.charts.training.points import decision_map_chart
from dashboard.charts.training.probes_classes import confusion_chart, embedding_chart
from dashboard.charts.training.probes_images import feature_maps_chart, saliency_chart
from dashboard.charts.training.probes_layers import (
    dead_units_chart,
    gradient_norm_chart,
    input_histograms_chart,
    update_norm_chart,
    update_ratio_chart,
    weight_histograms_chart,
)
from dashboard.charts.training.probes_time import gradient_through_time_chart
from dashboard.charts.training.regression import curve_chart, surface_chart
from dashboard.charts.training.sequences import (
    answers_chart,
    memory_chart,
    recall_chart,
    states_chart,
    text_chart,
)
from dashboard.charts.training.series import forecast_chart, forecast_error_chart
from dashboard.charts.training.tables import predicted_chart, table_map_chart

Pictures = Mapping[str, Picture]

# Chart by name: the picture that it needs first of all, and how it is drawn from all pictures of the run.
# The page shows them in this order, each as soon as its picture is there.
PICTURE_CHARTS: dict[str, tuple[str, Callable[[Pictures], alt.Chart | alt.LayerChart | alt.VConcatChart]]] = {
    "decision_map": (
        "decision_map",
        lambda pictures: decision_map_chart(pictures["decision_map"], pictures.get("points")),
    ),
    "curve": ("curve", lambda pictures: curve_chart(pictures["curve"], pictures.get("curve_samples"))),
    "surface": (
        "surface",
        lambda pictures: surface_chart(pictures["surface"], pictures.get("curve_samples")),
    ),
    "table_map": (
        "table_map",
        lambda pictures: table_map_chart(pictures["table_map"], pictures.get("table_points")),
    ),
    "predicted": ("predicted", lambda pictures: predicted_chart(pictures["predicted"])),
    "forecast": ("forecast", lambda pictures: forecast_chart(pictures["forecast"])),
    "forecast_error": ("forecast", lambda pictures: forecast_error_chart(pictures["forecast"])),
    "predictions": ("predictions", lambda pictures: predictions_chart(pictures["predictions"])),
    "filters": ("filters", lambda pictures: filters_chart(pictures["filters"])),
    "answers": ("answers", lambda pictures: answers_chart(pictures["answers"])),
    "recall": ("recall", lambda pictures: recall_chart(pictures["recall"])),
    "generated_text": ("generated_text", lambda pictures: text_chart(pictures["generated_text"])),
    "states": ("states", lambda pictures: states_chart(pictures["states"])),
    "memory": ("states", lambda pictures: memory_chart(pictures["states"])),
    "reconstructions": (
        "reconstructions",
        lambda pictures: reconstructions_chart(pictures["reconstructions"]),
    ),
    "fantasies": ("fantasies", lambda pictures: fantasies_chart(pictures["fantasies"])),
    "generated": (
        "generated",
        lambda pictures: generated_chart(pictures["generated"], pictures.get("target")),
    ),
    "samples": ("samples", lambda pictures: samples_chart(pictures["samples"])),
    "graph": ("graph", lambda pictures: graph_chart(pictures["graph"])),
    "value_map": ("value_map", lambda pictures: value_map_chart(pictures["value_map"])),
    "policy_map": ("policy_map", lambda pictures: policy_map_chart(pictures["policy_map"])),
    "episode_returns": (
        "episode_returns",
        lambda pictures: episode_returns_chart(pictures["episode_returns"]),
    ),
    "confusion": ("confusion", lambda pictures: confusion_chart(pictures["confusion"])),
    "embedding": ("embedding", lambda pictures: embedding_chart(pictures["embedding"])),
    "saliency": ("saliency", lambda pictures: saliency_chart(pictures["saliency"])),
    "feature_maps": ("feature_maps", lambda pictures: feature_maps_chart(pictures["feature_maps"])),
    "gradient_through_time": (
        "gradient_through_time",
        lambda pictures: gradient_through_time_chart(pictures["gradient_through_time"]),
    ),
    "update_ratio": ("layer_norms", lambda pictures: update_ratio_chart(pictures["layer_norms"])),
    "gradient_norm": ("layer_norms", lambda pictures: gradient_norm_chart(pictures["layer_norms"])),
    "update_norm": ("layer_norms", lambda pictures: update_norm_chart(pictures["layer_norms"])),
    "dead_units": ("dead_units", lambda pictures: dead_units_chart(pictures["dead_units"])),
    "weight_histograms": (
        "weight_histograms",
        lambda pictures: weight_histograms_chart(pictures["weight_histograms"]),
    ),
    "input_histograms": (
        "input_histograms",
        lambda pictures: input_histograms_chart(pictures["input_histograms"]),
    ),
}
