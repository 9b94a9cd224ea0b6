"""The only file that knows Ray: a cluster's nodes, work that is started on one, and what comes back.

Work is a generator function and its config; both travel as Python objects, so that no text of a person is
ever part of a command. The nodes need Ray and what the work imports: this project's own code is sent along,
and every node runs the same.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import core
from core.cluster import remote
from core.cluster.address import INSTALL, host_and_port
from core.cluster.remote import Work
from core.errors import InvalidRequest

_REACH_S = 5.0  # to find out whether anything listens
_FETCH_S = 60.0  # for one event to come over
_END_S = 3.0  # for work to end by itself when it is cancelled
_TOKEN_ADVICE = (
    "set RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH to the cluster's token, or keep it in ~/.ray/auth_token "
    "(`ray get-auth-token --generate` makes one)"
)


@dataclass(frozen=True)
class Node:
    """A node of the cluster, as Ray lists it."""

    id: str
    name: str  # its host; with a number where several nodes have one
    host: str
    cpus: int
    gpus: int
    memory_bytes: int = 0  # that Ray gives out there


@dataclass(frozen=True, eq=False)
class Task:
    """Work that was started on a node."""

    node: Node
    events: Any  # Ray's generator of references


@dataclass(frozen=True)
class Ended:
    """The last of a task: it came to its end, or why not."""

    reason: str | None = None
    node_died: bool = False


@contextlib.contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster at HOST:PORT, until the end of the block, which ends all work that is still there.

    Raises InvalidRequest where Ray is not installed, no token is known, or no cluster answers.
    """
    ray = _imported(address)
    with tempfile.TemporaryDirectory(prefix="nablascope-") as folder:
        _copy_own_code(Path(folder))
        _join(ray, address, folder)
        cluster = Cluster(ray)
        try:
            yield cluster
        finally:
            cluster.cancel_all()
            ray.shutdown()


def _imported(address: str) -> Any:
    """Ray, with token authentication on: what is set after the import is ignored."""
    host, port = host_and_port(address)
    mode = os.environ.setdefault("RAY_AUTH_MODE", "token")
    if mode.lower() != "token":
        raise InvalidRequest(
            f"RAY_AUTH_MODE is {mode!r}, which lets anybody who reaches the cluster run code on it; only "
            "'token' is possible here."
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        from ray._private import worker
        from ray._raylet import AuthenticationTokenLoader
    except ImportError:
        raise InvalidRequest(INSTALL) from None
    # The last lines of a dead node's log, which would come between the lines of JSON on stdout.
    worker.print_to_stdstream = lambda *_args, **_more: None
    if not AuthenticationTokenLoader.instance().has_token(ignore_auth_mode=True):
        raise InvalidRequest(f"No token for the Ray cluster at {address}: {_TOKEN_ADVICE}.")
    try:
        socket.create_connection((host, port), timeout=_REACH_S).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidRequest(f"No Ray cluster answers at {address}: {reason}.") from None
    return ray


def _join(ray: Any, address: str, folder: str) -> None:
    """Join the cluster, with the code in a folder. Ray's own lines on stderr become one sentence."""
    with _stderr_kept() as lines:
        try:
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level="error",
                runtime_env={"working_dir": folder},
            )
            return
        except Exception as error:  # RuntimeError, ValueError, ConnectionError, AuthenticationError ...
            ray.shutdown()
            reason = _of_joining(error)
    if "Unauthenticated" in lines():
        raise InvalidRequest(f"The Ray cluster at {address} does not take this token: {_TOKEN_ADVICE}.")
    raise InvalidRequest(
        f"The Ray cluster at {address} cannot be used: {reason} This must run on one of its nodes."
    )


@contextlib.contextmanager
def _stderr_kept() -> Iterator[Callable[[], str]]:
    """What libraries write to stderr meanwhile goes to a file, whose text the function gives."""
    with tempfile.TemporaryFile() as file:
        before = os.dup(2)
        os.dup2(file.fileno(), 2)
        text = ""

        def lines() -> str:
            return text

        try:
            yield lines
        finally:
            os.dup2(before, 2)
            os.close(before)
            file.seek(0)
            text = file.read().decode(errors="replace")


def _copy_own_code(folder: Path) -> None:
    """The headless package, for the nodes; without what Python compiled for this machine."""
    source = Path(core.__file__).parent
    shutil.copytree(source, folder / "core", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


class Cluster:
    """A connected cluster: see connected()."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._tasks: set[Task] = set()

    def nodes(self) -> tuple[Node, ...]:
        """All that are alive and may be given work, by name."""
        found = sorted(
            (one for one in self._ray.nodes() if one["Alive"] and one["Resources"].get("CPU", 0) >= 1),
            key=lambda one: (one["NodeManagerHostname"], one["NodeManagerAddress"], one["NodeID"]),
        )
        hosts = [one["NodeManagerHostname"] for one in found]
        return tuple(
            Node(
                one["NodeID"],
                host if hosts.count(host) == 1 else f"{host}-{hosts[: index + 1].count(host)}",
                host,
                int(one["Resources"]["CPU"]),
                int(one["Resources"].get("GPU", 0)),
                int(one["Resources"].get("memory", 0)),
            )
            for index, (host, one) in enumerate(zip(hosts, found, strict=True))
        )

    def start(
        self,
        node: Node,
        work: Work,
        config: Any,
        cpus: int = 0,
        gpus: int = 0,
        memory_bytes: int = 0,
        name: str = "",
    ) -> Task:
        """Start work on a node, as soon as it has so much to spare; name: of the task in Ray's own lists."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        options = {
            "num_returns": "streaming",
            "num_cpus": cpus,
            "num_gpus": gpus,
            "memory": memory_bytes,
            "name": name,
            "max_retries": 0,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node.id, soft=False),
        }
        task = Task(node, self._ray.remote(remote.run).options(**options).remote(work, config))
        self._tasks.add(task)
        return task

    def messages(self, tasks: Collection[Task], timeout_s: float) -> Iterator[tuple[Task, Any]]:
        """One event of each task that has one, within a time; Ended is a task's last."""
        by_events = {task.events: task for task in tasks}
        ready, waiting = self._ray.wait([*by_events], num_returns=1, timeout=timeout_s)
        if ready and waiting:
            ready += self._ray.wait(waiting, num_returns=len(waiting), timeout=0)[0]
        for events in ready:
            yield by_events[events], self._next(by_events[events])

    def _next(self, task: Task) -> Any:
        try:
            return self._ray.get(next(task.events), timeout=_FETCH_S)
        except StopIteration:
            ended = Ended()
        except Exception as error:  # every kind of RayError
            ended = Ended(self._reason(error), not self.is_alive(task.node))
        self._tasks.discard(task)
        return ended

    def _reason(self, error: Exception) -> str:
        errors = self._ray.exceptions
        reasons = (
            (errors.NodeDiedError, "the node died"),
            (errors.OutOfMemoryError, "it ran out of memory, and Ray ended its process"),
            (errors.WorkerCrashedError, "its process died"),
            (errors.TaskUnschedulableError, "the node is no longer there"),
            (errors.TaskCancelledError, "it was cancelled"),
            (errors.ObjectLostError, "the node died before its last event was here"),
            (errors.GetTimeoutError, f"its last event did not come over within {_FETCH_S:.0f} s"),
        )
        return next((text for kind, text in reasons if isinstance(error, kind)), None) or _first_line(error)

    def is_alive(self, node: Node) -> bool:
        """Whether Ray counts the node among those that are there."""
        return any(one["NodeID"] == node.id and one["Alive"] for one in self._ray.nodes())

    def cancel(self, tasks: Collection[Task]) -> None:
        """End work: it is asked to, and what has not ended after some seconds is killed."""
        left = [task for task in tasks if task in self._tasks]
        for task in left:
            self._cancel(task, force=False)
        self._drain(left)
        for task in left:
            if task in self._tasks:
                self._cancel(task, force=True)
                self._tasks.discard(task)

    def kill(self, task: Task) -> None:
        """End the process of a task at once; one that has not begun never does."""
        self._cancel(task, force=True)
        self._tasks.discard(task)

    def cancel_all(self) -> None:
        """End all work that is still there."""
        self.cancel(tuple(self._tasks))

    def _cancel(self, task: Task, force: bool) -> None:
        with contextlib.suppress(Exception):  # a task that has just ended, a node that is gone
            self._ray.cancel(task.events, force=force)

    def _drain(self, tasks: Collection[Task]) -> None:
        until = time.monotonic() + _END_S
        while (left := [task for task in tasks if task in self._tasks]) and time.monotonic() < until:
            for _ in self.messages(left, 0.2):
                pass


def _of_joining(error: BaseException) -> str:
    """Ray lists versions that differ in several lines."""
    text = " ".join(str(error).split())
    return f"{text.rstrip('.')}." if text.startswith("Version mismatch") else _first_line(error)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if text.endswith(".") else f"{text}."
