"""Properties of the functions on a page: of typed ones, and of the whole catalogue, a worker finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.activations import ACTIVATIONS, find
from core.activations.properties import Properties, properties
from core.errors import StoreUnavailable
from dashboard.components.figures import figures


def properties_of(chosen: Mapping[str, Mapping[str, float]]) -> dict[str, Properties]:
    """By key, of these functions with these parameters; a typed one may take a second of a worker.

    One of the catalogue takes some 30 ms, once in this process: less than the way to a worker.
    """
    typed = by_worker(key for key in chosen if key not in ACTIVATIONS)
    return {
        key: typed[key] if key in typed else properties(ACTIVATIONS[key], **_all(key, parameters))
        for key, parameters in chosen.items()
    }


def by_worker(keys: Iterable[str]) -> dict[str, Properties]:
    """By key, of functions with their parameters by default."""
    names = [*keys]
    asked = [{"function": key, "parameters": {}} for key in names]
    try:
        found: list[Properties] = figures("properties", asked, "Looking at the functions…")
    except StoreUnavailable:  # functions can be looked at all the same
        found = [properties(find(key), **_all(key, {})) for key in names]
    return dict(zip(names, found, strict=True))


def _all(key: str, parameters: Mapping[str, float]) -> dict[str, float]:
    return find(key).with_defaults(parameters)
