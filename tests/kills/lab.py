"""A server with runs, and one kill -9 after the other: of workers, of the server, of one that starts."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from core.runs.status import FINISHED, INTERRUPTED, PAUSED, QUEUED, RUNNING
from core.runs.store import Run, RunStore
from tests.browser.app import ROOT, Server, start_server
from tests.kills import activities, checks, witness
from tests.kills.activities import BENCHMARK, ENSEMBLE, EXPORT, TRAINING, UPLOAD, WORK, Work
from tests.kills.visitor import Visitor

LIMIT_S = 240.0  # only a fault takes longer, on a busy machine as well
MAX_DELAY_S = 2.5  # until something is killed, from when it is at work
MAX_DELAY_OF_EXPORT_S = 0.6
MAX_LOSS_S = 1.0
WITH_CHECKPOINT = 0.7  # of kills of a run that saves checkpoints: else it begins anew each time
SAVED_WITHIN_S = 15.0
PLACES = 2  # runs at once
START_LIMIT_S = 600.0
EXIT_S = 20.0  # for a process that has lost its parent, on a busy machine


@dataclass
class Kill:
    """One kill: of what, during what, and what was found. Times are seconds."""

    what: str
    during: str
    loss_s: dict[str, float] = field(default_factory=dict)  # by run
    known_s: float | None = None  # until the run said that it was interrupted
    resumed_s: float | None = None  # until another worker recorded the run, from the kill on
    orphans_s: float | None = None  # until no process was left over
    resumed_by_itself: int = 0
    resumed_by_hand: int = 0
    outcome: str = ""
    faults: list[str] = field(default_factory=list)


class Stuck(Exception):
    """Something that must come never came."""


class Errand(threading.Thread):
    """An upload or an export under way; outcome: what became of it."""

    def __init__(self, url: str, page: str, query: str, do: Callable[[Visitor], str]) -> None:
        super().__init__(daemon=True)
        self._open, self._do, self.outcome = (url, page, query), do, ""
        self.begun = threading.Event()
        self.fault = ""
        self.start()

    def run(self) -> None:
        """Open the page, then do it."""
        try:
            visitor = Visitor(*self._open)
            self.begun.set()
            self.outcome = self._do(visitor)
            visitor.close()
        except Exception as error:
            self.outcome = f"{type(error).__name__}: {str(error)[:120]}"
        finally:
            self.begun.set()


class Lab:
    """The server, its store, and what is at work."""

    def __init__(self, home: Path, seed: int, environment: dict[str, str]) -> None:
        self.home, self.random = home, random.Random(seed)
        self.folder = home.parent / "witness"
        self.folder.mkdir()
        path = os.pathsep.join((str(Path(__file__).parent / "startup"), str(ROOT)))
        self._environment = {
            "NABLASCOPE_MAX_RUNS": str(PLACES),
            "PYTHONPATH": path,
            witness.FOLDER: str(self.folder),
            **environment,
        }
        self.witness = witness.Witness(self.folder)
        self._tables, self._open = 0, {}  # type: int, dict[Work, str]
        self.server = self._start()
        self.store = RunStore(home / "runs.sqlite")
        self._runs: set[str] = set()
        self._kinds: dict[str, str] = {}  # which activity a run is
        self.reference = self._unharmed(WORK[TRAINING][0])
        self.exported = self._unharmed(Work("training", activities.SHORT, "x"))[0]

    def _start(self) -> Server:
        return start_server(self.home, limit_s=START_LIMIT_S, **self._environment)

    def close(self) -> Iterator[str]:
        """End all; yields faults."""
        for run in self.store.all_with_status(QUEUED, RUNNING, PAUSED):
            self.store.request(run.id, "stop")
        for run_id in self._runs:
            run = self.store.get(run_id)
            if run is None or not self._becomes(lambda run_id=run_id: self._run(run_id).ended):
                yield f"the run {run_id} never ends"
            elif (ended := self._run(run_id)).status != FINISHED and not ended.message:
                yield f"the run {run_id} is {ended.status}, without a word"
        self.server.stop()
        for process in checks.processes_of(self.folder):
            yield f"the process {process.pid} is left over"
            process.kill()
        yield from checks.of_store(self.store, self._runs)
        yield from checks.of_leftovers(self.store)
        self.store.close()

    def abandon(self) -> None:
        """End all at once, after an error of this program."""
        for process in checks.processes_of(self.folder):
            process.kill()

    # --- one kill ---------------------------------------------------------------------------------------

    def kill_workers(self, during: str) -> list[Kill]:
        """Kill the worker that does it, and those of all other runs at work, each at its own moment."""
        errand, run_id = self._begin(during)
        within_s = MAX_DELAY_OF_EXPORT_S if during == EXPORT else MAX_DELAY_S
        began, killed = time.monotonic(), []
        for moment, run in sorted((self.random.uniform(0, within_s), run) for run in self._at_work(run_id)):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            now = self.store.get(run)
            if now is None or now.status != RUNNING or not now.worker:  # it is done, or gave way
                continue
            kill = Kill("worker", self._kinds.get(run, EXPORT))
            worker, killed_at = pid_of(now), time.time()
            at = self._kill(worker or 0)
            self._measure(kill, {run: worker or 0}, at)
            killed.append((kill, run, worker or 0, at, killed_at))
        for kill, run, worker, at, killed_at in killed:
            if self._kinds.get(run):
                self._wait(lambda run=run: self._run(run).ended, f"{run} is said to have ended")
                kill.known_s = max(0.0, (self._run(run).ended_at or 0) - killed_at)
                self._check_words(kill, run)
                self._resume(kill, run, {worker}, at)
        kills = [kill for kill, *_ in killed]
        last = kills[-1] if kills else Kill("none", during, outcome="was done before")
        self._joined(last, errand)
        self._check(last, time.monotonic())
        return kills or [last]

    def kill_server(self, during: str) -> Kill:
        """Kill the server, and start it again; one in four is killed once more while it starts."""
        kill = Kill("server", during)
        errand, _ = self._begin(during)
        time.sleep(self.random.uniform(0, MAX_DELAY_S if during != EXPORT else MAX_DELAY_OF_EXPORT_S))
        at_work = {run.id: pid_of(run) for run in self.store.all_with_status(RUNNING) if run.worker}
        killed_at = self._kill(self.server.process.pid)
        self.server.process.wait()
        left = checks.processes_of(self.folder)
        if not self._becomes(lambda: not any(map(checks.is_at_work, left)), EXIT_S):
            kill.faults.append(f"left over: {[one.cmdline() for one in left if checks.is_at_work(one)]}")
        kill.orphans_s = time.monotonic() - killed_at
        kill.faults += [f"left over: {one.cmdline()}" for one in checks.processes_of(self.folder)]
        self._measure(kill, at_work, killed_at)
        self._joined(kill, errand)
        kill.faults += checks.of_store(self.store, self._open.values())
        if self.random.random() < 0.25:
            self._kill_while_it_starts()
            kill.outcome += " killed again while it started"
        started_at = time.monotonic()
        self.server = self._start()
        for run_id, worker in at_work.items():
            if self.store.get(run_id) is None:  # an export, whose zip nobody waits for
                continue
            self._wait(
                lambda run_id=run_id, worker=worker: (
                    self._run(run_id).ended or pid_of(self._run(run_id)) not in (worker, None)
                ),
                f"{run_id} is known to have lost its worker",
            )
            kill.known_s = time.monotonic() - started_at
            self._check_words(kill, run_id)
            self._resume(kill, run_id, {worker}, killed_at)
        self._check(kill, killed_at)
        return kill

    def _kill_while_it_starts(self) -> None:
        log = (self.home / "server-killed.log").open("wb")
        command = ["-m", "streamlit", "run", "dashboard/app.py", "--server.port", "0"]
        process = subprocess.Popen(
            [psutil.Process().exe(), *command],
            executable=None,
            cwd=ROOT,
            env=os.environ | self._environment | {"NABLASCOPE_HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        time.sleep(self.random.uniform(0.2, 8.0))
        self._kill(process.pid)
        process.wait()
        self._wait(lambda: not checks.processes_of(self.folder), "no process of a killed start is left")

    def _kill(self, pid: int) -> float:
        process = psutil.Process(pid)
        at = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        self._wait(lambda: not checks.is_at_work(process), "what was killed ends")
        return at

    # --- what is at work --------------------------------------------------------------------------------

    def _begin(self, during: str) -> tuple[Errand | None, str | None]:
        """Have it at work; returns what is under way for a visitor, and the run that is its work."""
        if during != BENCHMARK:
            for work in (*WORK[TRAINING][:1], *WORK[ENSEMBLE]):
                self._open_run(work)
        if during == UPLOAD:
            self._begun(WORK[TRAINING][0])
            self._tables += 1
            content = activities.table(self._tables)
            errand = Errand(
                self.server.url, "train", "model=mlp&data=own_csv", lambda page: page.upload(content)
            )
            errand.begun.wait(LIMIT_S)
            return errand, None
        if during == EXPORT:
            errand = Errand(self.server.url, "train", f"run={self.exported}", whole_zip)
            self._wait(lambda: not errand.is_alive() or self._exports(), "an export begins")
            return errand, None
        run_id = self._begun(self.random.choice(WORK[during]))
        while self._run(run_id).ended:
            run_id = self._begun(self.random.choice(WORK[during]))
        return None, run_id

    def _begun(self, work: Work) -> str:
        """A run that has recorded something, and in some of the cases saved a checkpoint."""
        run_id = self._open_run(work)
        self._wait(
            lambda: self._run(run_id).ended or self._has_recorded(run_id), f"{work.job} {run_id} begins"
        )
        if self.random.random() < WITH_CHECKPOINT:
            self._becomes(lambda: self._is_saved(run_id), SAVED_WITHIN_S)
        return run_id

    def _open_run(self, work: Work) -> str:
        run_id = self._open.get(work)
        if run_id is None or self._run(run_id).ended:
            run_id = self._open[work] = work.start(self.store)
            self._runs.add(run_id)
            self._kinds[run_id] = next(kind for kind, works in WORK.items() if work in works)
        return run_id

    def _is_saved(self, run_id: str) -> bool:
        run = self._run(run_id)
        return run.ended or not run.resumable or self.store.can_resume(run_id)

    def _exports(self) -> list[Run]:
        return [run for run in self.store.all_with_status(RUNNING) if run.job == "export"]

    def _has_recorded(self, run_id: str) -> bool:
        run = self._run(run_id)
        return run.status == RUNNING and len(self.witness.last_turn(pid_of(run) or 0, run_id)) > 1

    def _at_work(self, run_id: str | None) -> list[str]:
        """What is to lose its worker: also an export that is made; among runs those that have begun."""
        return [run.id for run in self._exports()] + [
            known for known in self._kinds if known == run_id or self._has_recorded(known)
        ]

    def _joined(self, kill: Kill, errand: Errand | None) -> None:
        if errand is None:
            return
        errand.join(LIMIT_S)
        if errand.is_alive():
            kill.faults.append(f"the {kill.during} never ended")
        kill.outcome = errand.outcome
        if "not whole" in errand.outcome:
            kill.faults.append(errand.outcome)

    def _resume(self, kill: Kill, run_id: str, workers: set[int], killed_at: float) -> None:
        """See it resume, by itself or as from its page; a run without a checkpoint ends with words."""
        run = self._run(run_id)
        if run.status == INTERRUPTED and not self._resumes_by_itself(kill, run):
            if not run.resumable or not self.store.can_resume(run_id):
                return
            self.store.resume(run_id)
            kill.resumed_by_hand += 1
        else:
            kill.resumed_by_itself += 1
        self._wait(
            lambda: self._run(run_id).ended or self.witness.first_by_another(run_id, workers, killed_at),
            f"{run.job} {run_id} resumes",
        )
        at = self.witness.first_by_another(run_id, workers, killed_at)
        if at is not None:
            kill.resumed_s = max(kill.resumed_s or 0.0, at - killed_at)

    def _resumes_by_itself(self, kill: Kill, run: Run) -> bool:
        """Whether a server that has started resumes it within a few looks."""
        return kill.what == "server" and self._becomes(lambda: not self._run(run.id).ended, 6.0)

    # --- what must hold ---------------------------------------------------------------------------------

    def _measure(self, kill: Kill, at_work: dict[str, int], killed_at: float) -> None:
        for run_id, worker in at_work.items():
            if run_id not in self._runs:
                continue
            lines = self.witness.last_turn(worker, run_id)
            frames = self.store.frame_steps(run_id)
            if len(lines) < 2:
                continue
            event = checks.last_event(self.store, run_id)
            kill.loss_s[run_id] = witness.loss_s(lines, event, frames[-1] if frames else -1, killed_at)
            if kill.loss_s[run_id] > MAX_LOSS_S:
                kill.faults.append(f"{kill.loss_s[run_id]:.2f} s of {run_id} are lost")

    def _check_words(self, kill: Kill, run_id: str) -> None:
        run = self._run(run_id)
        if run.status == INTERRUPTED and not run.message:
            kill.faults.append(f"{run_id} is interrupted without a word")
        if run.ended and run.status not in (INTERRUPTED, FINISHED):
            kill.faults.append(f"{run_id} is {run.status}: {run.message}")

    def _check(self, kill: Kill, killed_at: float) -> None:
        server = self.server.process.pid
        if not self._becomes(lambda: not checks.orphans_of(self.folder, server), EXIT_S):
            kill.faults += [f"left over: {p.cmdline()}" for p in checks.orphans_of(self.folder, server)]
        kill.orphans_s = kill.orphans_s or time.monotonic() - killed_at
        kill.faults += checks.of_store(self.store, self._open.values())
        kill.faults += checks.of_tables(self.home)
        kill.faults += [f"two workers on {run}" for run in self.witness.overlapping()]
        first, numbers = self.reference
        config = self._run(first).config
        finished = [run for run in map(self._run, self._runs - {first}) if run.status == FINISHED]
        kill.faults += [
            f"{run.id} ends with other numbers than a run that nobody killed"
            for run in finished
            if run.config == config and losses(self.store, run.id) != numbers
        ]

    def _unharmed(self, work: Work) -> tuple[str, list[Any]]:
        """A run without kills, and its numbers."""
        run_id = work.start(self.store)
        self._runs.add(run_id)
        self._wait(lambda: self._run(run_id).status == FINISHED, "a run without kills finishes")
        return run_id, losses(self.store, run_id)

    def _run(self, run_id: str) -> Run:
        run = self.store.get(run_id)
        assert run is not None, f"the run {run_id} is gone"
        return run

    def _becomes(self, condition: Callable[[], Any], limit_s: float = LIMIT_S) -> bool:
        began = time.monotonic()
        while not condition():
            waited_s = time.monotonic() - began
            if waited_s > limit_s:
                return False
            time.sleep(min(max(0.02, waited_s / 20), 0.5))  # to look costs what is waited for
        return True

    def _wait(self, condition: Callable[[], Any], what: str) -> None:
        if not self._becomes(condition):
            raise Stuck(f"It never came that {what}.")


def pid_of(run: Run) -> int | None:
    """The process of its worker."""
    return int(run.worker.split("/")[-2]) if run.worker else None


def losses(store: RunStore, run_id: str) -> list[tuple[int, float]]:
    """The loss of each epoch."""
    records = [record for _, record in store.events_after(run_id)]
    return [(one["epoch"], one["test_loss"]) for one in records if one["event"] == "epoch_completed"]


def whole_zip(page: Visitor) -> str:
    """Take the zip, and look at each file in it."""
    with zipfile.ZipFile(io.BytesIO(page.export())) as archive:
        broken = archive.testzip()
    return "zip not whole" if broken else "zip whole"
