"""The local runner: keeps warm worker processes on this machine and supervises their runs."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from core.clock import ClockWatch
from core.devices import usable_cores
from core.errors import InvalidRequest, StoreUnavailable
from core.jobs import JOBS
from core.logs import Repeated
from core.operator_settings import operator_settings
from core.runs.identity import is_alive, machine_of, this_machine, worker_identity
from core.runs.operating import SERVER_ENDED, WORKER_LOST, left_by_a_restart, reason_of
from core.runs.quota import NO_QUOTA, NOBODY, Owner, Quota
from core.runs.retention import default_keep_bytes, default_max_age_s, footprint_bytes, keep_within
from core.runs.runners.cluster_report import Report
from core.runs.runners.limits import LIMIT_GRACE_S, NO_LIMITS, AboveLimit, Limits, Usage, ended_by
from core.runs.runners.usage import UsageMeter
from core.runs.scheduling import SHORT_S
from core.runs.status import INTERRUPTED, LIMITED, PAUSED, QUEUED, RUNNING, STOPPED
from core.runs.store import LIMIT, Run, RunStore

_failures = Repeated(logging.getLogger(__name__))

POLL_EVERY_S = 0.2
PRUNE_EVERY_S = 60.0  # and when a run was submitted or has ended
PRUNE_PAUSE_S = 2.0
RESTART_AFTER_S = 1.0  # a worker that cannot even start must not be started in a tight loop
FAULT_KNOWN_S = 1.0  # for so long one look at the store serves everybody who asks
STOP_GRACE_S = 0.6  # a worker polls every 0.25 s; one that does not is killed, so a stop takes at most 1 s
CLOSE_GRACE_S = 2.0  # of all workers together, to write that their runs are interrupted
IMMEDIATE_S = 1.5  # within it an immediate run is usually done, and its worker as good as free
GONE_S = 600.0  # a run that waits, and that no page has shown for so long, leaves the queue
STORE_WATCHED_S = 10.0
LOST_AFTER_S = 30.0  # without a heartbeat from a worker on another host


def default_limit() -> int:
    """How many runs may run at once: what the operator has set, or half of the usable cores, at most 8."""
    return operator_settings().max_runs or max(1, min(8, usable_cores() // 2))


class LocalRunner:
    """Starts runs in worker processes and keeps the store true when a worker dies.

    One idle worker stays warm while there is room for a run, so that the next click is answered at once; a
    run on an accelerator, which ends its worker, leaves room for it. close() ends all workers; they also end
    by themselves when this process does.
    """

    close_grace_s = CLOSE_GRACE_S

    def __init__(
        self,
        place: Path | str,
        limit: int | None = None,
        keep_bytes: int | None = None,
        quota: Quota = NO_QUOTA,
        limits: Limits = NO_LIMITS,
    ) -> None:
        self.store = RunStore(place)
        self.quota, self.limits = quota, limits
        self._meter = UsageMeter(self.store)
        self.limit = limit or default_limit()
        self.keep_bytes = keep_bytes or default_keep_bytes()
        self.max_age_s = default_max_age_s()
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        # What is measured here is in seconds of the steady clock, which nobody can set.
        self._stops: dict[str, float] = {}  # when a stop was asked for, known even while the file is locked
        self._stored_stops: dict[str, float] = {}  # since when the store has it
        self._seen: dict[str, tuple[float | None, float]] = {}  # last heartbeat, and since when it is that
        self._waiting: dict[tuple[str, float], float] = {}  # since when runs wait
        self._fault: tuple[float, StoreUnavailable | None] = (-FAULT_KNOWN_S, None)
        self._looking = threading.Lock()
        self._clock = ClockWatch()
        self._started_at = -RESTART_AFTER_S
        self._watched: dict[str, float] = {}  # when pages have shown runs, since that was stored last
        self._watched_stored_at = self._began_at = time.monotonic()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._open: set[str] = set()
        self._changed = threading.Event()
        try:
            self._supervise()
        except StoreUnavailable:
            self.store.close()
            raise
        self._end_listening = self.store.listen(self._wake_workers)
        self._thread = threading.Thread(target=self._watch, daemon=True, name="runner")
        self._pruning = threading.Thread(target=self._prune_old_runs, daemon=True, name="storage")
        self._thread.start()
        self._pruning.start()

    def submit(self, job: str, config: Mapping[str, Any], owner: Owner = NOBODY) -> str:
        """Queue a run; returns its id. A warm worker takes it at once if there is room.

        Raises QuotaReached where the owner has as many open runs as one may have, AboveLimit where it is
        expected to take more than a run may.
        """
        kind = JOBS[job]
        self.limits.check(job, config)
        run_id = self.store.create(
            job,
            config,
            exclusive=kind.exclusive,
            immediate=kind.immediate,
            expected_short=not kind.exclusive and kind.expected_s(config) <= SHORT_S,
            resumable=kind.resume is not None,
            holdable=kind.holdable,
            owner=owner,
            quota=self.quota,
        )
        self._wake_workers()
        self._changed.set()
        return run_id

    def request(self, run_id: str, requested: str) -> None:
        """Ask for "pause", "resume" or "stop" of a run.

        A worker that froze in the middle of writing keeps the file locked; a stop then takes until it is
        killed. Where another program does, a stop is handed on when the store is free; anything else raises
        StoreUnavailable.
        """
        if requested == "stop":
            self._stops[run_id] = time.monotonic()
        try:
            self.store.request(run_id, requested)
        except StoreUnavailable:
            if requested != "stop":
                raise
        self._wake_workers()

    def resume(self, run_id: str, owner: Owner = NOBODY) -> None:
        """Queue a run again that ended early; it resumes from its last checkpoint.

        Raises QuotaReached where who asks has as many open runs as one may have, AboveLimit where it has had
        all that a run may take.
        """
        self._stops.pop(run_id, None)
        self._check_is_below_limits(run_id)
        self.store.resume(run_id, owner, self.quota)
        self._wake_workers()

    def _check_is_below_limits(self, run_id: str) -> None:
        run = self.store.get(run_id) if self.limits else None
        if run is None:
            return
        used = Usage(seconds=run.worked(time.time()), disk_bytes=footprint_bytes(self.store, run_id))
        if reached := self.limits.reached(used):
            raise AboveLimit(
                f"This run has had the {reached} that this server allows for a run; start a new one from its "
                "end instead."
            )

    def watched(self, run_id: str) -> None:
        """A page shows this run now."""
        self._watched[run_id] = time.time()

    def resume_what_a_restart_left(self) -> list[str]:
        """Queue again what the end of a server interrupted and what has a checkpoint; returns the runs."""
        resumed = []
        for run_id in left_by_a_restart(self.store):
            with contextlib.suppress(InvalidRequest):  # pruned meanwhile, or more than its owner may have
                self.resume(run_id)
                resumed.append(run_id)
        return resumed

    def living_workers(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in [*self._workers.values()] if worker.poll() is None]

    def max_concurrent_runs(self) -> int:
        """How many runs may run at once."""
        return self.limit

    def unready_reason(self) -> str | None:
        """Why no run can be started now, in words; None where one can."""
        return None if self.living_workers() else "no worker lives"

    def cluster(self) -> Report | None:
        """The nodes that do the runs; None where this machine does them."""
        return None

    def longest_wait_s(self) -> float:
        """How long the run has waited that waits longest; 0 where none does."""
        return time.monotonic() - min(self._waiting.values(), default=time.monotonic())

    def fault(self) -> StoreUnavailable | None:
        """Why nothing could be kept now, or a moment ago; None where it could."""
        looked_at, found = self._fault
        if time.monotonic() - looked_at < FAULT_KNOWN_S or not self._looking.acquire(blocking=False):
            return found  # also while somebody else looks
        try:
            self.store.check()
            found = None
        except StoreUnavailable as error:
            found = error
        finally:
            self._fault = (time.monotonic(), found)
            self._looking.release()
        return found

    def close(self) -> None:
        """End all workers; runs in progress are marked as interrupted."""
        self._closing.set()
        self._changed.set()
        self._end_listening()
        self._thread.join()
        self._pruning.join()
        with self._lock:
            for worker in self._workers.values():
                _release(worker)
            deadline = time.monotonic() + self.close_grace_s
            for worker in self._workers.values():
                try:
                    worker.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    worker.kill()
                    worker.wait()
            self._reap_dead_workers()
        self.store.close()

    def _watch(self) -> None:
        while not self._closing.wait(POLL_EVERY_S):
            what = "The runner cannot supervise its runs."
            try:
                self._supervise()
                _failures.worked(what)
            except Exception as error:  # a full disk, a locked file: say it, and try again at the next poll
                self._seen.clear()  # a worker that the store keeps from sending heartbeats is not lost
                _failures.failed(what, error)

    def _prune_old_runs(self) -> None:
        """Prune old runs when something has changed; apart from the watch, which must never wait."""
        while True:
            self._changed.clear()
            if self._closing.is_set():
                return
            what = "The runner cannot prune old runs."
            try:
                for _ in keep_within(self.store, self.keep_bytes, self.max_age_s):
                    if self._closing.is_set():
                        return
                _failures.worked(what)
            except Exception as error:  # as above: the next pass continues from what it finds
                _failures.failed(what, error)
            self._closing.wait(PRUNE_PAUSE_S)
            self._changed.wait(PRUNE_EVERY_S)

    def _supervise(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._reap_dead_workers()
            open_runs = self.store.all_with_status(QUEUED, RUNNING, PAUSED)
            held = [run for run in open_runs if run.worker]
            self._note_times(open_runs, now)
            self._keep_one_ready(open_runs, now)  # first, since it needs no writing
            self._fail_orphaned(held, now)
            self._end_stopped(open_runs, now)
            self._enforce_limits(held, time.time())
            before, self._open = self._open, {run.id for run in open_runs}
        self._drop_abandoned(now)
        if before - self._open:
            self._changed.set()
        if any(run.immediate and run.status == QUEUED for run in open_runs):
            self._wake_workers()

    def _note_times(self, open_runs: list[Run], now: float) -> None:
        """Since when each run waits; what the clock of dates says counts once, when a run is first seen."""
        date = time.time()
        self._waiting = {
            key: self._waiting.get(key, now - max(0.0, date - run.queued_at))
            for run in open_runs
            if run.status == QUEUED and (key := (run.id, run.queued_at))
        }
        before, self._seen = self._seen, {}
        for run in open_runs:
            known = before.get(run.id)
            self._seen[run.id] = known if known and known[0] == run.seen_at else (run.seen_at, now)
        if jump_s := self._clock.jump():
            self._began_at = now  # what pages have shown, and when, was counted by the old clock
            if jump_s < 0:
                self.store.forget_future(date)

    def _reap_dead_workers(self) -> None:
        dead = {name: worker for name, worker in self._workers.items() if worker.poll() is not None}
        for name, worker in dead.items():
            for run in self.store.all_with_status(QUEUED, RUNNING, PAUSED):
                if run.worker == name:
                    of_server = reason_of(run.status, SERVER_ENDED) if self._closing.is_set() else None
                    self.store.end(run.id, INTERRUPTED, of_server or _exit_reason(worker.returncode))
            _release(self._workers.pop(name))  # last: where the store could not take it, the next poll does

    def _fail_orphaned(self, held: list[Run], now: float) -> None:
        """Runs whose worker is gone: an earlier server's, or one on another host that fell silent."""
        for run in held:
            if run.worker in self._workers or run.worker is None:
                continue
            alive = is_alive(run.worker)
            silent_s = now - self._seen[run.id][1]
            if alive is False or (alive is None and silent_s > LOST_AFTER_S):
                self.store.end(run.id, INTERRUPTED, reason_of(run.status, WORKER_LOST))

    def _end_stopped(self, open_runs: list[Run], now: float) -> None:
        """Kill workers that do not answer a stop, and hand on a stop that the store could not take."""
        for run_id in set(self._stops) - {run.id for run in open_runs}:
            self._stops.pop(run_id, None)
        self._stored_stops = {
            run.id: self._stored_stops.get(run.id, now) for run in open_runs if run.requested == "stop"
        }
        for run in open_runs:
            worker = self._workers.get(run.worker or "")
            asked_s, stored_s = (now - at.get(run.id, now) for at in (self._stops, self._stored_stops))
            frozen = worker and asked_s > STOP_GRACE_S and _is_frozen(worker.pid)
            if worker and (frozen or stored_s > STOP_GRACE_S):
                _kill(worker)
                self.store.end(run.id, STOPPED, "Stopped in the middle of a step.")
            elif asked_s > STOP_GRACE_S and run.requested != "stop":
                self.store.request(run.id, "stop")  # its worker does not know, and may hold what it recorded

    def _enforce_limits(self, held: list[Run], now: float) -> None:
        """End the runs that have taken all that a run may: with their last moment, where memory has time."""
        if not self.limits:
            return
        at_work = [run for run in held if run.status == RUNNING and run.worker in self._workers]
        self._meter.forget_all_but({run.id for run in at_work})
        for run in at_work:
            worker = self._workers[run.worker or ""]
            if run.requested == LIMIT:
                if now - (run.requested_at or now) > LIMIT_GRACE_S:
                    _kill(worker)
                    self.store.end(run.id, LIMITED, run.message)
            elif reached := self._meter.reached(run, worker.pid, self.limits, now):
                reason = ended_by(reached, run.progress)
                if reached.endswith("memory"):  # there may soon be none left for anybody
                    _kill(worker)
                    self.store.end(run.id, LIMITED, reason)
                else:
                    self.store.request_end(run.id, reason)

    def _drop_abandoned(self, now: float) -> None:
        """Where runs are limited, those that nobody waits for any more leave the queue."""
        if now - self._watched_stored_at < STORE_WATCHED_S:
            return
        watched, self._watched, self._watched_stored_at = self._watched, {}, now
        what = "It cannot be kept which runs pages show."
        try:
            self.store.keep_watched(watched)
            _failures.worked(what)
        except StoreUnavailable as error:  # apart, since all else may work
            self._watched = watched | self._watched
            _failures.failed(what, error)
            return
        # After a restart the pages have to come back first.
        if self.quota.of_owner is not None and now - self._began_at > GONE_S:
            since = time.time() - GONE_S
            self.store.drop_unwatched(since, f"no page has shown it for {GONE_S / 60:.0f} minutes")

    def _keep_one_ready(self, open_runs: list[Run], now: float) -> None:
        busy = {run.worker for run in open_runs if not _is_nearly_done(run, time.time())}
        idle = [name for name in self._workers if name not in busy]
        here = [run for run in open_runs if machine_of(run.worker) == this_machine()]
        running = sum(
            run.status == RUNNING and not run.immediate and not _ends_its_worker(run) for run in here
        )
        asked = any(run.immediate and run.status == QUEUED for run in open_runs)
        full = running >= self.limit and not asked
        too_soon = now - self._started_at < RESTART_AFTER_S
        if not (idle or full or too_soon or self._closing.is_set()):
            worker = self._start_worker()
            self._workers[worker_identity(worker.pid)] = worker
            self._started_at = now

    def _start_worker(self) -> subprocess.Popen[bytes]:
        python, environment = interpreter()
        command = [python, "-m", "core.runs.worker", self.store.place, str(self.limit)]
        # A session (on Windows a process group) of its own: Ctrl-C in the terminal reaches the server alone,
        # which then ends its workers.
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def _wake_workers(self) -> None:
        for worker in [*self._workers.values()]:  # without the lock, which is held while the store is slow
            with contextlib.suppress(OSError, ValueError):  # it has just died; the next poll reaps it
                assert worker.stdin is not None
                os.write(worker.stdin.fileno(), b"\n")


def interpreter() -> tuple[str, dict[str, str] | None]:
    """The program that is Python itself, and the environment that it needs (None for this one).

    On Windows the python.exe of a virtual environment is a launcher: the worker would be a child of the
    process that the runner knows, under another id. The variable is the one by which the launcher says where
    it lies (multiprocessing does the same).
    """
    base = getattr(sys, "_base_executable", sys.executable)
    if sys.platform != "win32" or base == sys.executable:
        return sys.executable, None
    return base, {**os.environ, "__PYVENV_LAUNCHER__": sys.executable}


def _is_frozen(pid: int) -> bool:
    """Whether a worker stands still, as one does that was stopped in the middle of writing."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:  # it has just ended
        return False


def _is_nearly_done(run: Run, now: float) -> bool:
    return run.immediate and now - (run.started_at or now) < IMMEDIATE_S


def _ends_its_worker(run: Run) -> bool:
    """Whether it opens an accelerator; a benchmark's successor must not get warm while it measures."""
    config = run.config.get("training", run.config)
    devices = {config.get("device", "cpu"), *config.get("devices", ())}
    return not run.exclusive and devices != {"cpu"}


def _kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def _release(worker: subprocess.Popen[bytes]) -> None:
    assert worker.stdin is not None
    with contextlib.suppress(OSError):
        worker.stdin.close()


def _exit_reason(code: int) -> str:
    if code >= 2**31:  # Windows' number of what went wrong, such as 0xC0000005 for memory that is not ours
        return f"The worker ended unexpectedly (0x{code:08X})."
    if code >= 0 or -code not in {number.value for number in signal.Signals}:
        return "The worker ended unexpectedly."
    name = signal.Signals(-code).name
    hint = " The system may have run out of memory." if name == "SIGKILL" else ""
    return f"The worker was killed ({name}).{hint}"
