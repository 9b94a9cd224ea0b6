"""What earlier versions stored of snapshots.

Version 0.1 knew `probes`, and drew some pictures whatever these were. The first pictures of unrolled networks
were of one sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from core.events import Picture
from core.training.snapshots.catalogue import applicable

ALWAYS_DRAWN = ("points", "curve_samples", "table_points", "target", "table_map", "predicted")

# What an address of version 0.1 called the probes.
PROBE_LABELS = {
    "Decision map": "decision_map",
    "Curve": "curve",
    "Surface": "surface",
    "Forecast": "forecast",
    "Answers on images": "predictions",
    "Filters": "filters",
    "Answers": "answers",
    "Recall": "recall",
    "Text": "generated_text",
    "Gates and states": "states",
    "Reconstructions": "reconstructions",
    "Fantasies": "fantasies",
    "Generated points": "generated",
    "Generated images": "samples",
    "Graph": "graph",
    "Values and policy": "value_map",
    "Policy": "policy_map",
    "Episode returns": "episode_returns",
    "Gradients and updates": "layer_norms",
    "Dead and saturated units": "dead_units",
    "Weight histograms": "weight_histograms",
    "Pre-activation histograms": "input_histograms",
    "Confusion matrix": "confusion",
    "Feature maps": "feature_maps",
    "Saliency": "saliency",
    "Gradient through time": "gradient_through_time",
    "Embedding": "embedding",
}


def upgrade_probes(record: Mapping[str, Any]) -> dict[str, Any]:
    """A TrainConfig's record: snapshots for its probes, snapshot_every_s for its picture_every_s.

    None stays None, the defaults; to any other choice come the pictures that version 0.1 always drew. A
    record that has neither old name stays as it is.
    """
    upgraded = dict(record)
    if "picture_every_s" in upgraded:
        upgraded["snapshot_every_s"] = upgraded.pop("picture_every_s")
    if "probes" in upgraded:
        probes = upgraded.pop("probes")
        model, data = upgraded["model"], upgraded["data"]
        upgraded["snapshots"] = None if probes is None else _with_always_drawn(model, data, probes)
    return upgraded


def _with_always_drawn(model: str, data: str, probes: Iterable[str]) -> list[str]:
    drawn = {*probes, *ALWAYS_DRAWN}
    return [key for key in applicable(model, data) if key in drawn]


def with_views(picture: Picture) -> Picture:
    """An unrolled network's picture of one sequence, which has no `views`, as one with a single view.

    It is of the test split's first sequence, read forwards. Any other picture stays as it is.
    """
    if picture.name != "unrolled" or "views" in picture.values:
        return picture
    values = dict(picture.values)
    view = {"sequence": 1, "backwards": False, "loss": values.pop("loss"), "steps": values.pop("steps")}
    arrays = {name: array[None] for name, array in picture.arrays.items()}
    return replace(picture, arrays=arrays, values={**values, "views": [view]})
