"""What runs on the nodes of a cluster: a look at whether a node can do runs, and one run, as a task each.

All that a node needs to know is in the task's argument, an object; no text of a person is part of a command.
What PyTorch or the store need is imported inside, so that a node without it can say what it lacks.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InvalidRequest, StoreUnavailable
from core.operator_settings import PREFIX, operator_settings, variable

if TYPE_CHECKING:
    from core.runs.store import Run, RunStore

# What a run's numbers depend on: a node has to have the server's version. Of the others, some version.
SAME_VERSION = ("torch", "numpy", "numba")
NEEDED = ("SQLAlchemy", "platformdirs", "psutil", "sympy", "networkx", "scikit-learn", "scipy", "pandas")
PASSWORDS = ("PGPASSWORD", "PGPASSFILE")  # of the database, where they are not in its address
HOME = variable("home")
LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Server:
    """What a node needs to know of the server whose runs it does.

    place: of the runs' database. settings: the operator's, which may hold a password. marker: a file that the
    server has written into the folder of its files. versions: of SAME_VERSION.
    """

    machine: str
    place: str
    settings: Mapping[str, str] = field(repr=False)
    marker: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Order:
    """One run to do. limit: of the machine; threads: the run's part of the node's processors."""

    server: Server
    run_id: str
    limit: int
    threads: int


@dataclass(frozen=True)
class Looked:
    """A node can do runs. machine: as workers there name it."""

    machine: str


@dataclass(frozen=True)
class Claimed:
    """The run is this worker's from now on."""

    worker: str


def server_here(place: str, marker: Path, environment: Mapping[str, str] = os.environ) -> Server:
    """This process's server, as nodes are to know it."""
    from core.runs.identity import this_machine

    sent = {key: text for key, text in environment.items() if key.startswith(PREFIX) or key in PASSWORDS}
    versions = {name: metadata.version(name) for name in SAME_VERSION}
    return Server(this_machine(), place, sent, str(marker), versions)


# --- what a node does -----------------------------------------------------------------------------------


def look(server: Server) -> Iterator[Looked]:
    """Looked; raises InvalidRequest, in words, where the node cannot do this server's runs."""
    _check_packages(server.versions)
    from core.runs.databases.postgresql import is_place
    from core.runs.identity import this_machine
    from core.runs.worker import store_of

    machine = this_machine()
    if not is_place(server.place) and machine != server.machine:
        raise InvalidRequest(
            "the runs are in a file of SQLite on the server's machine, which other machines cannot share; "
            f"{variable('database_url')} and {variable('files')} let them (docs/postgresql.md)"
        )
    _take_settings(server, machine)
    if not Path(server.marker).is_file():
        raise InvalidRequest(
            f"the folder {str(Path(server.marker).parent)!r} of checkpoints is not the server's there; "
            f"{variable('files')} has to name a folder that all nodes share"
        )
    store = store_of(server.place)
    try:
        store.check()
    finally:
        store.close()
    yield Looked(machine)


def warm_up(server: Server) -> Iterator[None]:
    """Compile what trainings need where it is new to the machine, and leave a process that has it loaded."""
    from core.runs.identity import this_machine
    from core.runs.worker import compile_ahead, import_frameworks

    _take_settings(server, this_machine())
    compile_ahead(import_frameworks())
    yield None


def do(order: Order) -> Iterator[Claimed]:
    """Do one run, if it still waits and its machine has room for it: Claimed, and it is recorded."""
    from core.device_order import number_by_bus
    from core.runs.identity import this_machine
    from core.runs.runners.limits import operator_limits
    from core.runs.worker import Worker, end_if_spent, store_of

    _take_settings(order.server, this_machine())
    number_by_bus()
    import torch

    torch.set_num_threads(order.threads)
    done = threading.Event()
    store = store_of(order.server.place)
    worker = Worker(lambda: store, order.limit)
    try:
        for run in worker.do_placed(order.run_id):
            watch = _Watch(store_of(order.server.place), run, worker.name, operator_limits(), done)
            threading.Thread(target=watch.work, daemon=True).start()
            yield Claimed(worker.name)
    finally:
        done.set()
    end_if_spent()


def kill(worker: str) -> Iterator[None]:
    """End a worker of this machine that answers nothing, not even its node."""
    import psutil

    from core.runs.identity import is_alive

    if is_alive(worker):
        psutil.Process(int(worker.rsplit("/", 2)[1])).kill()
    yield None


class _Watch:
    """Looks after a run from inside its process: its limits, and whether it is still this worker's."""

    def __init__(self, store: RunStore, run: Run, worker: str, limits: Any, done: threading.Event) -> None:
        from core.runs.runners.usage import UsageMeter

        self._store, self._run_id, self._worker, self._done = store, run.id, worker, done
        self._limits, self._meter = limits, UsageMeter(store)
        self._strange = 0

    def work(self) -> None:
        """Until the run has ended."""
        while not self._done.wait(LOOK_EVERY_S):
            try:
                self._look(self._store.get(self._run_id))
            except StoreUnavailable:  # what the run records fails as well, and says so
                continue
        self._store.close()

    def _look(self, run: Run | None) -> None:
        from core.runs.status import RUNNING

        # A node that its cluster took for dead may find its run with another worker, or ended. A run that is
        # just ending looks so as well, for a moment.
        mine = run is not None and not run.ended and run.worker == self._worker
        self._strange = 0 if mine else self._strange + 1
        if self._strange > 1 and not self._done.is_set():
            os._exit(1)
        if run is not None and mine and run.status == RUNNING and self._limits:
            self._enforce_limits(run)

    def _enforce_limits(self, run: Run) -> None:
        """End the run where it has reached a limit: with its last moment, where memory has time."""
        from core.runs.runners.limits import LIMIT_GRACE_S, ended_by
        from core.runs.status import LIMITED
        from core.runs.store import LIMIT

        now = time.time()
        if run.requested == LIMIT:
            if now - (run.requested_at or now) > LIMIT_GRACE_S:
                self._store.end(run.id, LIMITED, run.message)
                os._exit(1)
        elif reached := self._meter.reached(run, os.getpid(), self._limits, now):
            reason = ended_by(reached, run.progress)
            if reached.endswith("memory"):  # there may soon be none left for anybody
                self._store.end(run.id, LIMITED, reason)
                os._exit(1)
            self._store.request_end(run.id, reason)


def _check_packages(versions: Mapping[str, str]) -> None:
    """Raise InvalidRequest for what is not installed here, or is of another version than the server's."""
    missing = [name for name in (*versions, *NEEDED) if _version(name) is None]
    if missing:
        raise InvalidRequest(f"{', '.join(missing)} cannot be found by {sys.executable}")
    others = [
        f"{name} {_version(name)}, the server has {version}"
        for name, version in versions.items()
        if _public(_version(name) or "") != _public(version)
    ]
    if others:
        raise InvalidRequest(f"its packages differ, and so would the numbers: {'; '.join(others)}")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _public(version: str) -> str:
    """Without what says for which device it was built, such as +cpu."""
    return version.partition("+")[0]


def _take_settings(server: Server, machine: str) -> None:
    """The operator's settings are the server's; the data folder, with its caches, is the machine's own."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(PREFIX) or key == HOME}
    sent = {key: text for key, text in server.settings.items() if key != HOME or machine == server.machine}
    for key in [key for key in os.environ if key not in kept]:
        del os.environ[key]
    os.environ.update(sent)
    operator_settings()
