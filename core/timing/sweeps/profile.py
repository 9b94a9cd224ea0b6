"""What is known of a device before its first thorough point: its noise, its roof, a flush of its caches."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from core import torch_devices
from core.timing.measure.cold import Flush, flush_for
from core.timing.measure.noise import measure_noise
from core.timing.results.events import DeviceAbsent, NoiseMeasured, RoofMeasured
from core.timing.roofline.quick import quick_roofline
from core.timing.sweeps.config import Point, SweepConfig

# Getting to know a device takes no longer than this for each of its noise and its roof.
_MAX_PRELIMINARY_S = 1.0
# Filling a large cache takes a tenth of a second, and each cold call needs it.
_MIN_WITH_COLD_S = 0.2

# A device, and CPU threads on it (None on an accelerator).
Where = tuple[str, int | None]


@dataclass(frozen=True)
class DeviceProfile:
    """What is known of one device, with so many threads on a CPU; None where it could not be found out."""

    noise: NoiseMeasured | None
    roof: RoofMeasured | None
    flush: Flush | str  # empties its caches, or says why it cannot


def profiles(
    todo: Sequence[tuple[SweepConfig, Point]], roofs: Sequence[RoofMeasured]
) -> Generator[Any, None, dict[Where, DeviceProfile]]:
    """Profiles of the devices and thread counts of all thorough points.

    Yields Progress, and NoiseMeasured and RoofMeasured for each but the roofs that are known already. An
    accelerator that fails has no profile; DeviceAbsent says why.
    """
    found: dict[Where, DeviceProfile] = {}
    flushes: dict[str, Flush | str] = {}
    thorough = [(config, point) for config, point in todo if config.thorough]
    for where in dict.fromkeys((point.device, point.threads) for _, point in thorough):
        of = [(config, point) for config, point in thorough if (point.device, point.threads) == where]
        seconds = min(_MAX_PRELIMINARY_S, 2 * max(config.max_seconds for config, _ in of))
        dtypes = tuple(dict.fromkeys(point.dtype for _, point in of))
        roof = next((known for known in roofs if (known.device, known.threads) == where), None)
        try:
            with torch_devices.threads(where[1]):
                noise = yield from measure_noise(*where, seconds, of[0][0].seed, of[0][0].quiet_wait_s)
                yield noise
                if roof is None:
                    roof = yield from quick_roofline(*where, dtypes, seconds)
                    yield roof
            if where[0] not in flushes:
                flushes[where[0]] = flush_within(where[0], max(config.max_seconds for config, _ in of))
        except torch_devices.DEVICE_ERRORS as error:
            if where[0] == "cpu":
                raise
            yield DeviceAbsent(where[0], torch_devices.failure(where[0]) or torch_devices.device_error(error))
        else:
            found[where] = DeviceProfile(noise, roof, flushes[where[0]])
    return found


def flush_within(device: str, max_seconds: float) -> Flush | str:
    """The flush of a device's caches; a sentence where there can be none in so short a time."""
    if max_seconds < _MIN_WITH_COLD_S:
        return "the time limit is too short for calls on cold caches"
    return flush_for(device)
