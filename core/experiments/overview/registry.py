"""Every statement, in the text's order. A file in `core/experiments/statements/` is one, under its name."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module

from core.checks import one_of
from core.errors import InvalidRequest
from core.experiments import statements
from core.experiments.chapters import CHAPTERS
from core.experiments.statement import Statement

ALL = "all"


def _found() -> dict[str, Statement]:
    names = [module.name for module in pkgutil.iter_modules(statements.__path__)]
    entries = {name: import_module(f"{statements.__name__}.{name}").STATEMENT for name in names}
    chapters = [*CHAPTERS]
    return dict(sorted(entries.items(), key=lambda item: (chapters.index(item[1].chapter), item[1].order)))


STATEMENTS: dict[str, Statement] = _found()


def chosen(names: Iterable[str]) -> list[str]:
    """Keys of statements by keys or numbers ("3a"), or all; in the text's order.

    Raises InvalidRequest for a name that is neither, and for none at all.
    """
    by_number = {entry.number: key for key, entry in STATEMENTS.items()}
    given = [by_number.get(name, name) for name in names]
    if ALL in given:
        return [*STATEMENTS]
    for name in given:
        one_of("statement", name, [*STATEMENTS, ALL])
    if not given:
        raise InvalidRequest(f"No statement was named; choose from {', '.join([*STATEMENTS, ALL])}.")
    return [key for key in STATEMENTS if key in given]
