"""Every framework: each file in `core/timing/frameworks/libraries/` is one, under its name, and each of its
variants is an entry.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from core.checks import one_of
from core.timing.frameworks import libraries
from core.timing.frameworks.work.library import Library, entry_key

# What the others are held against, where it is here.
BASELINE = "pytorch-eager"


@dataclass(frozen=True)
class Entry:
    """One row of the table: a framework in one of its variants."""

    library: str  # a key of LIBRARIES
    variant: str

    @property
    def key(self) -> str:
        """Its key among ENTRIES."""
        return entry_key(self.library, self.variant)

    @property
    def title(self) -> str:
        """Its name for people: "PyTorch (compiled)"."""
        library = LIBRARIES[self.library]
        return f"{library.name} ({library.variants[self.variant]})" if self.variant else library.name


def _found() -> dict[str, Library]:
    names = [module.name for module in pkgutil.iter_modules(libraries.__path__)]
    return {name: import_module(f"{libraries.__name__}.{name}").LIBRARY for name in names}


LIBRARIES: dict[str, Library] = _found()
ENTRIES: dict[str, Entry] = {
    entry_key(name, variant): Entry(name, variant)
    for name, library in LIBRARIES.items()
    for variant in library.variants
}


def selected(names: Iterable[str]) -> tuple[str, ...]:
    """Keys of entries by keys, or by those of frameworks, which stand for all their variants; () is all.

    Raises InvalidRequest for a name that is neither.
    """
    keys: list[str] = []
    for name in names:
        one_of("framework", name, [*dict.fromkeys([*LIBRARIES, *ENTRIES])])
        keys += [key for key, entry in ENTRIES.items() if name in (key, entry.library)]
    return tuple(key for key in ENTRIES if key in keys or not keys)


def title_of(key: str) -> str:
    """What a person calls an entry; a key of a file that this version does not know stays as it is."""
    return ENTRIES[key].title if key in ENTRIES else key
