"""The axes that workloads are measured over, and the limits of that: what each means and what it may be.

To add one, add an entry here, its field to SweepConfig, and the code that uses it: the config's checks, the
flags and their help follow. Torch-free. Each check raises InvalidRequest, which says what is allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from core import devices
from core.checks import integer, one_of
from core.errors import InvalidRequest
from core.options import Option
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS
from core.torch_devices import resolve

# Matrix libraries count rows in 32 bits.
_MAX_SIZE = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Setting(Option):
    """One field of a config of timing, whose default is the field's."""

    metavar: str = ""  # stands for the value in --help
    flag: str = ""  # on the command line, where it is not named after the field
    aliases: tuple[str, ...] = ()  # older flags, which --help leaves out
    without: str = ""  # what holds where the flag is left out, as --help says it


AXES: dict[str, Setting] = {
    "sizes": Setting(
        help="sizes; `list` says what a workload's size means",
        kind=int,
        many=True,
        min=1,
        max=_MAX_SIZE,
        min_values=1,
        word="size",
        metavar="N,...",
        without="its own",
    ),
    "dtypes": Setting(
        help="number formats",
        kind=str,
        many=True,
        choices=DTYPE_BYTES,
        min_values=1,
        word="dtype",
        metavar="NAME,...",
        without="the workload's first",
    ),
    "devices": Setting(
        help=f"of {', '.join(devices.KINDS)}, cuda:N",  # one that is not here is reported, not refused
        kind=str,
        many=True,
        min_values=1,
        word="device",
        metavar="NAME,...",
        without="all that are here",
    ),
    "threads": Setting(
        help="CPU threads; 0 is all usable cores",  # they do not apply to accelerators
        kind=int,
        many=True,
        min=0,
        min_values=1,
        word="number of threads",
        metavar="N,...",
        without="0",
    ),
    "steps": Setting(
        help="forward, training, backward, where the workload has it",
        kind=str,
        many=True,
        min_values=1,
        word="step",
        metavar="NAME,...",
        without="its first",
    ),
    "data": Setting(
        help="what operands hold",
        kind=str,
        many=True,
        choices=OPERAND_FILLS,
        min_values=1,
        word="operand fill",
        metavar="NAME,...",
        flag="operand-fill",
        aliases=("data",),
        without="random",
    ),
}

LIMITS: dict[str, Setting] = {
    "max_seconds": Setting(
        help="longest that a point may take, but for its least six samples",
        kind=float,
        min=0.05,
        max=600.0,
        word="max-seconds",
        metavar="S",
        without="the suite's or workload's",
    ),
    "target_ci": Setting(
        help="relative width of the median's 95% interval to stop at",
        kind=float,
        min=0.001,
        max=1.0,
        word="target-ci",
        metavar="FRACTION",
        without="0.01",
    ),
    "quiet_wait_s": Setting(
        help="wait so long for other programs to rest, then measure again what they contaminated",
        kind=float,
        min=0.0,
        max=86_400.0,
        word="quiet-wait",
        metavar="S",
        flag="quiet-wait",
        without="0",
    ),
    "seed": Setting(
        help="of the random operands",
        kind=int,
        min=0,
        max=2**63 - 1,  # what torch's generators take
        metavar="N",
        without="0",
    ),
}


def resolved_devices(names: Any) -> tuple[str, ...]:
    """torch's full names of devices ("cuda" is "cuda:0"), checked; one that is not here is no error."""
    for name in names:
        _known_device(name)
    return tuple(resolve(name) for name in names)


def check_threads(threads: Any) -> None:
    """Each is 0, which is all usable cores, or up to that many."""
    for count in threads:
        integer(AXES["threads"].word, count, low=0, high=devices.max_threads())


def check_steps(steps: Any, of: str, allowed: tuple[str, ...]) -> None:
    """Each is one of those that a workload has."""
    for step in steps:
        one_of(f"step of {of}", step, allowed)


def thread_counts(threads: tuple[int, ...], device: str) -> list[int | None]:
    """CPU threads to measure with on a device: 0 becomes all usable cores; [None] on an accelerator."""
    return [count or devices.usable_cores() for count in threads] if device == "cpu" else [None]


def free_memory_bytes(device: str) -> int | None:
    """What is free on a device that this machine has; None where nothing tells."""
    here = {found.id for found in devices.devices()}
    return devices.memory_free_bytes(device) if device in here else None


def _known_device(device: Any) -> None:
    kinds = "|".join(devices.KINDS)
    if not isinstance(device, str) or not re.fullmatch(rf"{kinds}|(cuda|xpu):(0|[1-9]\d?)", device):
        names = ", ".join(devices.KINDS)
        raise InvalidRequest(f"Unknown device {device!r}; the devices are {names}, and cuda:N or xpu:N.")
