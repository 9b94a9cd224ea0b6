"""A user's table: a CSV file stored under the hash of its content, checked, and made a data set.

table_reading.py makes classes, values and features of its columns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.data import tables
from core.data.csv_table import MAX_BYTES, Table, read
from core.data.dataset import CLASSIFICATION, REGRESSION, LoadedDataset
from core.data.table_columns import Choices
from core.data.table_reading import Preview, Reading, names_of, previewed, read_table
from core.data.user.added_files import TABLES, content_of, name_of

# Of the example that is loaded as long as no file is given.
EXAMPLE_ROWS = 150


def classes(seed: int, test_fraction: float, file: str, target_column: str, **choices: Any) -> LoadedDataset:
    """A class for each row. file is what add() returned, "" for the example; target_column "" the last one.

    choices are those of table_columns.CHOICES. Raises InvalidRequest, in one sentence, for a table that
    cannot be learned from.
    """
    reading = _reading(file, target_column, CLASSIFICATION, choices)
    reading.check()
    inputs, columns = reading.features()
    target = reading.target
    return tables.with_classes(
        *(inputs, reading.labels(), [*target.categories], names_of(columns)),
        *(seed, test_fraction, target.name, columns),
    )


def values(seed: int, test_fraction: float, file: str, target_column: str, **choices: Any) -> LoadedDataset:
    """A number for each row; arguments and errors are those of classes()."""
    reading = _reading(file, target_column, REGRESSION, choices)
    reading.check()
    inputs, columns = reading.features()
    target = reading.target.name
    return tables.with_values(
        inputs, reading.values(), names_of(columns), target, seed, test_fraction, columns
    )


def preview(file: str, target_column: str, task: str, **choices: Any) -> Preview:
    """How a table is read for a task. Raises InvalidRequest for a file or a choice that cannot be."""
    return previewed(_reading(file, target_column, task, choices))


def _reading(file: str, target_column: str, task: str, choices: dict[str, Any]) -> Reading:
    table = read(_content(file))
    target = target_column or _default_target(table, file, task)
    return read_table(table, target, task, Choices(**choices))


def add(source: Path | str | bytes) -> str:
    """Check a CSV file, store it, and return its name in the store: the SHA-256 of its bytes.

    Raises InvalidRequest for a file that is no table within the limits.
    """
    content = content_of(source, MAX_BYTES)
    read(content)
    name = name_of(content)
    if not TABLES.has(name):
        TABLES.add(name, content)
    return name


def columns(file: str) -> tuple[str, ...]:
    """The columns of a file that add() stored, or of the example for ""."""
    return read(_content(file)).columns


def default_target(file: str, task: str) -> str:
    """The last column; of the example the fruit, and its mass where the target is a number."""
    return _default_target(read(_content(file)), file, task)


def _default_target(table: Table, file: str, task: str) -> str:
    return "mass_g" if task == REGRESSION and not file else table.columns[-1]


def _content(file: str) -> bytes:
    return TABLES.read(file) if file else _example()


def _example() -> bytes:
    """Made-up fruit: two lengths, a colour, a mass, and which fruit it is."""
    random = np.random.default_rng(0)
    kinds = (
        ("apple", 7.5, 7.0, ("red", "green")),
        ("lemon", 8.5, 5.5, ("yellow",)),
        ("pear", 9.5, 6.5, ("green", "yellow")),
    )
    lines = ["length_cm,width_cm,colour,mass_g,fruit"]
    for _ in range(EXAMPLE_ROWS):
        fruit, long, wide, colours = kinds[random.integers(len(kinds))]
        length, width = long * random.normal(1, 0.08), wide * random.normal(1, 0.08)
        mass = 0.5 * length * width**2 * random.normal(1, 0.05)
        lines.append(f"{length:.1f},{width:.1f},{random.choice(colours)},{mass:.0f},{fruit}")
    return "\n".join(lines).encode()
