"""What a quick check measures: the roofs of each device, and points for all that they do not tell."""

from __future__ import annotations

from typing import Any

from core import devices
from core.timing.quick_check.config import QuickCheckConfig
from core.timing.roofline.config import RooflineConfig
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.suites import selected

# Roofs may take so much of the time; the rest is for points.
_ROOFS = 0.45
_POINT_S = 0.25
_SIZE, _OTHER_SIZES = 1024, (64, 128, 256, 512, 2048)
# Elements in float32: what a link moves at its full rate, and what fits into no cache.
_TRANSFERRED = 2**24
_LINK = ("host_to_device_pinned", "device_to_host_pinned", "host_to_device", "device_to_host")


def roofs(config: QuickCheckConfig) -> RooflineConfig:
    """The best product in the formats that matter, the bandwidth of a copy and the smallest call."""
    halves = ("bfloat16", "float16") if _accelerators(config) else ("bfloat16",)
    return RooflineConfig(
        devices=config.devices,
        dtypes=("float32", *halves),
        max_seconds=max(1.0, _ROOFS * config.max_seconds),
        seed=config.seed,
    )


def points(config: QuickCheckConfig) -> tuple[SweepConfig, ...]:
    """The links, a product that tells the precision that runs, and then over the size what pays."""
    both = {"seed": config.seed, "max_seconds": _POINT_S}
    threads = (1, 0) if devices.usable_cores() > 1 and "cpu" in config.devices else (0,)
    quickly = both | {"thorough": False, "target_ci": 0.05}
    plan: list[SweepConfig] = []
    if accelerators := _accelerators(config):
        transfers = quickly | {"sizes": (_TRANSFERRED,)}
        plan += [one for name in _LINK for one in _of(name, accelerators, transfers)]
    plan += _of("gemm", config.devices, both | {"sizes": (_SIZE,), "threads": threads})
    plan += _of("gemm", config.devices, quickly | {"sizes": _OTHER_SIZES, "threads": threads})
    plan += _of("mlp_step", config.devices, quickly)
    return tuple(plan)


def within_s(config: QuickCheckConfig) -> float:
    """Seconds for all points together."""
    return (1 - _ROOFS) * config.max_seconds


def _accelerators(config: QuickCheckConfig) -> tuple[str, ...]:
    return tuple(device for device in config.devices if device != "cpu")


def _of(workload: str, on: tuple[str, ...], settings: dict[str, Any]) -> tuple[SweepConfig, ...]:
    return selected([workload], {"devices": on} | settings)
