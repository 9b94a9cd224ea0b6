"""Which of the theme's colours a series has: the same thing has the same colour on all pages.

A nominal scale gives the n-th name of its domain the theme's n-th colour. So a domain is a list of names at
their own numbers, with fillers between them, which a legend leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from core.activations import ACTIVATIONS

COLOURS = 8  # of the theme, chartCategoricalColors

# The functions that text-books compare have a colour of their own each; the others share them.
_COMMON = ("relu", "sigmoid", "tanh", "gelu", "leaky_relu", "elu", "selu", "identity")
_ACTIVATIONS = [ACTIVATIONS[key].name for key in dict.fromkeys([*_COMMON, *ACTIVATIONS])]

# As in a film: training data are blue and test data orange.
_SPLITS = (
    ("Train", "Test", "Validation"),
    ("Exploring", "Greedy"),
    ("D, train", "D, test", "D, validation", "G"),
)

_OWN = {name: number for names in (_ACTIVATIONS, *_SPLITS) for number, name in enumerate(names)}


def domain_of(series: Iterable[str]) -> list[str]:
    """A nominal scale's domain in which each name has its own colour, and no two one colour where eight do.

    Names without a colour of their own get those that are left, in their order. Where there are more than the
    theme's colours, the later ones share them.
    """
    names = list(dict.fromkeys(series))
    at: dict[int, str] = {}
    for name in sorted((name for name in names if name in _OWN), key=_OWN.__getitem__):
        number = _OWN[name] % COLOURS
        while number in at:
            number = number + COLOURS if len(names) > COLOURS else (number + 1) % COLOURS
        at[number] = name
    for name in names:
        if name not in _OWN:
            at[next(number for number in count() if number not in at)] = name
    return [at.get(number, f"\u200b{number}") for number in range(max(at, default=-1) + 1)]
