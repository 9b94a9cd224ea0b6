"""Bounded disk: the newest runs stay whole, older ones keep their curves, the oldest are removed; and where
the operator has set an age, nothing stays that is older.

What an open run names in its config (the run that it resumes from, a file that was added) is never touched.
Everything is decided anew from what is there and done in small transactions, so several servers may do it at
once, and one that is killed in the middle leaves only what the next pass completes.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.data.user import added_files
from core.operator_settings import operator_settings
from core.paths import data_folder, delete_file
from core.runs.retention_plan import Footprint, plan
from core.runs.status import ENDED
from core.runs.store import RunStore
from core.runs.tables import events, film_pictures, frames, pictures, runs

WHOLE, CURVES, ADDED = 6 / 8, 1 / 8, 1 / 8  # of the total: whole runs, curves of older ones, added files

EVENTS_A_TRANSACTION = 5000  # rows in one transaction: a worker that wants to write waits some 50 ms
EVENT_OVERHEAD_BYTES = 80  # of a row in the table and in its index
RUN_BYTES = 4096  # config, environment and message, about
DAY_S = 86_400.0
_DRAFT = re.compile(r"\..+\.\d+|.+\.part")  # what a file is called until it is whole
LEFT_OVER_AFTER_S = 600.0  # a file half written that long ago has lost its process


def default_keep_bytes() -> int:
    """How much the data folder may hold, as the operator has set it."""
    return operator_settings().keep_mib * 2**20


def default_max_age_s() -> float:
    """How long after its end a run stays, as the operator has set it."""
    days = operator_settings().keep_days
    return math.inf if days is None else days * DAY_S


def keep_within(store: RunStore, keep_bytes: int, max_age_s: float = math.inf) -> Iterator[None]:
    """Bring the store, its checkpoints and the added files within keep_bytes and max_age_s, a small step at a
    time.
    """
    checkpoints = _checkpoints(store)  # before the runs are read: a file's run is older than the file
    yield from _measure(store)
    footprints = _footprints(store, checkpoints)
    decided = plan(footprints, int(keep_bytes * WHOLE), int(keep_bytes * CURVES), max_age_s)
    for run_id in decided.prune:
        _prune(store, run_id)
        yield
    for run_id in decided.remove:
        if _prune(store, run_id):
            yield from remove(store, run_id)
    _drop_checkpoints_of_nobody(store, checkpoints)
    yield
    _drop_leftovers(store)
    _bound_added_files(store, int(keep_bytes * ADDED))
    _drop_unused_files(store, max_age_s)
    yield
    yield from store.give_back_space()


@dataclass(frozen=True)
class Usage:
    """Bytes of one kind of data, how many may be kept, and what makes room where that is too little."""

    kind: str
    bytes: int
    max_bytes: int
    rule: str


def usage(store: RunStore, keep_bytes: int) -> list[Usage]:
    """What the data folder holds, by the kinds that have a bound."""
    ended = runs.c.status.in_(ENDED)
    columns = (sa.func.sum(runs.c.curves_bytes), sa.func.sum(runs.c.pictures_bytes))
    with store.reading() as connection:
        curves, pictures_ = connection.execute(
            sa.select(*columns).where(ended, runs.c.pruned_at.is_(None))
        ).one()
        pruned = connection.execute(sa.select(columns[0]).where(runs.c.pruned_at.is_not(None))).scalar()
    checkpoints = sum(_checkpoints(store).values())
    whole, rest = int(keep_bytes * WHOLE), int(keep_bytes * CURVES)
    return [
        Usage(
            "Whole runs",
            int(curves or 0) + int(pictures_ or 0) + checkpoints,
            whole,
            "the oldest are pruned to their curves",
        ),
        Usage("Curves of pruned runs", int(pruned or 0), rest, "the oldest runs are deleted"),
        Usage(
            "Added tables and images",
            added_files.added_bytes(store.files),
            int(keep_bytes * ADDED),
            "the least recently used are deleted",
        ),
    ]


def _checkpoints(store: RunStore) -> dict[str, int]:
    """Bytes of each checkpoint by its run."""
    return {path.stem: size for path, size, _ in _files(store.checkpoints) if path.suffix == ".pt"}


def _files(folder: Path) -> list[tuple[Path, int, float]]:
    """(path, bytes, time of the last change) of each file; one that goes meanwhile is left out."""
    found = []
    for path in folder.iterdir() if folder.exists() else ():
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append((path, status.st_size, status.st_mtime))
    return found


def _measure(store: RunStore) -> Iterator[None]:
    """Note once how much each ended run takes of the store's file."""
    query = sa.select(runs.c.id).where(runs.c.status.in_(ENDED), runs.c.curves_bytes.is_(None))
    with store.reading() as connection:
        unknown = connection.execute(query).scalars().all()
    for run_id in unknown:
        with store.reading() as connection:
            sizes = _sizes(connection, run_id)
        still = sa.and_(runs.c.id == run_id, runs.c.status.in_(ENDED))
        with store.writing() as connection:
            connection.execute(runs.update().where(still).values(sizes))
        yield


def _sizes(connection: sa.Connection, run_id: str) -> dict[str, int]:
    record = sa.func.length(sa.cast(events.c.record, sa.String)) + EVENT_OVERHEAD_BYTES
    picture = sa.func.length(pictures.c.arrays) + sa.func.length(sa.cast(pictures.c["values"], sa.String))
    frame = sa.func.length(frames.c.weights) + EVENT_OVERHEAD_BYTES
    in_frames = connection.execute(sa.select(sa.func.sum(frame)).where(frames.c.run_id == run_id)).scalar()
    in_events = connection.execute(sa.select(sa.func.sum(record)).where(events.c.run_id == run_id)).scalar()
    in_pictures = connection.execute(
        sa.select(sa.func.sum(picture)).where(pictures.c.run_id == run_id)
    ).scalar()
    drawn = film_pictures.c.bytes + sa.func.length(sa.cast(film_pictures.c["values"], sa.String))
    in_film = connection.execute(
        sa.select(sa.func.sum(drawn + EVENT_OVERHEAD_BYTES)).where(film_pictures.c.run_id == run_id)
    ).scalar()
    return {
        "curves_bytes": RUN_BYTES + int(in_events or 0),
        "pictures_bytes": int(in_pictures or 0) + int(in_frames or 0) + int(in_film or 0),
    }


def footprint_bytes(store: RunStore, run_id: str) -> int:
    """How much a run takes now: in the store's file, and its checkpoint."""
    with store.reading() as connection:
        sizes = _sizes(connection, run_id)
    try:
        checkpoint = store.checkpoint_file(run_id).stat().st_size
    except OSError:  # it has made none yet
        checkpoint = 0
    return sizes["curves_bytes"] + sizes["pictures_bytes"] + checkpoint


def _footprints(store: RunStore, checkpoints: Mapping[str, int]) -> list[Footprint]:
    """Every run, the one that ended last first."""
    columns = (runs.c.id, runs.c.status, runs.c.pruned_at, runs.c.curves_bytes, runs.c.pictures_bytes)
    ended_at = sa.func.coalesce(runs.c.ended_at, runs.c.created_at)
    found, now = [], time.time()
    with store.reading() as connection:
        named = _named_by_open_runs(connection)
        query = sa.select(*columns, ended_at.label("since")).order_by(ended_at.desc())
        for row in connection.execute(query).all():
            sizes = {"curves_bytes": row.curves_bytes, "pictures_bytes": row.pictures_bytes}
            if row.curves_bytes is None:
                sizes = _sizes(connection, row.id)
            weights_bytes = checkpoints.get(row.id, 0) + sizes["pictures_bytes"]
            needed = row.status not in ENDED or row.id in named
            pruned = row.pruned_at is not None
            curves_bytes, age_s = sizes["curves_bytes"], now - row.since
            found.append(Footprint(row.id, weights_bytes, curves_bytes, needed, pruned, age_s))
    return found


def _named_by_open_runs(connection: sa.Connection) -> set[str]:
    """Every text in the config of a run that has not ended: among them runs and files that it needs."""
    configs = connection.execute(sa.select(runs.c.config).where(runs.c.status.not_in(ENDED))).scalars()
    return {text for config in configs for text in _texts(config)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _may_go(connection: sa.Connection, run_id: str) -> bool:
    """Asked again with the write lock held: it may have been resumed, or named by a new run, meanwhile."""
    status = connection.execute(sa.select(runs.c.status).where(runs.c.id == run_id)).scalar()
    return status in ENDED and run_id not in _named_by_open_runs(connection)


def _prune(store: RunStore, run_id: str) -> bool:
    """Drop the run's checkpoint, pictures and film, unless it is needed after all."""
    with store.writing() as connection:
        if not _may_go(connection, run_id):
            return False
        since = sa.func.coalesce(runs.c.pruned_at, time.time())
        connection.execute(runs.update().where(runs.c.id == run_id).values(pruned_at=since, pictures_bytes=0))
        for table in (pictures, frames, film_pictures):
            connection.execute(table.delete().where(table.c.run_id == run_id))
    # From here on nothing resumes from the file; killed now, it is one of nobody's for the next pass.
    delete_file(store.checkpoint_file(run_id))
    return True


def remove(store: RunStore, run_id: str) -> Iterator[None]:
    """Drop a run that has ended, the first events first, a small transaction at a time."""
    mine = events.c.run_id == run_id
    some = sa.select(events.c.sequence).where(mine).order_by(events.c.sequence).limit(EVENTS_A_TRANSACTION)
    gone = EVENTS_A_TRANSACTION
    while gone == EVENTS_A_TRANSACTION:
        with store.writing() as connection:
            gone = connection.execute(events.delete().where(mine, events.c.sequence.in_(some))).rowcount
        yield
    store.forget(run_id)


def _drop_checkpoints_of_nobody(store: RunStore, checkpoints: Mapping[str, int]) -> None:
    """Files whose run is gone or pruned, since a pass was killed between the two."""
    with store.reading() as connection:
        owners = set(connection.execute(sa.select(runs.c.id).where(runs.c.pruned_at.is_(None))).scalars())
    for run_id in checkpoints.keys() - owners:
        delete_file(store.checkpoint_file(run_id))


def _drop_leftovers(store: RunStore) -> None:
    """What killed processes left: files half written, zips that nobody fetched."""
    before = time.time() - LEFT_OVER_AFTER_S
    half_written = [found for found in _files(store.checkpoints) if found[0].name.startswith(".")]
    home = store.files
    for folder in (home, data_folder() / "cache"):
        half_written += [found for found in _files(folder) if _DRAFT.fullmatch(found[0].name)]
    half_written += [
        found
        for kind in added_files.KINDS
        for found in _files(home / kind.folder)
        if found[0].suffix != kind.suffix
    ]
    for path, _, changed_at in [*half_written, *_files(store.exports)]:
        if changed_at < before:
            delete_file(path)
    query = sa.select(runs.c.id).where(runs.c.immediate, runs.c.status.in_(ENDED), runs.c.ended_at < before)
    with store.reading() as connection:
        unfetched = connection.execute(query).scalars().all()
    for run_id in unfetched:
        store.forget(run_id)


def _bound_added_files(store: RunStore, max_bytes: int) -> None:
    """Drop added files, the one that was used longest ago first, none that an open run needs."""
    home = store.files
    if added_files.added_bytes(home) > max_bytes:
        with store.writing() as connection:  # no run can be queued meanwhile that needs one of them
            added_files.keep_last_used(home, max_bytes, _named_by_open_runs(connection))


def _drop_unused_files(store: RunStore, max_age_s: float) -> None:
    """Drop added files that nothing has used for so long, and that no open run needs."""
    home, before = store.files, time.time() - max_age_s
    if any(used_at < before for used_at, _, _ in added_files.found(home)):
        with store.writing() as connection:
            needed = _named_by_open_runs(connection)
            for used_at, _, path in added_files.found(home):
                if used_at < before and path.stem not in needed:
                    delete_file(path)
