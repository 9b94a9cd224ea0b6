"""Every workload by its key. To add one, add an entry to its family's file."""

from __future__ import annotations

from core.timing.workloads.matmul import MATMUL
from core.timing.workloads.memory import MEMORY
from core.timing.workloads.reduction import REDUCTION
from core.timing.workloads.workload import Workload

WORKLOADS: dict[str, Workload] = {**MATMUL, **REDUCTION, **MEMORY}
