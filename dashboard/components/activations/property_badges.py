"""Measured properties of an activation function as badges: blue where it has one, gray where it does not."""

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
    holds: Callable[[Properties], bool | None]  # None where it is not determined
    lacking: str  # what a function without it is called


def never_saturates(found: Properties) -> bool | None:
    """None where neither side is known to saturate, and one is not determined."""
    if found.saturates_below is not None or found.saturates_above is not None:
        return False
    open_ones = {"saturates_below", "saturates_above"}.intersection(found.undetermined)
    return None if open_ones else True


def is_lipschitz(found: Properties) -> bool | None:
    """Whether there is a steepest slope, and no jump."""
    return None if found.lipschitz is None else math.isfinite(found.lipschitz)


# What functions can be filtered by; the keys stand in the address.
TRAITS = {
    "monotonic": Trait("monotonic", lambda found: found.monotonic, "not monotonic"),
    "smooth": Trait("smooth", lambda found: found.continuous_derivatives > 0, "not smooth"),
    "bounded": Trait("bounded", lambda found: found.bounded, "unbounded"),
    "zero_centred": Trait("zero-centred", lambda found: found.zero_centred, "not zero-centred"),
    "never_saturates": Trait(
        "never saturates",
        lambda found: never_saturates(found),
        "saturates",
    ),
    "no_dead_zone": Trait("no dead zone", lambda found: not found.dead, "dead zone"),
    "no_jump": Trait("no jump", lambda found: not found.jumps, "jumps"),
    "lipschitz": Trait("Lipschitz", lambda found: is_lipschitz(found), "not Lipschitz"),
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
    never = never_saturates(found)
    badges = [
        _badge(found.monotonic, "monotonic", "not monotonic"),
        _badge(found.continuous_derivatives > 0, "smooth", _kinks(found)),
        _badge(found.bounded, "bounded", "unbounded"),
        _badge(found.zero_centred, "zero-centred", f"mean output {_mean(found)}"),
        _badge(
            None if never is None else not never,
            f"saturates {' and '.join(sides)}" if sides else "saturates",
            "never saturates",
        ),
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


def _mean(found: Properties) -> str:
    mean = math.nan if found.mean_output is None else found.mean_output
    return "undefined" if math.isnan(mean) else f"{mean:.2f}"


def _badge(holds: bool | None, name: str, lacking: str) -> str:
    if holds is None:
        return f":gray-badge[{name}: not determined]"
    return f":blue-badge[{name}]" if holds else f":gray-badge[{lacking}]"
