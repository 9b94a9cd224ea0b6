"""The runner of a server whose runs are done by the nodes of a Ray cluster.

All that a page asks of a runner is the local runner's; in place of workers it keeps one process, the driver,
which gives the runs to the nodes (core.runs.runners.ray_driver).
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path

from core.cluster.address import check_cluster
from core.operator_settings import operator_settings, variable
from core.runs.identity import worker_identity
from core.runs.quota import NO_QUOTA, Quota
from core.runs.runners.cluster_report import NOT_YET, Report, report_of
from core.runs.runners.limits import NO_LIMITS, Limits
from core.runs.runners.local import RESTART_AFTER_S, LocalRunner, interpreter
from core.runs.store import Run


class RayRunner(LocalRunner):
    """Has its runs done by the nodes of the cluster at an address.

    Raises InvalidRequest where the address is none or Ray is not installed.
    """

    close_grace_s = 4.0  # to end the runs' processes, and to leave the cluster

    def __init__(
        self,
        place: Path | str,
        address: str,
        max_runs: int | None = None,
        quota: Quota = NO_QUOTA,
        limits: Limits = NO_LIMITS,
    ) -> None:
        check_cluster(address)
        self._address = address
        self._max_runs = max_runs or operator_settings().max_runs
        self._said = NOT_YET
        super().__init__(place, self._max_runs or 1, quota=quota, limits=limits)

    def cluster(self) -> Report | None:
        """What the driver has said last."""
        return self._said

    def max_concurrent_runs(self) -> int:
        """How many runs may run at once on all nodes together."""
        return self._said.max_concurrent_runs

    def unready_reason(self) -> str | None:
        """Why no run can be started now, in words; None where one can."""
        said = self._said
        if not self.living_workers():
            return "the driver of the cluster does not live"
        if said.fault:
            return said.fault
        if self.max_concurrent_runs():
            return None
        refused = "; ".join(f"{node.name}: {node.refused}" for node in said.nodes)
        return f"no node of the cluster can do runs{f' ({refused})' if refused else ''}"

    def _keep_one_ready(self, open_runs: list[Run], now: float) -> None:
        if not self._workers and now - self._started_at >= RESTART_AFTER_S and not self._closing.is_set():
            self._said = NOT_YET
            driver = self._start_worker()
            self._workers[worker_identity(driver.pid)] = driver
            self._started_at = now
            threading.Thread(target=self._listen, args=(driver,), daemon=True, name="cluster").start()

    def _fail_orphaned(self, held: list[Run], now: float) -> None:
        """The driver does so: it alone knows what it has ended itself."""

    def _start_worker(self) -> subprocess.Popen[bytes]:
        python, environment = interpreter()
        command = [python, "-m", "core.runs.runners.ray_driver", self.store.place, str(self._max_runs or 0)]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**(environment or os.environ), variable("ray"): self._address},
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def _listen(self, driver: subprocess.Popen[bytes]) -> None:
        """Keep what the driver says, until it ends."""
        assert driver.stdout is not None
        with driver.stdout:
            for line in driver.stdout:
                try:
                    self._said = report_of(json.loads(line))
                except (ValueError, TypeError, KeyError):  # a line of Ray's
                    continue
                if machines := self._said.machines:
                    self.limit = max(1, round(self.max_concurrent_runs() / machines))
