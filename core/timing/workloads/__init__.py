"""What can be timed, in one registry: a file a family. Importing this never imports torch."""

from core.timing.workloads.registry import WORKLOADS
from core.timing.workloads.workload import Workload, support

__all__ = ["WORKLOADS", "Workload", "support"]
