"""The options of the commands, as data: what each is called, what it may be, and what it means."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from core.devices import KINDS
from core.errors import InvalidRequest
from core.timing.sweeps.suites import SUITES
from core.timing.workloads import WORKLOADS
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS


@dataclass(frozen=True)
class Option:
    """One argument of a command line; a name that begins with -- is an option, another one a place.

    kind reads it (bool: it is there or not), values is how the help names what follows, told what it means.
    usual is its value when it is not given, None for the command's own choice. many: "+" for one or more
    words, "*" for any number, "?" for at most one. field is what it is called where it is used.
    """

    name: str
    told: str
    kind: Callable[[str], Any] = str
    values: str = ""
    default: Any = None
    many: str | None = None
    choices: tuple[str, ...] | None = None

    @property
    def field(self) -> str:
        """The attribute that holds it: --max-seconds is max_seconds."""
        return _FIELDS.get(self.name, self.name.removeprefix("--").replace("-", "_"))


# The name of a config's field, where it is another than the option's.
_FIELDS = {"--quiet-wait": "quiet_wait_s"}


def names(text: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def whole_numbers(text: str) -> tuple[int, ...]:
    """Whole numbers between commas. Raises InvalidRequest for anything else."""
    try:
        return tuple(int(number) for number in text.split(",") if number.strip())
    except ValueError:
        raise InvalidRequest(f"{text!r} is not a list of whole numbers such as 256,512.") from None


def axes(given: Any) -> dict[str, Any]:
    """The options that were given, by the names of a config's fields."""
    fields = (
        "sizes", "dtypes", "devices", "threads", "steps", "data", "max_seconds", "target_ci", "quiet_wait_s",
        "seed",
    )  # fmt: skip
    return {name: value for name in fields if (value := getattr(given, name, None)) is not None}


def within(given: Any, usual_s: float | None) -> float | None:
    """Seconds for all points together. Raises InvalidRequest for what is no such time."""
    seconds = getattr(given, "within", None)
    if seconds is None:
        return usual_s
    if not 0 <= seconds < math.inf:
        raise InvalidRequest(f"within {seconds!r} is not possible; it must be a number of seconds.")
    return float(seconds)


# What is not given is the command's own choice.
_ALL = (
    Option("--sizes", "sizes; `list` tells what a workload's size means (its own)", whole_numbers, "N,..."),
    Option("--dtypes", f"of {', '.join(DTYPE_BYTES)} (the workload's first)", names, "NAME,..."),
    Option("--devices", f"of {', '.join(KINDS)}, cuda:N (all that are here)", names, "NAME,..."),
    Option("--threads", "CPU threads; 0 is all usable cores (0)", whole_numbers, "N,..."),
    Option(
        "--steps", "forward, training, backward, where the workload has it (its first)", names, "NAME,..."
    ),
    Option("--data", f"what operands hold, of {', '.join(OPERAND_FILLS)} (random)", names, "NAME,..."),
    Option("--max-seconds", "longest a point may take, but for its least six samples", float, "S"),
    Option(
        "--within", "time for all points; those that do not fit are left out, and that is told", float, "S"
    ),
    Option("--target-ci", "relative width of the median's 95%% interval to stop at (0.01)", float, "SHARE"),
    Option(
        "--quiet-wait",
        "wait so long for other programs to rest, then retake what they spoilt (0)",
        float,
        "S",
    ),
    Option("--seed", "of the random operands (0)", int, "N"),
)
_NAMED = {option.name.removeprefix("--"): option for option in _ALL}


def _of(*chosen: str) -> tuple[Option, ...]:
    return tuple(_NAMED[name] for name in chosen)


_HOW_LONG = _of("max-seconds", "within", "target-ci", "quiet-wait", "seed")
OUT = Option("--out", "also keep the result here, raw samples too; .csv or .md for those forms", str, "FILE")

RUN = (
    Option("workloads", "as `list` names them, or a family", values="WORKLOAD", many="+"),
    *_of("sizes", "dtypes", "devices", "threads", "steps", "data"),
    *_HOW_LONG,
    OUT,
)
SUITE = (
    Option(
        "suite",
        "; ".join(f"{name}: {suite.title}" for name, suite in SUITES.items()),
        values="SUITE",
        choices=tuple(SUITES),
    ),
    *_of("sizes", "dtypes", "devices", "threads", "data"),
    *_HOW_LONG,
    OUT,
)
ROOFLINE = (
    Option("workloads", "to place under the roof (all but activations)", values="WORKLOAD", many="*"),
    *_of("dtypes", "devices", "threads"),
    *_HOW_LONG,
    OUT,
)
SPEEDUP = (
    Option("workloads", "as `list` names them, or a family (gemm)", values="WORKLOAD", many="*"),
    *_of("sizes", "dtypes", "devices", "threads", "steps"),
    *_HOW_LONG,
    OUT,
)
COMPARE = (
    Option("baseline", "the result to compare with", values="A.json"),
    Option("candidate", "the result to judge", values="B.json"),
    OUT,
)
GATE = (
    Option("baseline", "a result of this machine", values="BASELINE.json"),
    *_of("max-seconds", "target-ci", "quiet-wait", "seed"),
    OUT,
)
REPORT = (
    Option("file", "a result; without one, `suite quick` now", values="FILE.json", many="?"),
    *_of("devices", "threads"),
    *_HOW_LONG,
    OUT,
)
GEMM = tuple(
    replace(_NAMED[name], default=default, told=told)
    for name, default, told in (
        ("sizes", (256, 512, 1024), f"{WORKLOADS['gemm'].size_means} (256,512,1024)"),
        ("dtypes", ("float32",), f"of {', '.join(DTYPE_BYTES)} (float32)"),
        ("devices", ("cpu",), f"of {', '.join(KINDS)}, cuda:N (cpu)"),
        ("threads", (0,), "CPU threads; 0 is all usable cores (0)"),
        ("target-ci", 0.01, "relative width of the median's 95%% interval to stop at (0.01)"),
        ("max-seconds", 2.0, "longest a point may take, but for its least six samples (2)"),
        ("seed", 0, "of the random operands (0)"),
    )
)
