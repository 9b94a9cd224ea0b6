"""Properties of the functions on a page: of typed ones, and of many, a worker finds them."""

from __future__ import annotations

from collections.abc import Mapping

from core.activations import ACTIVATIONS, find
from core.activations.properties import Properties, properties
from core.errors import StoreUnavailable
from dashboard.components.figures import figures


def properties_of(chosen: Mapping[str, Mapping[str, float]]) -> dict[str, Properties]:
    """By key, of these functions with these parameters; those of the catalogue have theirs by default."""
    found = {
        key: properties(ACTIVATIONS[key], **parameters)  # 30 ms: less than the way to a worker
        for key, parameters in chosen.items()
        if key in ACTIVATIONS and parameters and parameters != ACTIVATIONS[key].with_defaults()
    }
    others = [key for key in chosen if key not in found]
    found |= dict(zip(others, _by_default(others), strict=True))
    return {key: found[key] for key in chosen}


def _by_default(keys: list[str]) -> list[Properties]:
    try:
        asked = [{"function": key, "parameters": {}} for key in keys]
        return figures("properties", asked, "Looking at the functions…")
    except StoreUnavailable:  # functions can be looked at all the same
        activations = [find(key) for key in keys]
        return [properties(activation, **activation.with_defaults()) for activation in activations]
