"""What a framework is here: how it is found, what its process is started with, and how it does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

Arrays: TypeAlias = Mapping[str, "np.ndarray"]  # in the layout of core.timing.frameworks.work.arrays


@dataclass(frozen=True)
class Prepared:
    """One piece of work, ready in one framework."""

    # Does it once and returns when its result is there: work in the background is waited for. A training step
    # returns its loss as a number of Python.
    call: Callable[[], Any]
    result: Callable[[], Arrays]  # what the last call came to: one array, or the weights after its step


@dataclass(frozen=True)
class Library:
    """One framework. The entry itself imports nothing of it."""

    name: str
    module: str  # what is imported
    distributions: tuple[str, ...]  # what is installed, for their versions; the first one is its own
    install: str  # what a person writes, as a whole command
    about: str  # one sentence: what is special about how it computes
    # start(variant) imports the framework and returns prepare(arrays) by the work's key; the child calls it.
    start: Callable[[str], Mapping[str, Callable[[Arrays], Prepared]]]
    variants: Mapping[str, str] = field(default_factory=lambda: {"": ""})  # key -> as a person reads it
    # Variables of the process by name, where "{threads}" is the number of threads.
    variables: Mapping[str, str] = field(default_factory=dict)
    keeps_compiled: bool = False  # whether it keeps compiled code on disk for the next process
    # missing(PATH): why it cannot run here, though it is installed
    missing: Callable[[str], str | None] = lambda _path: None


def entry_key(library: str, variant: str) -> str:
    """The name of one row: "jax", "pytorch-compiled"."""
    return f"{library}-{variant}" if variant else library
