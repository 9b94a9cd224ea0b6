"""A program: a Ray of two nodes with a processor each, on this machine. Prints its address.

Each line on stdin is done: `kill` ends the second node like a power cut, `add` brings another. The answer is
the place of the second node among both, by their ids. It ends with its stdin.
"""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ.update(
    RAY_AUTH_MODE="token",
    RAY_USAGE_STATS_ENABLED="0",
    RAY_worker_niceness="0",
    RAY_health_check_initial_delay_ms="500",
    RAY_health_check_period_ms="500",
    RAY_health_check_timeout_ms="1000",
    RAY_health_check_failure_threshold="3",
)
SMALL: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_log_monitor": False}


def main() -> None:
    from ray.cluster_utils import Cluster

    head = SMALL | {"include_dashboard": False, "no_monitor": True}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    second = cluster.add_node(**SMALL)
    print(cluster.address, flush=True)
    try:
        for line in sys.stdin:
            if line.strip() == "kill":
                cluster.remove_node(second, allow_graceful=False)
            elif line.strip() == "add":
                second = cluster.add_node(**SMALL)
            print(sorted((cluster.head_node.node_id, second.node_id)).index(second.node_id), flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
