"""The pictures of a run's film: what each snapshot showed, step by step, within a bound of bytes.

Where they would be more, some of the snapshot that takes most go, so that what stays is spread evenly over
the training, and denser at its start. All functions work within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from core.events import Picture
from core.runs.tables import film_pictures
from core.training.snapshots.catalogue import SNAPSHOTS

MAX_BYTES = 2 * 2**20  # of all pictures of a film together
MAX_OF_A_NAME = 130
EARLY = 0.3  # room of the steps' logarithms, beside 1 for the steps themselves

Row = dict[str, Any]  # name, step, values, arrays (packed)


def kept(pictures: Iterable[Picture]) -> list[Picture]:
    """Of what a training has drawn the pictures that the film keeps: the last one of each name and step, and
    of each history.
    """
    last = {
        (picture.name, None if _is_history(picture.name) else picture.step): picture for picture in pictures
    }
    return [*last.values()]


def record(connection: sa.Connection, run_id: str, rows: Sequence[Row]) -> None:
    """Add what a training has just drawn; it replaces what the film has of each name from there on."""
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(row["name"], 0 if _is_history(row["name"]) else row["step"])
    for name, step in first.items():
        connection.execute(film_pictures.delete().where(_of_name(run_id, name), film_pictures.c.step >= step))
    _insert(connection, run_id, rows)


def add(connection: sa.Connection, run_id: str, rows: Sequence[Row]) -> None:
    """Add what was drawn afterwards; it replaces what the film has of that name and step."""
    for row in rows:
        same = film_pictures.c.step == row["step"]
        connection.execute(film_pictures.delete().where(_of_name(run_id, row["name"]), same))
    _insert(connection, run_id, rows)


def after(connection: sa.Connection, run_id: str, sequence: int) -> list[sa.Row[Any]]:
    """The rows that came after this sequence number, in the order in which they came."""
    query = film_pictures.select().where(
        film_pictures.c.run_id == run_id, film_pictures.c.sequence > sequence
    )
    return [*connection.execute(query.order_by(film_pictures.c.sequence))]


def _is_history(name: str) -> bool:
    """Whether the newest picture shows all that those before it did."""
    return name in SNAPSHOTS and SNAPSHOTS[name].history


def _of_name(run_id: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(film_pictures.c.run_id == run_id, film_pictures.c.name == name)


def _insert(connection: sa.Connection, run_id: str, rows: Sequence[Row]) -> None:
    if rows:
        added = [row | {"run_id": run_id, "bytes": len(row["arrays"])} for row in rows]
        connection.execute(film_pictures.insert(), added)
        _bound(connection, run_id)


def _bound(connection: sa.Connection, run_id: str) -> None:
    """Thin out the largest, until all fit."""
    while True:
        sizes = connection.execute(
            sa.select(
                film_pictures.c.name,
                sa.func.count().label("number"),
                sa.func.sum(film_pictures.c.bytes).label("bytes"),
            )
            .where(film_pictures.c.run_id == run_id)
            .group_by(film_pictures.c.name)
        ).all()
        many = [row for row in sizes if row.number > MAX_OF_A_NAME]
        several = [row for row in sizes if row.number > 2]
        if many:
            _thin(connection, run_id, many[0].name)
        elif several and sum(row.bytes for row in sizes) > MAX_BYTES:
            _thin(connection, run_id, max(several, key=lambda row: row.bytes).name)
        else:
            return


def _thin(connection: sa.Connection, run_id: str, name: str) -> None:
    """Drop a quarter of a name's pictures."""
    query = sa.select(film_pictures.c.sequence, film_pictures.c.step).where(_of_name(run_id, name))
    rows = connection.execute(query.order_by(film_pictures.c.step)).all()
    stay = spread([row.step for row in rows], max(2, len(rows) * 3 // 4))
    gone = [row.sequence for place, row in enumerate(rows) if place not in stay]
    connection.execute(film_pictures.delete().where(film_pictures.c.sequence.in_(gone)))


def spread(steps: Sequence[int], count: int) -> set[int]:
    """Places of so many of the rising steps: the first, the last, and others evenly spread, dense early."""
    last = max(1, steps[-1])
    at = np.array(steps) / last + EARLY * np.log1p(steps) / np.log1p(last)
    stay = [*range(len(steps))]
    while len(stay) > max(2, count):
        gaps = at[stay][2:] - at[stay][:-2]  # that would be left where each is dropped
        del stay[1 + int(gaps.argmin())]
    return {*stay}
