"""What is said of the nodes of a cluster, in lines. Records in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def node_line(record: Mapping[str, Any]) -> str | None:
    """A line for a record of core.cluster.events; None for any other, and for one that is nothing to read."""
    match record["event"]:
        case "node_found":
            have = [_counted(record["cpus"], "processor")]
            have += [_counted(record["gpus"], "GPU")] if record["gpus"] else []
            return f"{record['node']}: {', '.join(have)}"
        case "node_waiting":
            return f"{record['node']} waits: {record['reason']}"
        case "node_finished":
            return f"{record['node']} is done after {record['elapsed_s']:.1f} s"
        case "node_lost":
            return f"{record['node']} was lost: {record['reason'].rstrip('.')}; {record['lost']}"
    return None


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
