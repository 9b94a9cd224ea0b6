"""Every workload by its key. To add one, add an entry to its family's file."""

from __future__ import annotations

from typing import Any

from core.activations.expressions.expression import is_expression
from core.errors import InvalidRequest
from core.timing.workloads.activation import ACTIVATION, of_expression
from core.timing.workloads.attention import ATTENTION
from core.timing.workloads.convolution import CONVOLUTION
from core.timing.workloads.matmul import MATMUL
from core.timing.workloads.memory import MEMORY
from core.timing.workloads.networks import NETWORKS
from core.timing.workloads.recurrent import RECURRENT
from core.timing.workloads.reduction import REDUCTION
from core.timing.workloads.serial import SERIAL
from core.timing.workloads.workload import Workload

WORKLOADS: dict[str, Workload] = {
    **MATMUL,
    **CONVOLUTION,
    **RECURRENT,
    **ATTENTION,
    **ACTIVATION,
    **REDUCTION,
    **MEMORY,
    **SERIAL,
    **NETWORKS,
}

_TYPED = "activation_"


def find_workload(name: Any) -> Workload:
    """The workload of this name; activation_<expression of x> is that of a typed activation.

    Raises InvalidRequest for one that there is not.
    """
    if isinstance(name, str) and name.startswith(_TYPED) and is_expression(name.removeprefix(_TYPED)):
        return of_expression(name.removeprefix(_TYPED))
    if not isinstance(name, str) or name not in WORKLOADS:
        raise InvalidRequest(f"Unknown workload {name!r}; the workloads are {', '.join(WORKLOADS)}.")
    return WORKLOADS[name]
