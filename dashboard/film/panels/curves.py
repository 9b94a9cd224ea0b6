"""Lines over an axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.events import Picture
from dashboard.charts.training.layers.layer_norms import MIN_JOINED, TYPICAL_RATIO
from dashboard.charts.training.outputs.forecast import errors_in_words, forecasts, of_any_version
from dashboard.film.panels.panel import GRAY, LINES, Color, Panel, layer_colors, mark

DASHES: tuple[list[int], ...] = ([], [9, 3], [3, 2], [12, 3, 2, 3], [6, 6], [1, 3])


# A point costs several steps of the training, so that large networks have few.
FEW_POINTS = "Few points: pictures get 3% of the time."


def series(name: str, x: str, y: str, color: Color, dash: int = 0, **look: Any) -> dict[str, Any]:
    """A line of two arrays; look: width, dots."""
    return {"name": name, "x": x, "y": y, "color": color, "dash": list(DASHES[dash % len(DASHES)])} | look


def _of_layers(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    colors = layer_colors(values)
    return [
        series(name, f"x{n}", f"y{n}", colors[n], colors[n], dots=True)
        for n, name in enumerate(values["layers"])
    ]


def _legend(listed: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(mark(one["name"], one["color"], "line") | {"dash": one["dash"]} for one in listed)


def curve_panel(picture: Picture) -> Panel:
    """The network's curve and the truth."""
    arrays, feature = picture.arrays, picture.values["feature"]
    truth, network = (arrays[name].astype(np.float32) for name in ("truth", "network"))
    listed = [series("Network", "x", "network", 0, width=2.5), series("Truth", "x", "truth", 1, 1, width=2)]
    reach = float(truth.max() - truth.min()) or 1.0
    values = {
        "x_title": feature,
        "y_title": picture.values["answer"],
        "series": listed,
        "y_domain": [float(truth.min()) - 0.25 * reach, float(truth.max()) + 0.25 * reach],
        "format": ".3f",
    }
    error = float(np.sqrt(np.mean((truth - network) ** 2)))
    note = f"Root mean squared difference from the truth {error:.3f}. Dots: samples."
    kept = {"x": arrays["x"], "truth": truth, "network": network}
    return Panel(LINES, "Curve", (note,), values, kept, _legend(listed))


def forecast_panel(picture: Picture) -> Panel:
    """Truth, the network's forecast and the naive ones."""
    values = of_any_version(picture.values)
    lines = {"Truth": picture.arrays["truth"], **forecasts(picture)}
    skill = f"{values['skill']:.2f}".replace("-", "−")
    return _over_time(
        picture,
        f"Forecast {values['horizon']} ahead",
        (f"Skill here {skill}. RMSE ({values['error_unit']}): {errors_in_words(values)[0]}.",),
        lines,
        f"{values['quantity']} ({values['unit']})",
        [*lines],
    )


def forecast_error_panel(picture: Picture) -> Panel:
    """How far each forecast was off."""
    arrays, values = picture.arrays, of_any_version(picture.values)
    share = arrays["now"] / 100 if values["relative"] else np.float32(1)
    every = forecasts(picture)
    lines = {name: (forecast - arrays["truth"]) / share for name, forecast in every.items()}
    y_title = f"Forecast minus truth ({values['error_unit']})"
    note = "Nearer to zero is better; thin lines need no network."
    return _over_time(picture, "Forecast error", (note,), lines, y_title, ["Truth", *every])


def _over_time(
    picture: Picture,
    title: str,
    notes: tuple[str, ...],
    lines: dict[str, np.ndarray],
    y_title: str,
    every: list[str],
) -> Panel:
    """Lines over the picture's times; each has the colour of its number among `every`."""
    seconds = picture.arrays["times"].astype("datetime64[s]").astype(np.float64)
    listed = [
        series(name, "x", f"y{every.index(name)}", every.index(name), every.index(name), width=_width(name))
        for name in lines
    ]
    kept = {f"y{every.index(name)}": line.astype(np.float32) for name, line in lines.items()}
    values = {"x_title": "Time", "y_title": y_title, "series": listed, "time": True, "format": ".2f"}
    return Panel(LINES, title, notes, values, {"x": seconds} | kept, _legend(listed))


def _width(name: str) -> float:
    return 2 if name in ("Truth", "Network") else 1


def memory_panel(picture: Picture) -> Panel:
    """How much each step's hidden state still moves the output."""
    memory = picture.arrays["memory"].astype(np.float32)
    listed = [series("Gradient norm", "x", "memory", 0, dots=True)]
    values = {
        "x_title": "Step of the sequence",
        "y_title": "Gradient norm",
        "log": True,
        "series": listed,
        "format": ".2e",
    }
    note = "What a small change of each step's state does to the output."
    kept = {"x": np.arange(1, len(memory) + 1, dtype=np.float32), "memory": memory}
    return Panel(LINES, "Gradient through time", (note,), values, kept)


def gradient_through_time_panel(picture: Picture) -> Panel:
    """Norm of the loss's gradient by each step's state, at the beginning and now."""
    first = picture.values["first_step"]
    x = np.arange(1, len(picture.arrays["now"]) + 1, dtype=np.float32)
    listed = [
        series(f"Step {first:,}", "x", "first", 0, dots=True),
        series("Now", "x", "now", 1, 1, dots=True),
    ]
    values = {
        "x_title": "Step of the sequence",
        "y_title": "Gradient norm",
        "log": True,
        "series": listed,
        "format": ".2e",
    }
    kept = {"x": x, "first": picture.arrays["first"], "now": picture.arrays["now"]}
    note = "Of the loss, by each step's state; falling to the left: it vanishes."
    return Panel(LINES, "Loss gradient through time", (note,), values, kept, _legend(listed))


def update_ratio_panel(picture: Picture) -> Panel:
    """The ratio of update to weights, of each layer over the run."""
    note = "One step's change by the norm of the weights; the gray band, about 0.001, is typical."
    return _over_run(picture, "ratio", "Update / weights", "Update of each layer", note, TYPICAL_RATIO)


def gradient_norm_panel(picture: Picture) -> Panel:
    """Norm of the loss's gradient, of each layer over the run."""
    note = "Of the loss on one fixed batch; where early layers are far below late ones, it vanishes."
    return _over_run(picture, "gradient", "Gradient norm", "Gradient of each layer", note)


def update_norm_panel(picture: Picture) -> Panel:
    """Norm of what one step changes, of each layer over the run."""
    note = "How far one step on one fixed batch moves the weights."
    return _over_run(picture, "update", "Update norm", "Update norm of each layer", note)


def _over_run(
    picture: Picture,
    quantity: str,
    y_title: str,
    title: str,
    note: str,
    band: tuple[float, float] | None = None,
) -> Panel:
    layers = picture.values["layers"]
    steps, found = picture.arrays[f"{quantity}_steps"], picture.arrays[quantity].astype(np.float32)
    kept: dict[str, np.ndarray] = {}
    for n in range(len(layers)):
        drawn = (steps[n] >= 0) & (found[n] > 0)  # a logarithm of zero cannot be drawn
        kept |= {f"x{n}": steps[n][drawn].astype(np.float32), f"y{n}": found[n][drawn]}
    listed = _of_layers(picture.values)
    values: dict[str, Any] = {
        "x_title": "Step",
        "y_title": y_title,
        "log": True,
        "series": listed,
        "format": ".2e",
        "steps": True,
        "band": list(band) if band else None,
    }
    if not _many(picture, quantity):
        values["hint"] = FEW_POINTS
    return Panel(LINES, title, (note,), values, kept, _legend(listed), history=True)


def _many(picture: Picture, quantity: str) -> bool:
    """Whether the layers have so many points that lines are drawn."""
    return bool((picture.arrays[f"{quantity}_steps"] >= 0).sum(axis=1).max(initial=0) >= MIN_JOINED)


def episode_returns_panel(picture: Picture) -> Panel:
    """Return of the training's episodes, which explore."""
    arrays = picture.arrays
    listed = [series("Mean", "last", "mean", 0)]
    values = {
        "x_title": "Episode",
        "y_title": "Return",
        "series": listed,
        "spread": ["lowest", "highest"],
        "format": ".2f",
    }
    kept = {name: arrays[name].astype(np.float32) for name in ("last", "lowest", "mean", "highest")}
    note = "While exploring: the mean of neighbouring episodes, and their range."
    legend = (mark("Mean", 0, "line"), mark("Lowest to highest", GRAY, "square"))
    return Panel(LINES, "Episode returns", (note,), values, kept, legend)
