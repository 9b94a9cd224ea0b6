"""Measured properties of an activation function as badges: blue where it has one, gray where it lacks it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from core.activations.properties import Properties
from dashboard.components.number_text import interval, signed

MAX_PLACES = 3  # x that a badge names


class Trait(NamedTuple):
    """A property that a function has or lacks."""

    name: str
    holds: Callable[[Properties], bool]
    lacking: str  # what a function without it is called


# What functions can be filtered by; the keys stand in the address.
TRAITS = {
    "monotonic": Trait("monotonic", lambda found: found.monotonic, "not monotonic"),
    "smooth": Trait("smooth", lambda found: found.continuous_derivatives > 0, "not smooth"),
    "bounded": Trait("bounded", lambda found: found.bounded, "unbounded"),
    "zero_centred": Trait("zero-centred", lambda found: found.zero_centred, "not zero-centred"),
    "never_saturates": Trait(
        "never saturates",
        lambda found: found.saturates_below is None and found.saturates_above is None,
        "saturates",
    ),
    "no_dead_zone": Trait("no dead zone", lambda found: not found.dead, "dead zone"),
    "no_jump": Trait("no jump", lambda found: not found.jumps, "jumps"),
    "lipschitz": Trait("Lipschitz", lambda found: math.isfinite(found.lipschitz), "not Lipschitz"),
}


def trait_badges(found: Properties) -> str:
    """A badge for each of TRAITS."""
    return " ".join(_badge(trait.holds(found), trait.name, trait.lacking) for trait in TRAITS.values())


def detailed_badges(found: Properties) -> str:
    """Badges that also say where: the x of jumps and kinks, of saturation and of dead zones."""
    sides = [
        f"{side} {signed(x)}"
        for side, x in (("below", found.saturates_below), ("above", found.saturates_above))
        if x is not None
    ]
    mean = " undefined" if math.isnan(found.mean_output) else f" {found.mean_output:.2f}"
    badges = [
        _badge(found.monotonic, "monotonic", "not monotonic"),
        _badge(found.continuous_derivatives > 0, "smooth", _kinks(found)),
        _badge(found.bounded, "bounded", "unbounded"),
        _badge(found.zero_centred, "zero-centred", f"mean output{mean}"),
        _badge(bool(sides), f"saturates {' and '.join(sides)}", "never saturates"),
    ]
    if found.dead:
        zones = " and ".join(interval(*zone) for zone in found.dead)
        badges.append(_badge(False, "", f"no gradient {zones}"))
    return " ".join(badges)


def _kinks(found: Properties) -> str:
    places = found.jumps or found.kinks
    nearest = sorted(sorted(places, key=abs)[:MAX_PLACES])
    more = ["elsewhere"] if len(places) > MAX_PLACES else []
    return f"{'value' if found.jumps else 'slope'} jumps at {' and '.join([*map(signed, nearest), *more])}"


def _badge(holds: bool, name: str, lacking: str) -> str:
    return f":blue-badge[{name}]" if holds else f":gray-badge[{lacking}]"
