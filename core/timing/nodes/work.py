"""What runs on a node: the suite or the workloads, planned for the devices and the memory that it has."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from core.device_order import number_by_bus
from core.timing.nodes.config import NodesConfig
from core.timing.sweeps.suites import SUITES, planned, selected, suite_roofs
from core.timing.sweeps.sweep import sweeps
from core.timing.sweeps.with_roofline import sweeps_with_roofline


def measure(config: NodesConfig) -> Iterator[Any]:
    """The events of the same command on one machine."""
    number_by_bus()
    _at_normal_priority()
    if config.suite is None:
        yield from sweeps(selected(config.workloads, config.axes), config.within_s)
        return
    suite = SUITES[config.suite]
    configs = planned(suite, config.axes)
    limit_s = suite.within_s if config.within_s is None else config.within_s
    yield from sweeps_with_roofline(suite_roofs(configs, config.axes), configs, limit_s, with_points=False)


def _at_normal_priority() -> None:
    """Ray lets its processes give way to all others, which would be in its figures."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # only a privileged process may; docs/cluster.md has the other way
            os.setpriority(os.PRIO_PROCESS, 0, 0)
