"""Points on a plane, over maps of what a network makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.events import Picture
from dashboard.charts.pixels import CLASSES
from dashboard.charts.training.data.table_points import COLORS, COMPONENTS
from dashboard.film.panels.panel import GRAY, PLANE, Color, Panel, mark, shown

MAX_POINTS = 300  # of each split: enough to see the shape
SPLITS = {"train": ("Train", "dot"), "test": ("Test", "diamond")}
MAX_GLYPH = 2  # characters of a class's name that may stand in place of a dot
MARGIN = 0.08  # around points without a map, as a fraction of their extent


def axis(low: float, high: float, title: str) -> list[Any]:
    """From where to where, and what is along it."""
    return [low, high, title]


def points(
    array: str, name: str, colors: Sequence[Color] = (GRAY,), labels: str | None = None, **look: Any
) -> dict[str, Any]:
    """Points of array (n, 2) in the colour of their labels' number; look: shape, radius, alpha, fields."""
    listed = [color if isinstance(color, int | str) else list(color) for color in colors]
    return {"array": array, "name": name, "colors": listed, "labels": labels} | look


def _axes_of(values: Any, x: str = "x", y: str = "y") -> dict[str, Any]:
    return {
        "x": axis(values["x_min"], values["x_max"], x),
        "y": axis(values["y_min"], values["y_max"], y),
    }


def _axes_around(every: np.ndarray, x: str, y: str) -> dict[str, Any]:
    low, high = every.min(axis=0), every.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1)
    low, high = low - margin, high + margin
    return {"x": axis(float(low[0]), float(high[0]), x), "y": axis(float(low[1]), float(high[1]), y)}


# --- Data, drawn beneath what a network makes of it -----------------------------------------------------


def points_panel(picture: Picture) -> Panel:
    """The points to classify."""
    return _classes(picture, "What there is to learn", CLASSES, ("x", "y"))


def table_points_panel(picture: Picture) -> Panel:
    """Where a table's rows fall, each in the colour of its class."""
    return _classes(picture, "Rows", COLORS, COMPONENTS)


def _classes(picture: Picture, title: str, colors: Sequence[Sequence[int]], names: tuple[str, str]) -> Panel:
    arrays, classes = picture.arrays, picture.values["classes"]
    kept: dict[str, np.ndarray] = {}
    sets = []
    for split, (name, shape) in SPLITS.items():
        kept[split] = arrays[f"{split}_points"][:MAX_POINTS, :2]
        kept[f"{split}_labels"] = arrays[f"{split}_labels"][:MAX_POINTS]
        fields = [shown("Class", f"{split}_labels", names=classes)]
        sets.append(points(split, name, colors, f"{split}_labels", shape=shape, edge=True, fields=fields))
    legend = [mark(str(name), colors[n % len(colors)], "square") for n, name in enumerate(classes)]
    splits = [mark(name, GRAY, shape) for name, shape in SPLITS.values()]
    axes = _axes_around(np.concatenate([kept["train"], kept["test"]]), *names)
    return Panel(PLANE, title, (), axes | {"sets": sets}, kept, (*legend, *splits))


def target_panel(picture: Picture) -> Panel:
    """The points that a generator is to imitate."""
    real = picture.arrays["real"]
    axes = _axes_around(real, "x", "y") | {"equal": True}
    sets = [points("real", "Real", (0,), radius=2.2, alpha=0.7)]
    return Panel(PLANE, "Target", (), axes | {"sets": sets}, {"real": real}, (mark("Real", 0),))


def curve_samples_panel(picture: Picture) -> Panel:
    """The samples that a curve or a surface is learnt from."""
    features, value = picture.values["features"], picture.values["answer"]
    kept = {split: picture.arrays[split][:MAX_POINTS] for split in SPLITS}
    arrays = {split: table[:, :2] for split, table in kept.items()}
    names = [*features, value]
    fields = {}
    if len(features) > 1:
        arrays |= {f"{split}_value": table[:, 2] for split, table in kept.items()}
        fields = {split: [shown(value, f"{split}_value", ".2f")] for split in kept}
    sets = [
        points(split, name, shape=shape, radius=2.4, alpha=0.6, fields=fields.get(split, []))
        for split, (name, shape) in SPLITS.items()
    ]
    axes = _axes_around(np.concatenate([*arrays.values()][:2]), names[0], names[1])
    legend = tuple(mark(name, GRAY, shape) for name, shape in SPLITS.values())
    return Panel(PLANE, "Samples", (), axes | {"sets": sets}, arrays, legend)


# --- What a network makes of the plane ------------------------------------------------------------------


def decision_map_panel(picture: Picture) -> Panel:
    """The predicted class at each point, the surer the stronger."""
    arrays = picture.arrays
    if "winner" in arrays:
        layer = {"kind": "classes", "classes": picture.values["classes"], "colors": [*map(list, CLASSES)]}
        kept = {"winner": arrays["winner"].astype(np.uint8), "probability": arrays["probability"]}
    else:
        layer = {"kind": "signed", "array": "map", "scale": 1, "name": "P(class 1)", "to_probability": True}
        kept = {"map": 2 * arrays["probability"] - 1}
    note = "The stronger the colour, the surer the prediction."
    return Panel(PLANE, "Decision map", (note,), _axes_of(picture.values) | {"maps": [layer]}, kept)


def table_map_panel(picture: Picture) -> Panel:
    """The most probable class over the plane of the first two principal components."""
    values, arrays = picture.values, picture.arrays
    names = [
        f"{number} principal component ({fraction:.0%})"
        for number, fraction in zip(("First", "Second"), values["shares"], strict=True)
    ]
    layer = {"kind": "classes", "classes": values["classes"], "colors": [*map(list, COLORS)]}
    kept = {"winner": arrays["winner"].astype(np.uint8), "probability": arrays["probability"]}
    notes = ("The surer, the stronger; rows are projected onto the plane.",)
    return Panel(PLANE, "Decision map", notes, _axes_of(values, *names) | {"maps": [layer]}, kept)


def generated_panel(picture: Picture) -> Panel:
    """Generated points over real ones, on a map of the discriminator's score."""
    values, arrays = picture.values, picture.arrays
    layer = {"kind": "signed", "array": "realness", "scale": 1, "name": "Discriminator's score"}
    sets = [points("points", "Generated", (1,), radius=2.2, alpha=0.8)]
    notes = (
        f"{values['modes']} of {values['of']} modes covered. Map: blue where the discriminator says real.",
    )
    return Panel(
        PLANE,
        "Generated points",
        notes,
        _axes_of(values) | {"maps": [layer], "sets": sets, "equal": True},
        {"realness": arrays["realness"], "points": arrays["points"]},
        (mark("Real", 0), mark("Generated", 1), mark("generated to real", shape="scale")),
    )


def policy_map_panel(picture: Picture) -> Panel:
    """Which way the network would push a cart in the middle."""
    axes = _axes_of(picture.values, "Angle of the pole (rad)", "Angular speed (rad/s)")
    layer = {"kind": "signed", "array": "preference", "scale": 1, "name": "Preference for right"}
    notes = ("A cart that stands still in the middle; where the colour fades it hardly matters.",)
    legend = (mark("pushes left to right", shape="scale"),)
    return Panel(
        PLANE, "Policy", notes, axes | {"maps": [layer]}, {"preference": picture.arrays["preference"]}, legend
    )


def surface_panel(picture: Picture) -> Panel:
    """The truth and the network's prediction as maps beside each other, in the same colours."""
    values, arrays = picture.values, picture.arrays
    largest = float(np.abs(arrays["truth"]).max()) or 1.0
    maps = [
        {"kind": "signed", "array": name.lower(), "scale": largest, "name": name, "title": name}
        for name in ("Truth", "Network")
    ]
    error = float(np.sqrt(np.mean((arrays["truth"] - arrays["network"]) ** 2)))
    notes = (f"Both in the same colours; root mean squared difference {error:.3f}.",)
    legend = (mark(f"−{largest:.2g} to {largest:.2g}", shape="scale"),)
    kept = {name: arrays[name] for name in ("truth", "network")}
    axes = _axes_of(values, *values["features"][:2])
    return Panel(PLANE, "Surface", notes, axes | {"maps": maps, "facets": True}, kept, legend)


def embedding_panel(picture: Picture) -> Panel:
    """Test samples along two principal components of the last hidden layer."""
    places, classes = picture.arrays["places"], picture.values["classes"]
    first, second = picture.values["explained"]
    axes = _axes_around(places, f"First component ({first:.0%})", f"Second component ({second:.0%})")
    colors = range(len(classes))
    fields = [shown("Class", "labels", names=classes)]
    short = max(len(name) for name in classes) <= MAX_GLYPH
    look: dict[str, Any] = {"glyphs": [*classes]} if short else {"radius": 3, "alpha": 0.8}
    sets = [points("places", "Test sample", [*colors], "labels", fields=fields, **look)]
    legend = () if short else tuple(mark(str(name), n) for n, name in enumerate(classes))
    kept = {"places": places, "labels": picture.arrays["labels"]}
    note = "Test samples in the last hidden layer; classes far apart are easy to separate."
    return Panel(PLANE, "Embedding", (note,), axes | {"sets": sets}, kept, legend)


def graph_panel(picture: Picture) -> Panel:
    """Nodes in the colour of the predicted class; squares were known, rings mark mistakes."""
    arrays, values = picture.arrays, picture.values
    classes, known = values["classes"], arrays["known"].astype(bool)
    wrong = arrays["labels"] != arrays["predicted"]
    names = [name.removeprefix("Member ") for name in values["names"]]
    kept: dict[str, np.ndarray] = {"links": arrays["links"]}
    if "attention" in arrays:
        kept["attention"] = arrays["attention"]
    sets = []
    for key, name, chosen, shape in (("test", "Test", ~known, "dot"), ("known", "Known", known, "square")):
        kept[key] = arrays["positions"][chosen]
        for field in ("predicted", "labels", "confidence"):
            kept[f"{key}_{field}"] = arrays[field][chosen]
        kept[f"{key}_wrong"] = wrong[chosen].astype(np.uint8)
        kept[f"{key}_number"] = np.flatnonzero(chosen)
        fields = [
            shown("Node", f"{key}_number", names=values["names"]),
            shown("Prediction", f"{key}_predicted", names=classes),
            shown("Truth", f"{key}_labels", names=classes),
            shown("Confidence", f"{key}_confidence", ".1%"),
        ]
        look: dict[str, Any] = {"shape": shape, "radius": 7.5 if key == "test" else 9, "edge": True}
        look |= {"rings": f"{key}_wrong", "written": [names[n] for n in np.flatnonzero(chosen)]}
        sets.append(points(key, name, [*range(len(classes))], f"{key}_predicted", fields=fields, **look))
    notes = [f"{int(wrong[~known].sum())} of {int((~known).sum())} predictions are wrong (rings)."]
    if "attention" in arrays:
        notes.append("Thick links get more attention.")
    axes = {"x": axis(-1.12, 1.12, ""), "y": axis(-1.12, 1.12, ""), "bare": True}
    legend = (
        *(mark(str(name), n) for n, name in enumerate(classes)),
        mark("known", GRAY, "square"),
    )
    kept["positions"] = arrays["positions"]
    values_ = axes | {"sets": sets, "links": "links"}
    return Panel(PLANE, "Graph", (" ".join(notes),), values_, kept, legend)


# --- Prediction against truth ---------------------------------------------------------------------------


def predicted_panel(picture: Picture) -> Panel:
    """Prediction against truth of a table's rows."""
    arrays, target = picture.arrays, picture.values["answer"]
    pairs = {
        name: (arrays[f"{prefix}truth"][:MAX_POINTS], arrays[f"{prefix}predicted"][:MAX_POINTS])
        for name, prefix in (("Train", "train_"), ("Test", ""))
    }
    return _against_truth(pairs, "Predicted against true", f"True {target}", f"Predicted {target}")


def answers_panel(picture: Picture) -> Panel:
    """Prediction against truth of test sequences."""
    arrays = picture.arrays
    pairs = {"Test": (arrays["truth"], arrays["answer"])}
    title = f"Truth: {picture.values['answer']}"
    return _against_truth(pairs, "Predictions on test sequences", title, "Prediction")


def _against_truth(
    pairs: dict[str, tuple[np.ndarray, np.ndarray]], title: str, x_title: str, y_title: str
) -> Panel:
    kept = {name: np.stack(both, axis=1) for name, both in pairs.items()}
    # An untrained network may predict anything: the truth sets the scale.
    truths = np.concatenate([truth for truth, _ in pairs.values()])
    around = _axes_around(np.stack([truths, truths], axis=1), x_title, y_title)
    shapes = {"Train": "dot", "Test": "diamond" if len(pairs) > 1 else "dot"}
    colors = {"Train": 0, "Test": 1 if len(pairs) > 1 else 0}
    sets = [points(name, name, (colors[name],), shape=shapes[name], alpha=0.7) for name in kept]
    legend = tuple(mark(name, colors[name], shapes[name]) for name in kept)
    values = around | {"sets": sets, "diagonal": True}
    return Panel(PLANE, title, ("Right predictions lie on the line.",), values, kept, legend)
