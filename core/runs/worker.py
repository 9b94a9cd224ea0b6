"""A worker process: it waits for a run, does it, records it, and waits again.

    python -m core.runs.worker STORE LIMIT

Its standard input is a pipe that its runner holds: a byte wakes it, the end of the pipe (the runner closed
it, or died in any way) ends it. While no run waits for it, it imports PyTorch and what else runs need, so
that a click is answered at once. A worker whose run opened an accelerator ends after it, since the context
and the memory that PyTorch keeps there would stay taken, and so does one that a run has left with much
memory; its runner starts a fresh one.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psutil

from core.clock import ClockWatch
from core.device_order import number_by_bus
from core.devices import usable_cores
from core.errors import InvalidRequest, StoreUnavailable
from core.events import Checkpoint, CheckpointRequested, Progress, StopRequested
from core.garbage import without_collection
from core.jobs import JOBS
from core.logs import Repeated, write_as_json
from core.operator_settings import operator_settings
from core.runs.databases import postgresql
from core.runs.faults.patience import until_done
from core.runs.faults.store_faults import GONE, unavailable
from core.runs.identity import worker_identity
from core.runs.operating import SERVER_ENDED, reason_of
from core.runs.recorder import Recorder
from core.runs.status import FAILED, FINISHED, INTERRUPTED, LIMITED, QUEUED, STOPPED
from core.runs.store import LIMIT, Run, RunStore
from core.sharing import sharing
from core.torch_devices import accelerator_opened

_log = logging.getLogger(__name__)
_failures = Repeated(_log)
Found = TypeVar("Found")
BUSY_S = 1.0  # a worker tries again by itself, and its run continues between two tries
HEARTBEAT_S = 1.0
ASK_EVERY_S = 0.3  # whether a run is to give way
_OF_A_START = ("TrainingStarted", "TrainingResumed")
MUCH_BYTES = 2**30  # of memory left by a run: its worker makes room for a fresh one
BEHIND_PAGES = 10  # on a shared server, where a page is for many and takes milliseconds; a run gets the rest
SIGNAL_GRACE_S = 10.0  # in which a server that was ended as well closes its pipe, on a busy machine too
PAUSE_LIMIT_S = 30 * 60  # a paused run keeps a process and its memory


class Worker:
    """Does one run at a time out of the store, for as long as its runner holds its pipe."""

    def __init__(self, open_store: Callable[[], RunStore], limit: int) -> None:
        self._open_store, self._limit = open_store, limit
        self.name = worker_identity(os.getpid())
        self._woken, self._done = threading.Event(), threading.Event()
        self._run: Run | None = None
        self._clock, self._clock_was_set_by, self._clock_lock = ClockWatch(), 0.0, threading.Lock()

    def work(self) -> None:
        """Claim runs and do them, until the pipe is closed or a run has opened an accelerator."""
        self._pipe = take_stdin()
        _outlive_signals_to_all()
        threading.Thread(target=self._watch_parent, daemon=True).start()
        self._store = self._patiently(self._open_store)
        threading.Thread(target=self._send_heartbeats, daemon=True).start()
        warm = False
        while True:
            self._run = self._patiently(lambda: self._store.claim(self.name, self._limit))
            self._clock.jump()  # what was before does not concern this run
            if self._run:
                _or_log(import_torch)
                self._do(self._run)
                self._run = None
                end_if_spent()
            elif not warm:
                warm, new = True, _or_log(import_frameworks)
                if new:
                    threading.Thread(target=compile_ahead, args=(new,), daemon=True).start()
            else:
                self._woken.wait(1.0)
                self._woken.clear()

    def do_placed(self, run_id: str) -> Iterator[Run]:
        """Do this one run, for which the worker was started on a node of a cluster.

        Yields it once it is this worker's, and nothing where it no longer waits or has no room here.
        """
        self._store = self._patiently(self._open_store)
        try:
            self._run = self._patiently(lambda: self._store.claim_placed(self.name, self._limit, run_id))
            self._clock.jump()
            if self._run is None:
                return
            threading.Thread(target=self._send_heartbeats, daemon=True).start()
            yield self._run
            self._do(self._run)
        finally:
            self._run = None
            self._done.set()
            self._store.close()

    def _patiently(self, call: Callable[[], Found]) -> Found:
        """What the store answers, however long it takes to: it may be locked, full or away for a while."""
        return until_done(call, _failures, "The worker waits for the run store.")

    def _do(self, run: Run) -> None:
        recorder = Recorder(self._store, run.id)
        try:
            recorder, events, resumes_quietly = self._patiently(lambda: self._begin(run))
            status, message = self._follow(run, recorder, events, resumes_quietly)
            recorder.finish()
            self._patiently(lambda: self._correct_times(run))
            if status == QUEUED:
                self._patiently(lambda: self._store.give_way(run.id))
            else:
                self._end(run, status, message)
        except InvalidRequest as refused:
            recorder.finish()
            self._end(run, FAILED, str(refused))
        except (
            KeyboardInterrupt,
            SystemExit,
        ):  # so a node ends what it does when its cluster's driver is gone
            now = self._patiently(lambda: self._store.get(run.id))
            self._end(run, INTERRUPTED, reason_of(now.status if now else run.status, SERVER_ENDED))
            raise
        except BaseException as error:
            # What is left in memory after an unforeseen error (a broken CUDA context, say) cannot be trusted
            # with the next run: record it and let the runner start a fresh worker.
            _log.exception("A run failed with what nobody foresaw.")
            recorder.finish()
            self._end(run, FAILED, in_words(error))
            os._exit(1)

    def _end(self, run: Run, status: str, message: str | None) -> None:
        self._patiently(lambda: self._store.end(run.id, status, message))

    def _correct_times(self, run: Run) -> None:
        """Where the machine's clock was set since the last look, the run has still worked as long."""
        with self._clock_lock:
            self._clock_was_set_by += self._clock.jump()
            if self._clock_was_set_by:
                self._store.shift_claim(run.id, self._clock_was_set_by)
                self._clock_was_set_by = 0.0

    def _begin(self, run: Run) -> tuple[Recorder, Iterator[Any], bool]:
        """Start the run, or resume from its own checkpoint, or from what it branches from: another run's
        checkpoint, or a frame of another run's film.

        The last value says whether it had only given way to others, so that it does not start once more.
        """
        job, branch, film = JOBS[run.job], run.config.get("resume_from"), run.config.get("start_from")
        own = self._store.checkpoint(run.id) if job.resume else None
        if job.resume and own:
            self._store.delete_events_after(run.id, own["sequence"])
            # Its config is the run's, with what the person has changed since.
            events = job.resume(own["state"]["config"], own["state"])
            recorder = Recorder(self._store, run.id, own["sequence"], own["change"])
            return recorder, events, own.get("gave_way", False)
        self._store.delete_events_after(run.id, 0)
        if job.resume and branch:
            other = self._store.checkpoint(branch)
            if other is None and self._store.is_pruned(branch):
                raise InvalidRequest(f"The checkpoint of the run {branch!r} was pruned.")
            if other is None:
                raise InvalidRequest(f"The run {branch!r} has no checkpoint to resume from.")
            return Recorder(self._store, run.id), job.resume(run.config, other["state"]), False
        if job.branch and film:
            from core.runs.branching import start_weights

            weights = start_weights(self._store, film, run.config.get("start_step"))
            return Recorder(self._store, run.id), job.branch(run.config, weights), False
        return Recorder(self._store, run.id), job.start(run.config), False

    def _follow(
        self, run: Run, recorder: Recorder, events: Iterator[Any], resumes_quietly: bool
    ) -> tuple[str, str | None]:
        """Record the job's events until it ends, is stopped, or is to wait for its next turn."""
        self._patiently(lambda: self._store.describe(run.id, environment()))
        turn_is_over = self._turn_of(run)
        for event in _steered(events, recorder, turn_is_over if run.resumable else _never):
            if resumes_quietly and type(event).__name__ in _OF_A_START:
                continue
            requested = recorder.add(event)
            if requested == "pause":
                recorder.finish()
                self._patiently(lambda: self._correct_times(run))
                self._patiently(lambda: self._store.pause(run.id))
                requested = self._until_claimed(run)
            elif requested is None and _may_be_held(run, event) and turn_is_over():
                recorder.finish()
                self._patiently(lambda: self._correct_times(run))
                self._patiently(lambda: self._store.give_way(run.id, held=True))
                requested = self._until_claimed(run)
            if requested in ("stop", LIMIT):
                recorder.finish()
                for last in _last_events(run, events):
                    recorder.add(last)
                return (STOPPED, "Stopped.") if requested == "stop" else (LIMITED, self._message_of(run))
            if requested == "idle":
                return STOPPED, f"Stopped after {PAUSE_LIMIT_S // 60} minutes of pause."
            if recorder.gives_way and isinstance(event, Checkpoint):
                return QUEUED, None
        return FINISHED, None

    def _message_of(self, run: Run) -> str | None:
        now = self._patiently(lambda: self._store.get(run.id))
        return now.message if now else None

    def _turn_of(self, run: Run) -> Callable[[], bool]:
        """Says whether the run's turn is over; it asks the store now and then."""
        asked_at = time.monotonic()

        def is_over() -> bool:
            nonlocal asked_at
            now = time.monotonic()
            if now - asked_at < ASK_EVERY_S:
                return False
            asked_at = now
            try:
                return self._store.is_to_give_way(run.id, self._limit)
            except StoreUnavailable:
                return False

        return is_over

    def _until_claimed(self, run: Run) -> str:
        """Keep the run still until it has its turn, once it is resumed where it is paused, or is to stop."""
        held_since = time.monotonic()
        while True:
            self._woken.wait(0.2)
            self._woken.clear()
            now = self._patiently(lambda: self._store.get(run.id))
            assert now is not None
            if now.requested == "stop":
                return "stop"
            if now.status == QUEUED and self._patiently(
                lambda: self._store.claim(self.name, self._limit, run.id)
            ):
                return "resume"
            if now.status != QUEUED and time.monotonic() - held_since > PAUSE_LIMIT_S:
                return "idle"

    def _watch_parent(self) -> None:
        while os.read(self._pipe, 4096):
            self._woken.set()
        try:
            if self._run and (now := self._store.get(self._run.id)):
                self._store.end(now.id, INTERRUPTED, reason_of(now.status, SERVER_ENDED))
        except StoreUnavailable as error:  # the next server sees that its worker is gone
            _log.warning("The end of the server could not be noted with its run: %s", error)
        finally:
            os._exit(0)

    def _send_heartbeats(self) -> None:
        while not self._done.wait(HEARTBEAT_S):
            run = self._run
            if run:
                try:
                    self._correct_times(run)
                    self._store.seen(run.id)
                except StoreUnavailable:  # what the run records fails as well, and says so
                    continue


def store_of(place: str) -> RunStore:
    """The runner's store; where its file is gone, none is made in its place."""
    if not postgresql.is_place(place) and not Path(place).exists():
        raise unavailable(GONE, Path(place), "")
    return RunStore(place, BUSY_S)


def _may_be_held(run: Run, event: Any) -> bool:
    """Whether a run without checkpoints may wait here for its next turn."""
    if not run.holdable:
        return False
    return not run.exclusive or (isinstance(event, Progress) and event.between)


def _never() -> bool:
    return False


def end_if_spent() -> None:
    """End this process where it keeps an accelerator, or much memory, from the next run."""
    if accelerator_opened() or _holds_much():
        os._exit(0)  # at once: taking down a broken card's driver may never end


def _holds_much() -> bool:
    """Whether it would weigh on the next run, whose memory may be limited, what the last one has left."""
    return psutil.Process().memory_info().rss > MUCH_BYTES


def _outlive_signals_to_all() -> None:
    """Where a service manager ends all of a server's processes at once, the end of the pipe ends this one.

    The run is then known to be interrupted by the server's end, and resumes when that starts again. A signal
    to this process alone ends it a moment later.
    """

    def arrived(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # the next one is heeded at once
        threading.Timer(SIGNAL_GRACE_S, os.kill, (os.getpid(), number)).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, arrived)


def take_stdin() -> int:
    """The runner's pipe under another number; standard input itself is then empty.

    Windows lets nobody else ask about a pipe while a thread waits to read from it, and libraries look at
    standard input while they load: NumPy would hang (https://github.com/numpy/numpy/issues/24290). Nor can
    a program that a job starts eat what is meant for the worker.
    """
    standard = sys.stdin.fileno()
    pipe, nothing = os.dup(standard), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, standard)
    os.close(nothing)
    return pipe


def _last_events(run: Run, events: Iterator[Any]) -> Iterator[Any]:
    """What a job still gives when it is stopped; only trainings do so far."""
    if run.job != "training" or not isinstance(events, Generator):
        return
    try:
        yield events.throw(StopRequested())
    except (StopIteration, StopRequested):
        return
    yield from events


def _steered(events: Iterator[Any], recorder: Recorder, turn_is_over: Callable[[], bool]) -> Iterator[Any]:
    """The job's events; each change of settings that the person asks for is sent into it.

    When its turn is over it is asked for a checkpoint, once.
    """
    event = next(events, None)
    while event is not None:
        yield event
        sent: Any = recorder.changes()
        if not sent and not recorder.gives_way and turn_is_over():
            recorder.gives_way, sent = True, CheckpointRequested()
        try:
            event = events.send(sent) if sent and isinstance(events, Generator) else next(events)
        except StopIteration:
            return


@cache
def import_torch() -> None:
    """What nearly every run needs."""
    with without_collection():
        import torch

        import core.training.loop  # noqa: F401

        torch.set_num_threads(min(torch.get_num_threads(), usable_cores()))  # torch sees no container's quota


def import_frameworks() -> list[str]:
    """Pay for the slow imports, and for the first backward pass, before anybody waits for them.

    Returns the kinds of training steps that this machine has yet to compile: compile_ahead() does.
    """
    import_torch()
    with without_collection():
        import torch

        import core.timing.sweeps.sweep  # noqa: F401
        from core.training.compiled import ahead
        from core.training.compiled.learner import compiler_missing

        torch.ones(2, requires_grad=True).sum().backward()
        new = ahead.not_compiled()
        for kind in ahead.KINDS:
            if kind not in new:
                compiler_missing(kind)  # loads its steps
        environment()
    return new


def _or_log(load: Callable[[], Found]) -> Found | None:
    """What it gives; of a broken installation None: the run fails in words, where a person sees it."""
    try:
        return load()
    except Exception:
        _log.exception("PyTorch could not be loaded.")
        return None


def compile_ahead(kinds: Iterable[str]) -> None:
    """Compile training steps that are new to this machine; a run that needs them waits, and says so."""
    from core.training.compiled.learner import compiler_missing

    for kind in kinds:
        compiler_missing(kind)


_environment: dict[str, object] = {}


def environment() -> dict[str, object]:
    """What this worker runs on; read once, since it does not change while the process lives."""
    if not _environment:
        from core.devices import environment as read_environment

        _environment.update(read_environment())
    return _environment


def in_words(error: BaseException) -> str:
    """One sentence for the person who started the run."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "The device ran out of memory. Choose a smaller batch, network or size."
    detail = str(error).strip().splitlines()
    return f"The run failed: {type(error).__name__}{': ' + detail[0] if detail else ''}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m core.runs.worker", description=__doc__.split("\n")[0])
    parser.add_argument("store", help="the run store's file, or its database")
    parser.add_argument("limit", type=int, help="how many runs may be running at once, over all workers")
    arguments = parser.parse_args()
    number_by_bus()
    if operator_settings().log_format == "json":
        write_as_json()
    if sharing().shared and hasattr(os, "nice"):
        os.nice(BEHIND_PAGES)
    Worker(lambda: store_of(arguments.store), arguments.limit).work()
