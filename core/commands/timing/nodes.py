"""The same timing on every node of a Ray cluster: `run` and `suite` with --ray."""

from __future__ import annotations

import argparse
import contextlib

from core.commands.exit_codes import INTERRUPTED, OK
from core.commands.timing.arguments import axes, within_s
from core.commands.timing.following import follow
from core.errors import InvalidRequest
from core.timing.nodes.config import NodesConfig


def run(options: argparse.Namespace) -> int:
    """Chosen workloads over the axes."""
    config = NodesConfig(workloads=tuple(options.workloads), axes=axes(options), within_s=within_s(options))
    return _measure(config, options)


def suite(options: argparse.Namespace) -> int:
    """A ready choice of workloads."""
    return _measure(NodesConfig(options.suite, axes=axes(options), within_s=within_s(options)), options)


def _measure(config: NodesConfig, options: argparse.Namespace) -> int:
    from core.timing.nodes.job import measure_nodes
    from core.timing.nodes.merging import by_node
    from core.timing.nodes.report import NODES, nothing_measured
    from core.timing.results.table import measurements

    with contextlib.closing(measure_nodes(options.ray, config)) as events:
        records, complete = follow(events, NODES, options)
    if not complete:
        return INTERRUPTED
    if not any(measurements(of) for of in by_node(records).values()):
        raise InvalidRequest(nothing_measured(records))
    return OK
