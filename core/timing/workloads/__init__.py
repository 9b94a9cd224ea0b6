"""What can be timed, in one registry: a file a family. Importing this never imports torch."""

from core.timing.workloads.registry import WORKLOADS, find_workload
from core.timing.workloads.workload import Workload, support

__all__ = ["WORKLOADS", "Workload", "find_workload", "support"]
