"""Small images side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.events import Picture
from dashboard.charts.training.outputs.predictions import counted
from dashboard.film.panels.panel import NEGATIVE, POSITIVE, TILES, Panel, mark, shown

DEEPEST = 0.5  # attention from which on a step gets the strongest colour
GRAYS, SIGNED = "grays", "signed"  # black to white; orange below zero, blue above


def group(caption: str, array: str, low: float, high: float, look: str = GRAYS) -> dict[str, Any]:
    """Images of one array: how they are called, and which values get the strongest colours."""
    return {"caption": caption, "array": array, "low": low, "high": high, "look": look}


def predictions_panel(picture: Picture) -> Panel:
    """Test images, each with its prediction; mistakes name the true class."""
    arrays, classes = picture.arrays, picture.values["classes"]
    labels, predicted = arrays["labels"], arrays["predicted"]
    right = labels == predicted
    captions = [
        classes[guess] if good else f"{classes[guess]}, not {classes[truth]}"
        for guess, truth, good in zip(predicted, labels, right, strict=True)
    ]
    return Panel(
        TILES,
        "Predictions on test images",
        (counted(picture),),
        {
            "groups": [group("", "images", 0, 255)],
            "captions": captions,
            "longest_caption": _longest_caption(classes),
            "fields": [
                shown("Prediction", "predicted", names=classes),
                shown("Truth", "labels", names=classes),
                shown("Confidence", "confidence", ".1%"),
            ],
        },
        {
            "images": arrays["images"],
            "wrong": (~right).astype(np.uint8),
            "predicted": predicted,
            "labels": labels,
            "confidence": arrays["confidence"],
        },
        (mark("wrong", NEGATIVE, "square"),),
    )


def _longest_caption(classes: Sequence[str]) -> str:
    """The longest that a wrong prediction may get, so that all frames have one layout."""
    return ", not ".join(sorted(classes, key=len)[-2:])


def samples_panel(picture: Picture) -> Panel:
    """Images that the generator made."""
    return _images(
        picture, "Generated images", "Always of the same noise: the same image, better and better."
    )


def fantasies_panel(picture: Picture) -> Panel:
    """Images that an RBM made by sampling."""
    return _images(picture, "Samples (Gibbs)", "200 steps of Gibbs sampling from noise.")


def _images(picture: Picture, title: str, note: str) -> Panel:
    values = {"groups": [group("", "images", 0, 255)]}
    return Panel(TILES, title, (note,), values, {"images": picture.arrays["images"]})


def reconstructions_panel(picture: Picture) -> Panel:
    """Test images, and under each its reconstruction."""
    groups = [group("Image", "images", 0, 255), group("Reconstruction", "reconstructed", 0, 255)]
    note = "Test images, each above what comes back from the hidden units."
    return Panel(TILES, "Reconstructions", (note,), {"groups": groups, "stacked": True}, picture.arrays)


def filters_panel(picture: Picture) -> Panel:
    """First-layer weights as small images."""
    weights = picture.arrays["weights"]
    largest = float(np.abs(weights).max()) or 1.0
    return Panel(
        TILES,
        "First-layer filters",
        ("The weights of each unit of the first layer, as an image.",),
        {"groups": [group("", "weights", -largest, largest, SIGNED)]},
        {"weights": weights},
        (mark(f"{-largest:.2g} to {largest:.2g}".replace("-", "−"), shape="scale"),),
    )


def saliency_panel(picture: Picture) -> Panel:
    """Test images, under each how its pixels move the prediction's score; the same with random weights."""
    arrays, classes = picture.arrays, picture.values["classes"]
    named = {"Image": arrays["images"], "Saliency": _each_by_its_largest(arrays["gradients"])}
    notes = ["The brighter a pixel, the more it moves the score of the prediction."]
    if "randomised" in arrays:
        named["Random weights"] = _each_by_its_largest(arrays["randomised"])
        notes += _sanity_check(picture.values.get("rank_correlation"))
    groups = [group(name, f"images{n}", 0, 255) for n, name in enumerate(named)]
    fields = [
        shown("Prediction", "predicted", names=classes),
        shown("Truth", "labels", names=classes),
    ]
    return Panel(
        TILES,
        "Saliency",
        tuple(notes),
        {"groups": groups, "stacked": True, "fields": fields},
        {f"images{n}": images for n, images in enumerate(named.values())}
        | {name: arrays[name] for name in ("predicted", "labels")},
    )


def _each_by_its_largest(gradients: np.ndarray) -> np.ndarray:
    sizes = np.abs(gradients)
    largest = sizes.max(axis=tuple(range(1, sizes.ndim)), keepdims=True)
    return np.rint(255 * sizes / np.where(largest > 0, largest, 1)).astype(np.uint8)


def _sanity_check(correlation: float | None) -> list[str]:
    if correlation is None:
        return []
    return [
        f"Rank correlation with random weights {correlation:.2f}: near 1 it shows the image, not learning."
    ]


def attention_panel(picture: Picture) -> Panel:
    """What each step of a test sample reads, an image for each head and a row of images for each block."""
    weights, steps = picture.arrays["weights"], picture.values["steps"]
    groups = [
        group(f"Block {layer + 1}: {weights.shape[1]} heads", f"layer{layer}", -DEEPEST, DEEPEST, SIGNED)
        for layer in range(len(weights))
    ]
    return Panel(
        TILES,
        "Attention",
        (
            f"A row for each of {len(steps)} steps of a test sample, blue where it reads.",
            "A diagonal reads so many steps back; a column, always that step.",
        ),
        {"groups": groups, "rows": True},
        {f"layer{layer}": of_layer for layer, of_layer in enumerate(weights)},
        (mark(f"{DEEPEST:.0%} of the attention or more", POSITIVE, "square"),),
    )


def feature_maps_panel(picture: Picture) -> Panel:
    """What leaves the activation after each convolution, a row of channels for each layer."""
    arrays, values = picture.arrays, picture.values
    groups = [group(f"Test image: {values['label']}", "image", 0, 255)]
    shown_arrays: dict[str, np.ndarray] = {"image": arrays["image"][None]}
    for n, (name, channels) in enumerate(zip(values["layers"], values["channels"], strict=True)):
        maps = arrays[str(n)]
        kept = f"{channels} channels" if len(maps) == channels else f"{len(maps)} of {channels} channels"
        groups.append(group(f"{name}: {kept}", f"maps{n}", float(maps.min()), float(maps.max())))
        shown_arrays[f"maps{n}"] = maps
    notes = ["What leaves the activation of each layer: black its smallest value, white its largest."]
    shown_values: dict[str, Any] = {"groups": groups, "rows": True}
    if "kernels" in arrays:  # runs of earlier versions lack them
        shown_arrays |= {name: arrays[name] for name in ("kernels", "bias")}
        shown_values["convolution"] = {name: values[name] for name in ("stride", "padding", "normalised")}
        notes.append("Point at the first layer to see a convolution.")
    return Panel(TILES, "Feature maps", tuple(notes), shown_values, shown_arrays)
