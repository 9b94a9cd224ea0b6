"""Which sweeps a list of names, or a suite, stands for. Torch-free; what is impossible is refused here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import devices
from core.errors import InvalidRequest
from core.options import Option
from core.settings import check_settings
from core.timing.roofline.config import RooflineConfig
from core.timing.sweeps.config import SweepConfig
from core.timing.workloads import WORKLOADS, axes
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS
from core.timing.workloads.workload import BACKWARD

# Sizes that a person did not name leave this much of the free memory alone.
_MEMORY_FRACTION = 0.5


@dataclass(frozen=True)
class Suite:
    """A ready choice of sweeps."""

    title: str
    within_s: float | None  # bounds the whole: PointsSkipped for points for which no time is left
    max_seconds: float  # bounds a point
    # Names of workloads, each with the settings of its sweep; what is not set is the workload's own.
    sweeps: tuple[tuple[str, Mapping[str, Any]], ...]


# The most informative first, since a slow machine may not come to the end.
_QUICK: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("gemm", {"sizes": (1024,), "dtypes": ("float32", "bfloat16"), "threads": (1, 0)}),
    ("copy", {"sizes": (2**22,)}),
    ("launch", {"sizes": (1,)}),
    ("host_to_device", {"sizes": (2**22,)}),
    ("softmax", {"sizes": (1024,)}),
    ("layer_norm", {"sizes": (1024,), "steps": ("training",)}),
    ("conv2d", {"sizes": (WORKLOADS["conv2d"].sizes[1],)}),
    ("attention", {"sizes": (WORKLOADS["attention"].sizes[1],)}),
    ("lstm", {"sizes": (WORKLOADS["lstm"].sizes[1],)}),
    ("serial_recurrence", {"sizes": (WORKLOADS["serial_recurrence"].sizes[1],)}),
    ("mlp_step", {"sizes": (WORKLOADS["mlp_step"].sizes[1],)}),
    ("activation_gelu", {"sizes": (2**18,), "data": ("random", "zeros", "denormal")}),
)


def _every(max_sizes: int | None, operand_fills: bool) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Every workload in all its steps: at so many of its larger sizes, or at all and in all its formats.

    Backward alone is left out: it is part of training.
    """
    axes_of = {}
    for name, workload in WORKLOADS.items():
        steps = tuple(step for step in workload.steps if step != BACKWARD)
        axes: dict[str, Any] = {"dtypes": workload.dtypes, "steps": steps}
        if max_sizes is not None:
            axes = {"sizes": workload.sizes[len(workload.sizes) // 2 :][:max_sizes], "steps": steps}
        axes_of[name] = axes | ({"data": OPERAND_FILLS} if operand_fills else {})
    return tuple(axes_of.items())


def workloads_for_roofline() -> tuple[str, ...]:
    """The workloads that a roofline shows when none is named: all but activations and transfers."""
    return tuple(
        name
        for name, workload in WORKLOADS.items()
        if not name.startswith("activation_") and workload.flops(workload.sizes[0], workload.steps[0])
    )


def middle_size(name: str) -> tuple[int, ...]:
    """The middle one of a workload's own sizes."""
    sizes = WORKLOADS[name].sizes
    return (sizes[len(sizes) // 2],)


SUITES = {
    "quick": Suite("the machine in a minute", 30.0, 0.3, _QUICK),
    "standard": Suite("every workload at its middle sizes, some ten minutes", None, 1.0, _every(1, False)),
    "full": Suite(
        "every workload, size, format, step and operand fill, hours", None, 2.0, _every(None, True)
    ),
}

SUITE_SETTINGS: dict[str, Option] = {
    "suite": Option("a ready choice of workloads", kind=str, choices=tuple(SUITES)),
    "devices": axes.AXES["devices"],
    **{
        name: replace(axes.AXES[name], min_values=0, without="each workload's own")
        for name in ("sizes", "dtypes", "threads", "data")
    },
    **{name: replace(axes.LIMITS[name], optional=True) for name in ("max_seconds", "target_ci")},
    **{name: axes.LIMITS[name] for name in ("quiet_wait_s", "seed")},
    "within_s": Option("seconds for all points together", kind=float, min=0, optional=True),
}


@dataclass(frozen=True)
class SuiteConfig:
    """A suite on devices, with axes that replace those of its sweeps; an empty one leaves them as they are.

    SUITE_SETTINGS says what each field may be. Raises InvalidRequest for what cannot be measured.
    """

    suite: str = "quick"
    devices: tuple[str, ...] = ("cpu",)  # torch's names; one that is not here is reported, not refused
    sizes: tuple[int, ...] = ()
    dtypes: tuple[str, ...] = ()
    threads: tuple[int, ...] = ()
    data: tuple[str, ...] = ()
    max_seconds: float | None = None  # for a point; None for the suite's
    target_ci: float | None = None
    quiet_wait_s: float = 0.0
    seed: int = 0
    within_s: float | None = None  # for all points; None for the suite's, which may have no such limit

    def __post_init__(self) -> None:
        check_settings(SUITE_SETTINGS, self)
        object.__setattr__(self, "devices", axes.resolved_devices(self.devices))
        axes.check_threads(self.threads)
        self.sweeps()

    def sweeps(self) -> tuple[SweepConfig, ...]:
        """What is measured, in this order."""
        names = ("devices", "sizes", "dtypes", "threads", "data", "max_seconds", "target_ci")
        given = {name: value for name in names if (value := getattr(self, name)) not in ((), None)}
        return planned(SUITES[self.suite], given | {"quiet_wait_s": self.quiet_wait_s, "seed": self.seed})

    def roofs(self) -> RooflineConfig:
        """The roofs that are found first."""
        given = {name: value for name in ("dtypes", "threads") if (value := getattr(self, name))}
        return suite_roofs(self.sweeps(), given | {"devices": self.devices, "seed": self.seed})

    def limit_s(self) -> float | None:
        """Seconds for all points together; None for no limit."""
        return SUITES[self.suite].within_s if self.within_s is None else self.within_s


def selected(names: Sequence[str], axes: Mapping[str, Any]) -> tuple[SweepConfig, ...]:
    """A thorough sweep for each workload, or for each of a family, over its own axes where none are given.

    Raises InvalidRequest for an unknown name and for what cannot be measured.
    """
    return tuple(_config(name, axes) for name in workload_names(names))


def workload_names(names: Sequence[str]) -> list[str]:
    """Workloads by name, each once, those of a family in its place. Raises InvalidRequest for others."""
    return list(dict.fromkeys(_expanded(names)))


def planned(suite: Suite, axes: Mapping[str, Any]) -> tuple[SweepConfig, ...]:
    """The sweeps of a suite; axes replace those of every one of them.

    A workload whose only device would be one that is not here is left to say so when it is measured.
    """
    own = {"max_seconds": suite.max_seconds}
    return tuple(_config(name, own | dict(settings) | dict(axes)) for name, settings in suite.sweeps)


def suite_roofs(configs: Sequence[SweepConfig], axes: Mapping[str, Any]) -> RooflineConfig:
    """The roofs that a planned suite stands under."""
    return roofs(axes, max(1.0, 20 * configs[0].max_seconds), ("float32", "bfloat16"))


def roofs(axes: Mapping[str, Any], seconds: float, dtypes: tuple[str, ...]) -> RooflineConfig:
    """The roofs of these devices, in these formats where the axes name none, in about so many seconds."""
    return RooflineConfig(
        devices=axes["devices"] if "devices" in axes else all_devices(),
        dtypes=axes.get("dtypes", dtypes),
        threads=axes.get("threads", (0,)),
        max_seconds=seconds,
        seed=axes.get("seed", 0),
    )


def _expanded(names: Sequence[str]) -> Iterator[str]:
    families = {workload.family for workload in WORKLOADS.values()}
    for name in names:
        if name in WORKLOADS:
            yield name
        elif name in families:
            yield from (key for key, workload in WORKLOADS.items() if workload.family == name)
        else:
            known = ", ".join([*sorted(families), *WORKLOADS])
            raise InvalidRequest(f"Unknown workload {name!r}; the families and workloads are {known}.")


def _config(name: str, axes: Mapping[str, Any]) -> SweepConfig:
    workload = WORKLOADS[name]
    settings: dict[str, Any] = {
        "dtypes": workload.dtypes[:1],
        "devices": axes["devices"] if "devices" in axes else all_devices(),
        "steps": workload.steps[:1],
        "target_ci": 0.01,
        "thorough": True,
    } | dict(axes)
    if "sizes" not in settings:
        settings["sizes"] = _sizes_that_fit(name, settings)
    return SweepConfig(workload=name, **settings)


def all_devices() -> tuple[str, ...]:
    """The devices of this machine that torch can use, by its names."""
    return tuple(device.id for device in devices.usable())


def _sizes_that_fit(name: str, settings: Mapping[str, Any]) -> tuple[int, ...]:
    """The workload's own sizes that leave memory to others; its smallest at least."""
    workload = WORKLOADS[name]
    widest = max((DTYPE_BYTES.get(dtype, 8) for dtype in settings["dtypes"]), default=8)
    free = [devices.memory_free_bytes(device.id) for device in devices.devices()]
    least = min(workload.memory_bytes(workload.sizes[0], 1, step) for step in workload.steps)
    # A device that is full has no say in the sizes of the others; the sweep reports it.
    room = [count for count in free if count is not None and count >= least] or [0]
    max_bytes = _MEMORY_FRACTION * min(room)
    fit = tuple(
        size
        for size in workload.sizes
        if all(
            workload.memory_bytes(size, widest, step) <= max_bytes
            for step in settings["steps"]
            if step in workload.steps
        )
    )
    return fit or workload.sizes[:1]
