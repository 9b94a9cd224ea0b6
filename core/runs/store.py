"""The run store: config, environment, status, events and pictures of every run, in one database.

What only one kind of database has stands in core.runs.databases.
"""

from __future__ import annotations

import io
import secrets
import string
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from core.errors import InvalidRequest
from core.events import Frame, Picture, Progress
from core.runs import film_pictures as _history
from core.runs import scheduling, tables
from core.runs.databases.database import ALL_RUNS, ONE_RUN, WRITES
from core.runs.databases.opening import open_database
from core.runs.identity import machine_of
from core.runs.quota import NO_QUOTA, NOBODY, Owner, Quota, open_runs_of
from core.runs.status import ENDED, FAILED, INTERRUPTED, LIMITED, PAUSED, QUEUED, RUNNING, STOPPED
from core.runs.tables import changes as _changes
from core.runs.tables import events as _events
from core.runs.tables import film_pictures as _film_pictures
from core.runs.tables import frames as _frames
from core.runs.tables import pictures as _pictures
from core.runs.tables import runs as _runs
from core.runs.tables import summaries as _summaries
from core.runs.upgrades import (
    VERSION,
    upgrade_config,
    upgrade_event,
    upgrade_job,
    upgrade_picture,
    upgrade_picture_name,
)
from core.syntax_trees import beside_threads

BUSY_S = 5.0  # how long a request waits for other writers
LIMIT = "limit"  # what a server requests of a run that has reached one

_STOPPED_IN_QUEUE = sa.case(
    (_runs.c.started_at.is_(None), "Stopped before it started."),
    else_="Stopped while it waited for its turn.",
)

# What watchers of films ask, as often as once a second each: built once.
_STATUS = sa.select(_runs.c.status).where(_runs.c.id == sa.bindparam("run"))
_FILM_FROM = (
    _frames.select()
    .where(_frames.c.run_id == sa.bindparam("run"), _frames.c.step >= sa.bindparam("step"))
    .order_by(_frames.c.step)
)


@dataclass(frozen=True)
class Run:
    """One run as the store knows it. Times are seconds since 1970; progress is a Progress as a dict.

    immediate: it waits for no other run. pruned_at: since when its checkpoint and pictures are gone.
    owner: who started it; address: of that computer, while the run is open. claimed_at: since when it is at
    work, after worked_s seconds before; served_at: when it was claimed last. asked_at: when somebody started
    or resumed it. keep_running: also where no page shows it, as one last did at watched_at. curves_bytes,
    pictures_bytes: what an ended run takes of the store's file, once measured.
    """

    id: str
    job: str
    exclusive: bool
    config: dict[str, Any]
    environment: dict[str, Any] | None
    status: str
    requested: str | None
    requested_at: float | None
    message: str | None
    worker: str | None
    progress: dict[str, Any] | None
    created_at: float
    queued_at: float
    started_at: float | None
    seen_at: float | None
    ended_at: float | None
    immediate: bool
    pruned_at: float | None
    curves_bytes: int | None
    pictures_bytes: int | None
    owner: str | None
    address: str | None
    expected_short: bool
    resumable: bool
    holdable: bool
    asked_at: float | None
    turn_at: float | None
    claimed_at: float | None
    worked_s: float
    served_at: float | None
    keep_running: bool
    watched_at: float | None

    def worked(self, now: float) -> float:
        """Seconds that it has been at work, without its waits and pauses."""
        until = self.ended_at if self.ended_at is not None else now
        # Rows of an earlier version know only when the run was claimed first.
        since = self.claimed_at if self.claimed_at or self.worked_s else self.started_at
        return self.worked_s + (until - since if since is not None else 0.0)

    @property
    def gave_way(self) -> bool:
        """Whether it waits to resume, having worked before."""
        return self.status == QUEUED and self.worked_s > 0

    @property
    def ended(self) -> bool:
        """True when nothing more will come."""
        return self.status in ENDED


class RunStore:
    """All runs in one database. Safe to use from many threads and many processes at once.

    place: the database, for another process to open it. files: the folder of what is kept beside it.
    Any method raises StoreUnavailable where the database is locked, full, gone or none. busy_s: how long a
    method waits for the lock before it says so.
    """

    def __init__(self, place: Path | str, busy_s: float = BUSY_S) -> None:
        self._database = open_database(place)
        self.place, self.files = self._database.place, self._database.files
        self.checkpoints = self.files / "checkpoints"
        self.exports = self.files / "exports"  # a zip stays there only until it is handed over
        self._engine = self._database.engine(busy_s)
        # A claim reads and then writes, and no other may come between: else two could claim one run.
        self._writer = self._engine.execution_options(**{WRITES: ALL_RUNS})
        # What one worker alone writes, four times a second, keeps nobody else waiting.
        self._own_writer = self._engine.execution_options(**{WRITES: ONE_RUN})
        self._snapshots = self._engine.execution_options(**self._database.snapshot)
        sa.event.listen(self._engine, "handle_error", self._in_a_sentence, retval=True)
        try:
            with self._writer.begin() as connection:
                self._database.accept(connection)
                tables.create(connection)
        except BaseException:
            self.close()
            raise

    def _in_a_sentence(self, context: sa.engine.ExceptionContext) -> BaseException | None:
        """A sentence in place of an error that a person can do something about."""
        if context.is_pre_ping:  # an old connection is lost, and a new one is made
            return None
        error = context.original_exception
        if fault := self._database.fault_of(error):
            return fault
        if isinstance(error, UnicodeEncodeError):  # half of a character, out of odd bytes of a command line
            return InvalidRequest(
                f"The text {error.object[:40]!r} is not possible; it holds no valid Unicode."
            )
        return self._database.refusal(error)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that sees the database as it is now and keeps nobody from writing."""
        return self._snapshots.begin()

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """A transaction with the one lock for writing; what it does is done as a whole or not at all."""
        return self._writer.begin()

    def check(self) -> None:
        """Raise StoreUnavailable where nothing could be kept now; it waits half a second at most."""
        self._database.check(self._engine)

    @contextmanager
    def _announced(self) -> Iterator[sa.Connection]:
        """The same, after which whoever listens looks at the open runs again."""
        with self._writer.begin() as connection:
            yield connection
            self._database.announce(connection)

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call changed() from a thread when open runs have changed; returns what ends this.

        Not every database says so: whoever listens also looks now and then.
        """
        return self._database.listen(changed)

    def give_back_space(self) -> Iterator[None]:
        """Return to the disk what deleted runs held, a small step at a time."""
        return self._database.give_back_space(self._engine)

    # --- what a page does -------------------------------------------------------------------------------

    def create(
        self,
        job: str,
        config: Mapping[str, Any],
        exclusive: bool = False,
        immediate: bool = False,
        expected_short: bool = False,
        resumable: bool = False,
        holdable: bool = False,
        owner: Owner = NOBODY,
        quota: Quota = NO_QUOTA,
    ) -> str:
        """Queue a run and return its id, which is also its address and cannot be guessed.

        immediate: for what takes a second while somebody waits; it passes the queue and the limit.
        expected_short: it comes before long ones. resumable: it may have to give way, and resumes.
        holdable: the same of one that waits in its worker, without a checkpoint.
        Raises QuotaReached where the owner has as many open runs as the quota allows.
        """
        run_id, now = _new_id(), time.time()
        row = {
            "id": run_id,
            "job": job,
            "exclusive": exclusive,
            "immediate": immediate,
            "config": dict(config),
        }
        row |= {"version": VERSION, "status": QUEUED, "created_at": now, "queued_at": now, "turn_at": now}
        row |= {"expected_short": expected_short, "resumable": resumable, "holdable": holdable}
        row |= {"watched_at": now, "asked_at": now}
        row |= {"owner": owner.id, "address": owner.address}
        with self._announced() as connection:
            quota.check(connection, owner, immediate)
            connection.execute(_runs.insert().values(row))
        return run_id

    def get(self, run_id: str) -> Run | None:
        """The run, or None if there is none of this id."""
        with self._engine.connect() as connection:
            row = connection.execute(_runs.select().where(_runs.c.id == run_id)).mappings().first()
        return _run(row) if row else None

    def has_ended(self, run_id: str) -> bool:
        """Whether nothing more will come of it; also of one that is no longer there. Cheap to ask often."""
        with self._engine.connect() as connection:
            status = connection.execute(_STATUS, {"run": run_id}).scalar()
        return status is None or status in ENDED

    def all_with_status(self, *statuses: str) -> list[Run]:
        """Every run in one of these statuses, oldest in the queue first."""
        query = _runs.select().where(_runs.c.status.in_(statuses)).order_by(_runs.c.queued_at, _runs.c.id)
        with self._engine.connect() as connection:
            return [_run(row) for row in connection.execute(query).mappings()]

    def events_after(self, run_id: str, sequence: int = 0) -> list[tuple[int, dict[str, Any]]]:
        """(sequence, record) of every event after this sequence number, in order. Numbers start at 1."""
        query = (
            sa.select(_events.c.sequence, _events.c.record, _runs.c.version)
            .join(_runs, _runs.c.id == _events.c.run_id)
            .where(_events.c.run_id == run_id, _events.c.sequence > sequence)
            .order_by(_events.c.sequence)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [(row.sequence, upgrade_event(row.record, row.version)) for row in rows]

    def pictures(self, run_id: str) -> dict[str, Picture]:
        """The latest picture of each name."""
        with self._engine.connect() as connection:
            rows = connection.execute(_pictures.select().where(_pictures.c.run_id == run_id)).mappings().all()
            version = connection.execute(sa.select(_runs.c.version).where(_runs.c.id == run_id)).scalar()
        stored = (Picture(row["name"], row["step"], _unpack(row["arrays"]), row["values"]) for row in rows)
        upgraded = (upgrade_picture(picture, version or VERSION) for picture in stored)
        return {picture.name: picture for picture in upgraded}

    def picture_names(self, run_id: str) -> list[str]:
        """The names of its pictures, without reading them."""
        with self._engine.connect() as connection:
            names = connection.execute(
                sa.select(_pictures.c.name).where(_pictures.c.run_id == run_id)
            ).scalars()
            version = connection.execute(sa.select(_runs.c.version).where(_runs.c.id == run_id)).scalar()
            return [upgrade_picture_name(name, version or VERSION) for name in names]

    def frames(self, run_id: str, after: int = -1) -> list[Frame]:
        """The film's frames after this step, in order."""
        query = _frames.select().where(_frames.c.run_id == run_id, _frames.c.step > after)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_frames.c.step)).all()
        return [_frame(row) for row in rows]

    def frame(self, run_id: str, step: int) -> Frame | None:
        """The film's frame of this step, if there is one."""
        query = _frames.select().where(_frames.c.run_id == run_id, _frames.c.step == step)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _frame(row) if row else None

    def frame_steps(self, run_id: str) -> list[int]:
        """The steps of the film's frames, in order."""
        query = sa.select(_frames.c.step).where(_frames.c.run_id == run_id).order_by(_frames.c.step)
        with self._engine.connect() as connection:
            return [*connection.execute(query).scalars()]

    def frame_step(self, run_id: str, step: int | None = None) -> int | None:
        """The step of the last frame that is not after this one, or of the last one; None without frames."""
        steps = self.frame_steps(run_id)
        if step is None or not steps:
            return steps[-1] if steps else None
        return max((known for known in steps if known <= step), default=steps[0])

    def film_from(self, run_id: str, step: int = 0) -> tuple[bool, list[Frame]] | None:
        """Whether the run has ended, and then the film's frames from this step on; None without such a run.

        Every watcher asks so once a second, so it is two small statements in one transaction.
        """
        with self._engine.connect() as connection:
            status = connection.execute(_STATUS, {"run": run_id}).scalar()
            rows = connection.execute(_FILM_FROM, {"run": run_id, "step": step}).all()
        return None if status is None else (status in ENDED, [_frame(row) for row in rows])

    def film_sequence(self, run_id: str) -> int:
        """The number of the film's newest picture; 0 where it has none."""
        mine = _film_pictures.c.run_id == run_id
        with self._engine.connect() as connection:
            query = sa.select(sa.func.max(_film_pictures.c.sequence)).where(mine)
            return connection.execute(query).scalar() or 0

    def film_scores(self, run_id: str, after: int = -1) -> list[tuple[int, dict[str, float]]]:
        """(step, values) of the film's frames after this step, in order; without their weights."""
        query = sa.select(_frames.c.step, _frames.c["values"]).where(
            _frames.c.run_id == run_id, _frames.c.step > after
        )
        with self._engine.connect() as connection:
            return [(row[0], row[1]) for row in connection.execute(query.order_by(_frames.c.step))]

    def has_film(self, run_id: str) -> bool:
        """Whether the run has frames."""
        query = sa.select(_frames.c.step).where(_frames.c.run_id == run_id)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def film_pictures(self, run_id: str, after: int = 0) -> list[tuple[int, Picture]]:
        """(sequence, picture) of the film's pictures that came after this sequence number, as they came.

        They come in the order of their steps while a run goes; those drawn afterwards are of steps before.
        One replaces another of the same name and step.
        """
        with self._engine.connect() as connection:
            rows = _history.after(connection, run_id, after)
            version = connection.execute(sa.select(_runs.c.version).where(_runs.c.id == run_id)).scalar()
        return [
            (
                row.sequence,
                upgrade_picture(
                    Picture(row.name, row.step, _unpack(row.arrays), row.values), version or VERSION
                ),
            )
            for row in rows
        ]

    def add_film_pictures(self, run_id: str, pictures: Iterable[Picture]) -> None:
        """Keep what was drawn from a film's frames; the newest of each name also as the run's picture."""
        rows = [_picture_row(picture) for picture in pictures]
        with self._writer.begin() as connection:
            unmeasured = {"curves_bytes": None, "pictures_bytes": None}
            mine = sa.and_(_runs.c.id == run_id, _runs.c.pruned_at.is_(None))
            if not connection.execute(_runs.update().where(mine).values(unmeasured)).rowcount:
                return
            _history.add(connection, run_id, rows)
            for row in rows:
                query = sa.select(_pictures.c.step).where(_is_picture(run_id, row["name"]))
                step = connection.execute(query).scalar()
                if step is None or step <= row["step"]:
                    _replace_picture(connection, run_id, row)

    def queue_position(self, run_id: str) -> int | None:
        """1 for the next run to start; None if this run is not waiting."""
        waiting = [run.id for run in scheduling.queue(self._open_runs(), time.time())]
        return waiting.index(run_id) + 1 if run_id in waiting else None

    def seconds_until_turn(self, run_id: str, limit: int) -> float | None:
        """About how long it has to wait still, for at most `limit` at once; None if it is not waiting."""
        return scheduling.seconds_until(self._open_runs(), run_id, limit, time.time())

    def _open_runs(self) -> list[scheduling.OpenRun]:
        with self._engine.connect() as connection:
            return scheduling.open_runs(connection)

    def request(self, run_id: str, requested: str) -> None:
        """Ask for "pause", "resume" or "stop". A run that waits in the queue stops at once.

        A paused run that is resumed waits its turn again, so that a pause lets others run.
        """
        now = time.time()
        mine = _runs.c.id == run_id
        with self._announced() as connection:
            connection.execute(
                _runs.update()
                .where(mine, _runs.c.status.not_in(ENDED))
                .values(requested=requested, requested_at=now)
            )
            if requested == "stop":  # a worker holds a resumed run, so that one is the worker's to end
                connection.execute(
                    _runs.update()
                    .where(mine, _runs.c.status == QUEUED, _runs.c.worker.is_(None))
                    .values(status=STOPPED, ended_at=now, address=None, message=_STOPPED_IN_QUEUE)
                )
            if requested == "resume":
                connection.execute(
                    _runs.update()
                    .where(mine, _runs.c.status == PAUSED)
                    .values(status=QUEUED, queued_at=now, turn_at=now)
                )

    def request_end(self, run_id: str, reason: str) -> None:
        """Ask a run at work to end, since it has reached a limit; the reason, in words, is kept with it."""
        asked = {"requested": LIMIT, "requested_at": time.time(), "message": reason}
        at_work = (_runs.c.id == run_id, _runs.c.status == RUNNING)
        with self._writer.begin() as connection:
            connection.execute(_runs.update().where(*at_work).values(asked))

    def resume(self, run_id: str, owner: Owner = NOBODY, quota: Quota = NO_QUOTA) -> None:
        """Queue a run again that ended before it had finished; it resumes from its last checkpoint.

        owner: who asks for it; it stays whose it was. Raises InvalidRequest when the checkpoint is deleted,
        QuotaReached where the owner has as many open runs as the quota allows.
        """
        again = (INTERRUPTED, STOPPED, LIMITED, FAILED)
        none = (
            "worker",
            "requested",
            "requested_at",
            "message",
            "ended_at",
            "curves_bytes",
            "pictures_bytes",
            "claimed_at",
        )
        now = time.time()
        changes: dict[str, Any] = {"status": QUEUED, "queued_at": now, "turn_at": now, "watched_at": now}
        changes |= {"asked_at": now}
        changes |= {"address": owner.address, "worked_s": _worked(_runs.c.ended_at)}
        with self._announced() as connection:
            quota.check(connection, owner, immediate=False)
            if _is_pruned(connection, run_id):
                raise InvalidRequest("The checkpoint of this run was pruned, so it cannot be resumed.")
            connection.execute(
                _runs.update()
                .where(_runs.c.id == run_id, _runs.c.status.in_(again))
                .values(changes | dict.fromkeys(none))
            )

    def forget_future(self, now: float) -> None:
        """The machine's clock was set back: no open run was served or watched later than now."""
        with self._writer.begin() as connection:
            for column in (_runs.c.turn_at, _runs.c.served_at, _runs.c.watched_at):
                later = sa.and_(_runs.c.status.not_in(ENDED), column > now)
                connection.execute(_runs.update().where(later).values({column: now}))

    def open_runs_of(self, owner: Owner) -> int:
        """How many runs this owner has open."""
        with self._engine.connect() as connection:
            return open_runs_of(connection, owner)

    def keep_running(self, run_id: str, keep: bool) -> None:
        """Whether the run stays in the queue also when no page shows it."""
        self._change(run_id, keep_running=keep)

    def keep_watched(self, watched: Mapping[str, float]) -> None:
        """When pages have shown these runs last."""
        if watched:
            with self._writer.begin() as connection:
                for run_id, at in watched.items():
                    connection.execute(_runs.update().where(_runs.c.id == run_id).values(watched_at=at))

    def drop_unwatched(self, since: float, why: str) -> None:
        """Stop the runs that wait, that no page has shown since then, and that are not to be kept."""
        now = time.time()
        gone = _runs.update().where(
            *(_runs.c.status == QUEUED, ~_runs.c.keep_running, ~_runs.c.immediate),
            _runs.c.watched_at < since,
        )
        ended = {"status": STOPPED, "ended_at": now, "address": None}
        with self._writer.begin() as connection:
            alone, held = _runs.c.worker.is_(None), _runs.c.worker.is_not(None)
            connection.execute(
                gone.where(alone).values(ended | {"message": f"It left the queue, since {why}."})
            )
            connection.execute(gone.where(held).values(requested="stop", requested_at=now))

    def can_resume(self, run_id: str) -> bool:
        """Whether the run has a checkpoint to resume from."""
        with self._engine.connect() as connection:
            return not _is_pruned(connection, run_id) and self.checkpoint_file(run_id).exists()

    def is_pruned(self, run_id: str) -> bool:
        """Whether the run lost its checkpoint and pictures, for want of disk space."""
        with self._engine.connect() as connection:
            return _is_pruned(connection, run_id)

    def forget(self, run_id: str) -> None:
        """Drop a run that has ended, with its events and pictures."""
        with self._writer.begin() as connection:
            mine = _runs.c.id == run_id
            if connection.execute(_runs.delete().where(mine, _runs.c.status.in_(ENDED))).rowcount:
                for table in (_events, _pictures, _frames, _film_pictures, _changes, _summaries):
                    connection.execute(table.delete().where(table.c.run_id == run_id))

    def change(self, run_id: str, settings: Mapping[str, Any]) -> None:
        """Ask the run to continue with other settings; an event of the run says what became of that."""
        with self._announced() as connection:
            connection.execute(_changes.insert().values(run_id=run_id, settings=dict(settings)))

    # --- what a worker does -----------------------------------------------------------------------------

    def claim(self, worker: str, limit: int, run_id: str | None = None) -> Run | None:
        """Take the next run of the queue, or None.

        At most `limit` runs are running at once on the worker's machine, and an exclusive run (a benchmark)
        runs alone there; their order is that of core.runs.scheduling. run_id: the run that this worker holds
        paused; only its worker can take it, and nothing else while it holds it. Immediate runs come before
        all others, up to `limit` of them, beside what is running.
        """
        now = time.time()
        with self._writer.begin() as connection:
            machine = machine_of(worker)
            immediate = None if run_id else scheduling.next_immediate(connection, limit, machine)
            head = immediate or scheduling.next_in_queue(connection, limit, run_id, now, machine)
            return _claimed(connection, head, worker, now, immediate is not None) if head else None

    def claim_placed(self, worker: str, limit: int, run_id: str) -> Run | None:
        """Take the run for which this worker was started, on the machine that was chosen for it.

        None where it no longer waits, or the machine has no room for it by now: whoever placed it places it
        again. Its turn was looked at when it was placed.
        """
        now = time.time()
        of_it = sa.select(_runs.c.immediate).where(_runs.c.id == run_id)
        with self._writer.begin() as connection:
            immediate = bool(connection.execute(of_it).scalar())
            machine = machine_of(worker)
            if not scheduling.placed_may_start(connection, run_id, immediate, limit, machine):
                return None
            return _claimed(connection, run_id, worker, now, immediate)

    def waiting_runs(self) -> tuple[list[scheduling.OpenRun], list[str]]:
        """What placing depends on: all runs that wait or are at work, and the immediate ones that wait."""
        with self._engine.connect() as connection:
            return scheduling.open_runs(connection), scheduling.immediate_waiting(connection)

    def is_to_give_way(self, run_id: str, limit: int) -> bool:
        """Whether the run, which is at work, is to make room for one that waits."""
        return scheduling.gives_way(self._open_runs(), run_id, limit, time.time())

    def give_way(self, run_id: str, held: bool = False) -> None:
        """The run waits in the queue for its next turn: it has saved a checkpoint, or its worker holds it."""
        now = time.time()
        waits = {
            "status": QUEUED,
            "queued_at": now,
            "turn_at": now,
            "claimed_at": None,
            "worked_s": _worked(now),
        }
        waits |= {} if held else {"worker": None}
        mine = (_runs.c.id == run_id, _runs.c.status == RUNNING)
        with self._announced() as connection:
            connection.execute(_runs.update().where(*mine).values(waits))
            scheduling.take_turn(connection, run_id, now)
            asked = sa.and_(_runs.c.id == run_id, _runs.c.status == QUEUED, _runs.c.requested == "stop")
            if not held:  # else its worker ends it
                stopped = {"status": STOPPED, "ended_at": now, "message": "Stopped."}
                connection.execute(_runs.update().where(asked).values(stopped))

    def write(
        self,
        run_id: str,
        events: Iterable[tuple[int, float, Mapping[str, Any]]] = (),
        pictures: Iterable[Picture] = (),
        progress: Progress | None = None,
        frames: Sequence[Frame] = (),
        film_pictures: Iterable[Picture] = (),
    ) -> str | None:
        """Record a batch as one transaction; returns what the person requested, if anything.

        events: (sequence, seconds since 1970, record). pictures: the latest of each name. film_pictures: all
        that the film keeps, in order. A run that is no longer there is to "stop".
        """
        changes: dict[str, Any] = {"seen_at": time.time()}
        if progress is not None:
            shown = [name for name in Progress.__slots__ if name != "between"]
            changes["progress"] = {name: getattr(progress, name) for name in shown}
        rows = [
            {"run_id": run_id, "sequence": sequence, "time": at, "record": dict(record)}
            for sequence, at, record in events
        ]
        pictures, in_film = [*pictures], _history.kept(film_pictures)
        rows_of = {id(picture): _picture_row(picture) for picture in (*pictures, *in_film)}
        with self._own_writer.begin() as connection:
            if not connection.execute(_runs.update().where(_runs.c.id == run_id).values(changes)).rowcount:
                return "stop"
            if rows:  # a batch whose first try was kept without an answer replaces itself
                again = sa.and_(_events.c.run_id == run_id, _events.c.sequence >= rows[0]["sequence"])
                connection.execute(_events.delete().where(again))
                connection.execute(_events.insert(), rows)
            for picture in pictures:
                _replace_picture(connection, run_id, rows_of[id(picture)])
            _history.record(connection, run_id, [rows_of[id(picture)] for picture in in_film])
            if frames:
                _append(connection, run_id, frames)
            return connection.execute(sa.select(_runs.c.requested).where(_runs.c.id == run_id)).scalar()

    def changes_after(self, run_id: str, number: int) -> list[tuple[int, dict[str, Any]]]:
        """(number, settings) of each change asked for after that one, in order."""
        query = (
            sa.select(_changes.c.number, _changes.c.settings)
            .where(_changes.c.run_id == run_id, _changes.c.number > number)
            .order_by(_changes.c.number)
        )
        with self._engine.connect() as connection:
            return [(row.number, row.settings) for row in connection.execute(query)]

    def keep_checkpoint(
        self, run_id: str, sequence: int, change: int, state: Mapping[str, Any], gave_way: bool = False
    ) -> None:
        """Replace the run's checkpoint; sequence and change are those of the last event and change before.

        gave_way: nothing follows it before the run resumes.
        """
        from core.runs.checkpoints import write

        kept = {"sequence": sequence, "change": change, "gave_way": gave_way, "state": dict(state)}
        try:
            write(self.checkpoint_file(run_id), kept)
        except OSError as error:
            raise self._database.fault_of(error) or error from None

    def checkpoint(self, run_id: str) -> dict[str, Any] | None:
        """What keep_checkpoint() was given last, by these names; None if the run has no checkpoint.

        Raises InvalidRequest when the file is broken.
        """
        from core.runs.checkpoints import read

        return read(self.checkpoint_file(run_id)) if self.can_resume(run_id) else None

    def delete_events_after(self, run_id: str, sequence: int) -> None:
        """Drop events that a run which resumes from a checkpoint will bring again."""
        with self._own_writer.begin() as connection:
            connection.execute(
                _events.delete().where(_events.c.run_id == run_id, _events.c.sequence > sequence)
            )

    def checkpoint_file(self, run_id: str) -> Path:
        """Where the run's checkpoint is, or would be."""
        return self.checkpoints / f"{run_id}.pt"

    def describe(self, run_id: str, environment: Mapping[str, Any]) -> None:
        """Keep what the run ran on."""
        self._change(run_id, environment=dict(environment))

    def pause(self, run_id: str) -> None:
        """The worker holds the run still; it does not count as running meanwhile."""
        with self._announced() as connection:
            _change(connection, run_id, status=PAUSED, worked_s=_worked(time.time()), claimed_at=None)

    def end(self, run_id: str, status: str, message: str | None = None) -> None:
        """Close a run that has not ended yet: finished, stopped, failed or interrupted, and why."""
        with self._announced() as connection:
            _change(*(connection, run_id), status=status, message=message, ended_at=time.time(), address=None)

    def shift_claim(self, run_id: str, by_s: float) -> None:
        """The machine's clock was set by so much while the run was at work; it has still worked as long."""
        self._change(run_id, claimed_at=_runs.c.claimed_at + by_s)

    def seen(self, run_id: str) -> None:
        """A sign of life from the worker, also while one step takes long."""
        self._change(run_id, seen_at=time.time())

    def _change(self, run_id: str, **changes: Any) -> None:
        with self._own_writer.begin() as connection:
            _change(connection, run_id, **changes)


def _claimed(connection: sa.Connection, run_id: str, worker: str, now: float, immediate: bool) -> Run:
    """The run, which is this worker's from now on."""
    started = sa.func.coalesce(_runs.c.started_at, now)
    times = {"started_at": started, "seen_at": now, "claimed_at": now, "served_at": now}
    mine = _runs.update().where(_runs.c.id == run_id)
    connection.execute(mine.values(status=RUNNING, worker=worker, **times))
    if not immediate:
        scheduling.take_turn(connection, run_id, now)
    return _run(connection.execute(_runs.select().where(_runs.c.id == run_id)).mappings().one())


def _change(connection: sa.Connection, run_id: str, **changes: Any) -> None:
    """Change a run that has not ended."""
    still_open = _runs.c.status.not_in(ENDED)
    connection.execute(_runs.update().where(_runs.c.id == run_id, still_open).values(changes))


def _new_id() -> str:
    """71 random bits, as letters and digits alone: a leading "-" would be an option on a command line."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))


def _run(row: sa.RowMapping) -> Run:
    """A row of any version as a run of today."""
    columns = dict(row)
    version = columns.pop("version")
    job = upgrade_job(columns["job"], version)
    return Run(**columns | {"job": job, "config": upgrade_config(job, columns["config"], version)})


def _worked(until: Any) -> sa.ColumnElement[float]:
    """worked_s of a run that is at work until then."""
    return _runs.c.worked_s + sa.func.coalesce(until - _runs.c.claimed_at, 0.0)


def _is_pruned(connection: sa.Connection, run_id: str) -> bool:
    return connection.execute(sa.select(_runs.c.pruned_at).where(_runs.c.id == run_id)).scalar() is not None


def _append(connection: sa.Connection, run_id: str, frames: Sequence[Frame]) -> None:
    """Add frames to a film, in place of what it has from their first step on."""
    later = sa.and_(_frames.c.run_id == run_id, _frames.c.step >= frames[0].step)
    connection.execute(_frames.delete().where(later))
    rows = [
        {
            "run_id": run_id,
            "step": frame.step,
            "values": dict(frame.values),
            "weights": frame.weights.astype("<f4").tobytes(),
        }
        for frame in frames
    ]
    connection.execute(_frames.insert(), rows)


def _frame(row: sa.Row[Any]) -> Frame:
    return Frame(row.step, row.values, np.frombuffer(row.weights, "<f4"))


def _picture_row(picture: Picture) -> dict[str, Any]:
    return {
        "name": picture.name,
        "step": picture.step,
        "values": dict(picture.values),
        "arrays": _pack(picture.arrays),
    }


def _replace_picture(connection: sa.Connection, run_id: str, row: Mapping[str, Any]) -> None:
    """Keep it in place of the run's picture of its name."""
    connection.execute(_pictures.delete().where(_is_picture(run_id, row["name"])))
    connection.execute(_pictures.insert().values(run_id=run_id, **row))


def _is_picture(run_id: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(_pictures.c.run_id == run_id, _pictures.c.name == name)


def _pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **dict(arrays))  # type: ignore[arg-type]
    return buffer.getvalue()


def _unpack(blob: bytes) -> dict[str, np.ndarray]:
    def load() -> dict[str, np.ndarray]:
        with np.load(io.BytesIO(blob), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}

    return beside_threads(load)
