"""Which activation functions' cost to measure, and the sweeps that this makes. Checked without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.activations import ACTIVATIONS
from core.activations.expressions.expression import is_expression
from core.errors import InvalidRequest
from core.timing.results.units import in_bytes
from core.timing.sweeps.config import SweepConfig
from core.timing.workloads import axes, find_workload
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.workload import BACKWARD, FLOATS, FORWARD
from core.torch_devices import resolve

STEPS = (FORWARD, BACKWARD)

_MAX_SIZE = 2**26
# Vectors that an unfused formula holds at once, at most.
_VECTORS = 12


@dataclass(frozen=True)
class CostConfig:
    """Which functions, over how many elements of which format, on one device.

    Raises InvalidRequest for what cannot be measured.
    """

    activations: tuple[str, ...]  # keys of ACTIVATIONS, or typed expressions of x
    size: int = 2**20  # elements
    dtype: str = "float32"
    device: str = "cpu"  # torch's name
    # CPU threads, 0 for all usable cores. One is what other programs disturb least, so that functions
    # differ most clearly.
    threads: int = 1
    max_seconds: float = 0.3  # bounds a point, and each of the two series of a comparison
    compare_unfused: bool = True  # also set torch's fused call against the formula, where there are both
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.activations:
            raise InvalidRequest("No activation given; at least one is needed.")
        for key in self.activations:
            if key not in ACTIVATIONS and not is_expression(key):
                raise InvalidRequest(f"Unknown activation {key!r}; {len(ACTIVATIONS)} are in the catalogue.")
        if self.dtype not in FLOATS:
            raise InvalidRequest(
                f"Number format {self.dtype!r} is not possible; it must be one of {', '.join(FLOATS)}."
            )
        if not isinstance(self.size, int) or not 1 <= self.size <= _MAX_SIZE:
            raise InvalidRequest(
                f"The size {self.size!r} is not possible; it must be a whole number of elements, "
                f"from 1 to {_MAX_SIZE:,}."
            )
        sweeps_of(self)
        object.__setattr__(self, "device", resolve(self.device))
        self._check_memory()

    def _check_memory(self) -> None:
        free = axes.free_memory_bytes(self.device)
        needed = _VECTORS * self.size * DTYPE_BYTES[self.dtype]
        if free is not None and needed > free:
            raise InvalidRequest(
                f"{self.size:,} elements in {self.dtype} need up to {in_bytes(needed)}, "
                f"and {self.device} has {in_bytes(free)} free."
            )


def sweeps_of(config: CostConfig) -> tuple[SweepConfig, ...]:
    """One thorough sweep for each function, forward and backward."""
    return tuple(
        SweepConfig(
            workload=f"activation_{key}",
            sizes=(config.size,),
            dtypes=(config.dtype,),
            devices=(config.device,),
            threads=(config.threads,),
            steps=tuple(step for step in STEPS if step in find_workload(f"activation_{key}").steps),
            target_ci=0.01,
            max_seconds=config.max_seconds,
            seed=config.seed,
            thorough=True,
        )
        for key in dict.fromkeys(config.activations)
    )


def upgrade_cost_config(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of today's CostConfig out of one of version 0.1."""
    return {"compare_unfused" if name == "composed" else name: value for name, value in record.items()}
