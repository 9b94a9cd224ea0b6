"""The driver of a cluster's runs: it gives each run to a node in its turn, as one task, and looks after it.

    python -m core.runs.runners.ray_driver STORE MAX_RUNS

A process of its own, since Ray ends the process that loses its cluster. NABLASCOPE_RAY names the cluster. Its
standard input is a pipe that its server holds: a byte wakes it, the end of the pipe ends it with all its
tasks. Each line on its standard output is a report, as JSON. MAX_RUNS is 0 where the operator has set none.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.cluster.connection import Cluster, Ended, Node, Task, connected
from core.cluster.remote import Begun, Refused
from core.errors import InvalidRequest, StoreUnavailable
from core.logs import Repeated, write_as_json
from core.operator_settings import operator_settings
from core.runs.faults.patience import until_done
from core.runs.identity import is_alive
from core.runs.operating import NODE_LOST, SERVER_ENDED, WORKER_LOST, reason_of
from core.runs.runners import ray_task
from core.runs.runners.local import LOST_AFTER_S, POLL_EVERY_S, STOP_GRACE_S
from core.runs.runners.placing import Member, Placed, Placement, limit_of, needs_of, next_placement, why_never
from core.runs.runners.ray_task import Claimed, Looked, Order, Server, server_here
from core.runs.scheduling import OpenRun
from core.runs.status import FAILED, INTERRUPTED, PAUSED, QUEUED, RUNNING, STOPPED
from core.runs.store import Run, RunStore
from core.runs.worker import store_of, take_stdin

_log = logging.getLogger(__name__)
_failures = Repeated(_log)

RECONNECT_S = 5.0
NODES_EVERY_S = 1.0
LOOK_AGAIN_S = 30.0  # at a node that could not do runs
MOVE_S = 60.0  # so long a run may wait for its node's process before another node may have it
NODE_KNOWN_S = 3.0  # after the end of a process: whether its whole node has died
KILL_AFTER_S = 2.0  # a process that its node could not end by then is frozen
MAX_TRIES = 3  # to begin a run
TASKS_WAIT_S = 0.05
END_S = 3.5  # to end all tasks, and to leave the cluster


@dataclass
class _Given:
    """A run that was given to a node. worker: once it has the run. Times are of the steady clock."""

    placement: Placement
    task: Task
    since: float
    begun: bool = False
    worker: str | None = None
    ended: Ended | None = None
    ended_at: float = 0.0
    killed_at: float | None = None

    @property
    def node(self) -> Node:
        return self.placement.member.node


@dataclass
class _Look:
    """What is known of a node: the task that looks, and what it found."""

    node: Node
    at: float
    task: Task | None
    machine: str | None = None
    refused: str | None = None


@dataclass
class Driver:
    """The runs of one store on the nodes of a cluster. supervise() does all there is to do now."""

    store: RunStore
    server: Server
    max_runs: int | None
    _looks: dict[str, _Look] = field(default_factory=dict)  # by the node's id
    _given: dict[str, _Given] = field(default_factory=dict)  # by the run's id
    _seen: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    _stops: dict[str, float] = field(default_factory=dict)
    _tries: Counter[str] = field(default_factory=Counter)
    _avoided: dict[str, float] = field(default_factory=dict)  # nodes whose processors others have, and since
    _nodes_at: float = float("-inf")
    _kills: list[Task] = field(default_factory=list)
    _warming: dict[str, Task] = field(default_factory=dict)  # by the machine
    _warm: set[str] = field(default_factory=set)

    def supervise(self, cluster: Cluster) -> None:
        """Look at the nodes, take in what has come from them, and give out what may start."""
        now = time.monotonic()
        if now - self._nodes_at >= NODES_EVERY_S:
            self._nodes_at = now
            self._look_at_nodes(cluster, now)
        self._take_in(cluster)
        open_runs = self.store.all_with_status(QUEUED, RUNNING, PAUSED)
        self._settle(cluster, now)
        self._fail_orphaned(open_runs, now)
        self._end_stopped(cluster, open_runs, now)
        self._move_stuck(cluster, open_runs, now)
        self._place(cluster, open_runs, now)

    def supervise_without_cluster(self) -> None:
        """Runs whose node or server is gone do not stay at work."""
        self._fail_orphaned(self.store.all_with_status(RUNNING, PAUSED, QUEUED), time.monotonic())

    def forget_cluster(self, reason: str) -> None:
        """The connection is lost, and all tasks end with it."""
        for given in self._given.values():
            self._interrupt(given, reason)
        self._given.clear()
        self._looks.clear()
        self._kills.clear()
        self._warming.clear()
        self._warm.clear()

    def close(self, cluster: Cluster) -> None:
        """End all that is at work; it is interrupted."""
        for given in self._given.values():
            self._interrupt(given, SERVER_ENDED)
            cluster.kill(given.task)
        self._given.clear()

    def report(self) -> dict[str, Any]:
        """What the server shows of the cluster: its nodes, with how many runs each may have and has."""
        members = self._members()
        found = []
        for look in sorted(self._looks.values(), key=lambda one: one.node.name):
            member = next((one for one in members if one.node.id == look.node.id), None)
            at_work = sum(given.node.id == look.node.id for given in self._given.values())
            places = member.limit(self.max_runs) if member else 0
            found.append(
                {
                    "name": look.node.name,
                    "machine": look.machine or "",
                    "runs": places,
                    "at_work": at_work,
                    "refused": look.refused or ("" if member else "it is being looked at"),
                }
            )
        machines = {member.machine for member in members}
        concurrent = sum(limit_of(machine, members, self.max_runs) for machine in machines)
        return {"nodes": found, "max_concurrent_runs": concurrent, "fault": ""}

    # --- nodes ------------------------------------------------------------------------------------------

    def _look_at_nodes(self, cluster: Cluster, now: float) -> None:
        """Ask each new node whether it can do runs, and again those that could not."""
        nodes = {node.id: node for node in cluster.nodes()}
        self._looks = {id_: look for id_, look in self._looks.items() if id_ in nodes}
        for id_, node in nodes.items():
            look = self._looks.get(id_)
            if look is None or (look.task is None and look.refused and now - look.at > LOOK_AGAIN_S):
                refused = look.refused if look else None
                task = cluster.start(node, ray_task.look, self.server, name="look")
                self._looks[id_] = _Look(node, now, task, None, refused)
        self._avoided = {id_: at for id_, at in self._avoided.items() if now - at < MOVE_S}

    def _members(self) -> list[Member]:
        looks = (look for look in self._looks.values() if look.machine is not None)
        return [Member(look.node, str(look.machine)) for look in looks]

    # --- what comes from the nodes ----------------------------------------------------------------------

    def _take_in(self, cluster: Cluster) -> None:
        tasks: dict[Task, _Given | _Look | None] = {
            look.task: look for look in self._looks.values() if look.task
        }
        tasks |= {given.task: given for given in self._given.values() if given.ended is None}
        tasks |= dict.fromkeys([*self._kills, *self._warming.values()])
        if not tasks:
            return
        for task, message in list(cluster.messages(tasks, TASKS_WAIT_S)):
            match tasks[task]:
                case _Look() as look:
                    self._of_look(look, message)
                    self._warm_up(cluster, look)
                case _Given() as given:
                    self._of_run(given, message)
                case _ if isinstance(message, Ended):
                    self._kills = [one for one in self._kills if one is not task]
                    self._warming = {of: one for of, one in self._warming.items() if one is not task}

    def _of_look(self, look: _Look, message: Any) -> None:
        match message:
            case Looked(machine):
                look.machine, look.refused = machine, None
            case Refused(reason):
                look.refused = reason
            case Ended(reason):
                look.task = None
                if look.machine is None and look.refused is None:
                    look.refused = reason or "it did not answer"
                if look.refused:
                    _log.warning("The node %s can do no runs: %s.", look.node.name, look.refused.rstrip("."))

    def _warm_up(self, cluster: Cluster, look: _Look) -> None:
        """Once a machine: its nodes have what is compiled in common."""
        if look.machine is not None and look.machine not in self._warm:
            self._warm.add(look.machine)
            self._warming[look.machine] = cluster.start(
                look.node, ray_task.warm_up, self.server, name="warm_up"
            )

    def _of_run(self, given: _Given, message: Any) -> None:
        match message:
            case Begun():
                given.begun = True
            case Claimed(worker):
                given.worker = worker
                self._tries.pop(given.placement.run_id, None)
            case Refused(reason):
                given.ended, given.ended_at = Ended(reason), time.monotonic()
            case Ended():
                given.ended, given.ended_at = message, time.monotonic()

    def _settle(self, cluster: Cluster, now: float) -> None:
        """What becomes of runs whose tasks have ended: nearly all have recorded their end themselves."""
        for run_id, given in list(self._given.items()):
            if given.ended is None:
                continue
            run = self.store.get(run_id)
            at_work = (
                run is not None and not run.ended and given.worker is not None and run.worker == given.worker
            )
            if at_work and run is not None:
                died = given.ended.node_died or not cluster.is_alive(given.node)
                if not died and now - given.ended_at < NODE_KNOWN_S:
                    continue  # a node that dies is known to have died a moment after its processes
                self.store.end(run.id, INTERRUPTED, reason_of(run.status, NODE_LOST) if died else _why(given))
            elif given.worker is None and given.ended.reason is not None and run is not None:
                self._failed_to_begin(run, given)
            del self._given[run_id]

    def _failed_to_begin(self, run: Run, given: _Given) -> None:
        if run.ended or run.worker is not None or given.killed_at is not None:
            return
        assert given.ended is not None
        if not given.ended.node_died:
            self._tries[run.id] += 1
        if self._tries[run.id] >= MAX_TRIES:
            self.store.end(
                run.id, FAILED, f"The node {given.node.name} could not do it: {_text(given.ended)}."
            )

    def _interrupt(self, given: _Given, reason: str) -> None:
        run = self.store.get(given.placement.run_id)
        if run and not run.ended and run.worker is not None and given.worker in (None, run.worker):
            self.store.end(run.id, INTERRUPTED, reason_of(run.status, reason))

    # --- runs -------------------------------------------------------------------------------------------

    def _fail_orphaned(self, open_runs: list[Run], now: float) -> None:
        """Runs whose worker is gone: an earlier driver's, or one that has fallen silent."""
        before, self._seen = self._seen, {}
        mine = {given.worker for given in self._given.values()}
        for run in open_runs:
            if run.worker is None or run.worker in mine or run.id in self._given:
                continue
            known = before.get(run.id)
            self._seen[run.id] = known if known and known[0] == run.seen_at else (run.seen_at, now)
            alive = is_alive(run.worker)
            if alive is False or (alive is None and now - self._seen[run.id][1] > LOST_AFTER_S):
                self.store.end(run.id, INTERRUPTED, reason_of(run.status, WORKER_LOST))

    def _end_stopped(self, cluster: Cluster, open_runs: list[Run], now: float) -> None:
        """Kill what does not answer a stop."""
        asked = {run.id: run for run in open_runs if run.requested == "stop"}
        self._stops = {run_id: self._stops.get(run_id, now) for run_id in asked}
        for run_id, since in self._stops.items():
            given = self._given.get(run_id)
            if given and given.worker and now - since > STOP_GRACE_S:
                self.store.end(
                    run_id, STOPPED, "Stopped in the middle of a step."
                )  # first: then it is no loss
                cluster.kill(given.task)
                given.killed_at = now
        for given in self._given.values():
            if (
                given.killed_at
                and now - given.killed_at > KILL_AFTER_S
                and given.ended is None
                and given.worker
            ):
                self._kills.append(cluster.start(given.node, ray_task.kill, given.worker, name="kill"))
                given.ended, given.ended_at = Ended("it was killed"), now

    def _move_stuck(self, cluster: Cluster, open_runs: list[Run], now: float) -> None:
        """Runs whose task has not begun leave Ray's queue when they have left ours, or another node may have
        them.
        """
        waiting = {run.id for run in open_runs}
        for run_id, given in self._given.items():
            if given.begun or given.killed_at:
                continue
            stuck = now - given.since > MOVE_S
            if stuck:
                self._avoided[given.node.id] = now
            if stuck or run_id not in waiting:
                cluster.kill(given.task)
                given.killed_at, given.ended, given.ended_at = now, Ended("it did not begin"), now

    def _place(self, cluster: Cluster, open_runs: list[Run], now: float) -> None:
        """Give out all that may start now."""
        by_id = {run.id: run for run in open_runs}
        members = self._members()
        waiting, immediate = self.store.waiting_runs()
        begin = [one.id for one in waiting if not one.running and one.worker is None] + immediate
        needs = {
            run_id: needs_of(by_id[run_id].job, by_id[run_id].config) for run_id in begin if run_id in by_id
        }
        immediate = [run_id for run_id in immediate if run_id in needs]
        if self._refuse_impossible(needs, members):
            return
        free = [member for member in members if member.node.id not in self._avoided] or members
        while found := next_placement(
            [run for run in waiting if run.running or run.worker or run.id in needs],
            immediate,
            needs,
            free,
            self._placed(by_id, waiting, immediate),
            self.max_runs,
            time.time(),
            self._warming,
        ):
            order = Order(self.server, found.run_id, found.limit, found.threads)
            asked = (found.cpus, found.gpus, found.memory_bytes)
            task = cluster.start(found.member.node, ray_task.do, order, *asked, name=found.run_id)
            self._given[found.run_id] = _Given(found, task, now)

    def _refuse_impossible(self, needs: dict[str, Any], members: list[Member]) -> bool:
        """End the runs that no node can ever do, in words; whether there were any."""
        looked = self._looks and all(look.task is None for look in self._looks.values())
        if not needs or not looked:
            return False
        refused = [f"{look.node.name}: {look.refused}" for look in self._looks.values() if look.refused]
        ended = False
        for run_id, wants in needs.items():
            why = why_never(wants, members) if members else "; ".join(refused)
            if why and run_id not in self._given:
                reasons = why if not members else "; ".join([why, *refused])
                self.store.end(run_id, FAILED, f"No node of the cluster can do it. {reasons.rstrip('.')}.")
                ended = True
        return ended

    def _placed(
        self, by_id: dict[str, Run], waiting: list[OpenRun], immediate: list[str]
    ) -> dict[str, Placed]:
        """What was given out and is still open; what has ended leaves its processors in a moment."""
        return {
            run_id: Placed(
                given.placement.member,
                given.placement.cpus,
                given.worker is not None,
                run_id in by_id and by_id[run_id].immediate,
            )
            for run_id, given in self._given.items()
            if run_id in by_id
        }


def _why(given: _Given) -> str:
    assert given.ended is not None
    hint = " The system may have run out of memory." if given.ended.reason == "its process died" else ""
    return f"The worker on the node {given.node.name} ended unexpectedly: {_text(given.ended)}.{hint}"


def _text(ended: Ended) -> str:
    return (ended.reason or "it gave no reason").rstrip(".")


# --- the program ----------------------------------------------------------------------------------------


class Program:
    """Keeps a driver connected until its server's pipe ends."""

    def __init__(self, place: str, max_runs: int | None) -> None:
        self._woken, self._closing = threading.Event(), threading.Event()
        pipe = take_stdin()
        threading.Thread(target=self._watch_server, args=(pipe,), daemon=True).start()
        self._place, self._max_runs, self._said = place, max_runs, ""

    def run(self, address: str) -> None:
        """Until the pipe ends."""
        store = until_done(lambda: store_of(self._place), _failures, "The driver waits for the run store.")
        end_listening = store.listen(self._woken.set)
        with _marker(store.files) as marker:
            driver = Driver(store, server_here(store.place, marker), self._max_runs)
            while not self._closing.is_set():
                self._connect(driver, address)
        end_listening()

    def _connect(self, driver: Driver, address: str) -> None:
        """Drive the cluster until the end, or until it is lost; then wait a while before the next try."""
        what = "The cluster cannot be used."
        try:
            with connected(address) as cluster:
                _failures.worked(what)
                self._drive(driver, cluster)
        except InvalidRequest as error:
            self._say(_without_nodes(str(error)))
            _failures.failed(what, error)
        except Exception as error:  # of Ray, whatever it is: a new connection starts from nothing
            self._say(_without_nodes(f"The Ray cluster at {address} was lost."))
            _failures.failed(what, error)
            with contextlib.suppress(StoreUnavailable):  # else their workers fall silent, and are found so
                driver.forget_cluster(NODE_LOST)
        until = time.monotonic() + RECONNECT_S
        while not self._closing.wait(POLL_EVERY_S) and time.monotonic() < until:
            with contextlib.suppress(StoreUnavailable):
                driver.supervise_without_cluster()

    def _drive(self, driver: Driver, cluster: Cluster) -> None:
        what = "The driver cannot supervise its runs."
        while not self._closing.is_set():
            self._woken.wait(POLL_EVERY_S)
            self._woken.clear()
            try:
                driver.supervise(cluster)
                _failures.worked(what)
            except StoreUnavailable as error:
                _failures.failed(what, error)
            self._say(driver.report())
        try:
            driver.close(cluster)
        except StoreUnavailable as error:
            _log.warning("The end of the server could not be noted with its runs: %s", error)

    def _watch_server(self, pipe: int) -> None:
        while os.read(pipe, 4096):
            self._woken.set()
        self._closing.set()
        self._woken.set()
        time.sleep(END_S)
        os._exit(0)  # leaving a cluster that is gone may take Ray a minute

    def _say(self, report: dict[str, Any]) -> None:
        """A line when something has changed."""
        line = json.dumps(report)
        if line != self._said:
            self._said = line
            print(line, flush=True)


def _without_nodes(fault: str) -> dict[str, Any]:
    return {"nodes": [], "max_concurrent_runs": 0, "fault": fault}


@contextlib.contextmanager
def _marker(folder: Path) -> Iterator[Path]:
    """A file by which a node sees that this folder is the server's."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f".server-{secrets.token_hex(8)}"
    file.touch()
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m core.runs.runners.ray_driver", description=__doc__)
    parser.add_argument("store", help="the run store's file, or its database")
    parser.add_argument(
        "max_runs", type=int, help="how many runs may run at once on a machine; 0 for the default"
    )
    arguments = parser.parse_args()
    settings = operator_settings()
    if settings.log_format == "json":
        write_as_json()
    if settings.ray is None:
        sys.exit("NABLASCOPE_RAY names no cluster.")
    Program(arguments.store, arguments.max_runs or None).run(settings.ray)
