"""Which activation functions' cost to measure, and the sweeps that this makes. Checked without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.activations import ACTIVATIONS
from core.activations.expressions.expression import is_expression
from core.errors import InvalidRequest
from core.settings import check_settings
from core.timing.results.units import in_bytes
from core.timing.sweeps.config import SweepConfig
from core.timing.workloads import axes, find_workload
from core.timing.workloads.axes import LIMITS, Setting
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.workload import BACKWARD, FLOATS, FORWARD
from core.torch_devices import resolve

STEPS = (FORWARD, BACKWARD)

_MAX_SIZE = 2**26
# Vectors that an unfused formula holds at once, at most.
_VECTORS = 12

SETTINGS: dict[str, Setting] = {
    "activations": Setting(
        help="keys of ACTIVATIONS, or expressions of x", kind=str, many=True, min_values=1
    ),
    "size": Setting(help="elements", kind=int, min=1, max=_MAX_SIZE, metavar="N"),
    "dtype": Setting(help="number format", kind=str, choices=FLOATS, metavar="NAME"),
    "device": Setting(help="cpu, or torch's name of a GPU", kind=str, metavar="NAME"),
    "threads": Setting(help="CPU threads; 0 is all usable cores", kind=int, min=0, metavar="N"),
    "max_seconds": LIMITS["max_seconds"],
    "compare_unfused": Setting(
        help="compare torch's fused call with the unfused formula",
        kind=bool,
        flag="unfused",
        aliases=("composed",),
    ),
    "seed": LIMITS["seed"],
}


@dataclass(frozen=True)
class CostConfig:
    """Which functions, over how many elements of which format, on one device.

    SETTINGS says what each field may be. Raises InvalidRequest for what cannot be measured.
    """

    activations: tuple[str, ...]  # keys of ACTIVATIONS, or typed expressions of x
    size: int = 2**20  # elements
    dtype: str = "float32"  # of FLOATS
    device: str = "cpu"  # torch's name
    # CPU threads, 0 for all usable cores. One is what other programs disturb least, so that functions
    # differ most clearly.
    threads: int = 1
    max_seconds: float = 0.3  # bounds a point, and each of the two series of a comparison
    compare_unfused: bool = True  # also set torch's fused call against the formula, where there are both
    seed: int = 0  # of the random operands

    def __post_init__(self) -> None:
        check_settings(SETTINGS, self)
        for key in self.activations:
            if key not in ACTIVATIONS and not is_expression(key):
                raise InvalidRequest(f"Unknown activation {key!r}; {len(ACTIVATIONS)} are in the catalogue.")
        sweeps_of(self)
        object.__setattr__(self, "device", resolve(self.device))
        self._check_memory()

    def memory_bytes(self) -> int:
        """What one function holds at once, at most."""
        return _VECTORS * self.size * DTYPE_BYTES[self.dtype]

    def _check_memory(self) -> None:
        free, needed = axes.free_memory_bytes(self.device), self.memory_bytes()
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
