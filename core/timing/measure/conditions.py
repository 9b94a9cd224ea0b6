"""What else ran while something was measured, and whether that contaminated the figure."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import torch

from core import devices
from core.devices import Mark, Reading, nvidia
from core.devices.interruptions import interruptions
from core.torch_devices import readable_id

# From these on a figure is marked: fractions of all the machine's CPU time, and relative losses of clock.
OTHERS_SHARE = 0.10
STEAL_SHARE = 0.02
CLOCK_LOSS = 0.10
# A GPU is only fed by the CPU, so it suffers when hardly any of that is left.
_OTHERS_SHARE_BESIDE_A_GPU = 0.50
# Throttling (quota, heat) may take this fraction of a measurement.
_THROTTLED_FRACTION = 0.01
# The kernel counts CPU time in ticks of 10 ms: over less than this a fraction means nothing.
_MIN_S = 0.1
# Quiet is a second of it.
_QUIET_S = 1.0
_POLL_EVERY_S = 0.1
_HASHED = bytes(16 * 1024)

# The reasons why a clock was held down that say something about the surroundings. A GPU at its power cap is
# doing what it is built for, so that one is reported and does not mark a figure.
_CONTAMINATING = {
    "throttled_by_quota": "the container's CPU quota ran out",
    "throttled_by_heat": "the clock was held down by heat",
    "throttled_by_hot_hardware": "the clock was held down by heat",
    "throttled_by_power_brake": "the power supply held the clock down",
    "throttled_by_hardware": "the hardware held the clock down",
}


@dataclass(frozen=True)
class Conditions:
    """What happened on the machine during one measurement; None where it is not known, reasons say why."""

    device: str
    elapsed_s: float
    others_share: float | None = None  # fraction of all CPU time that other programs used
    steal_share: float | None = None  # fraction that the host of a virtual machine gave away
    interruptions: int | None = None  # how often this process lost its core
    # Of one core doing fixed work, after over before, less 1: it shows the clock where that is hidden.
    core_speed_change: float | None = None
    clock_before_mhz: float | None = None  # of the device that was measured
    clock_after_mhz: float | None = None
    temperature_c: float | None = None  # at the end
    power_w: float | None = None  # at the end
    throttle_reasons: tuple[str, ...] = ()  # readings of core.devices that were 1 at the beginning or the end
    throttled_s: Mapping[str, float] = field(default_factory=dict)  # seconds that its counters moved by
    # Other programs that used the GPU of late, at least so many; None on a CPU and where nothing tells.
    foreign_processes: int | None = None
    listed_processes: int | None = None  # other programs that have work or memory on the GPU, idle ones too
    reasons: Mapping[str, str] = field(default_factory=dict)
    contamination: tuple[str, ...] = ()  # in words; empty when the machine was quiet


@dataclass(frozen=True)
class _Moment:
    """Everything that is read at both ends."""

    mark: Mark
    interruptions: int | None
    core_speed: float
    clock: Reading
    held: frozenset[str]
    counted_s: Mapping[str, float]
    used: (
        Mapping[int, int | None] | str | None
    )  # what each process used of the GPU (%), or why it is not known


@dataclass(frozen=True)
class Used:
    """What a measurement's own processes have used so far."""

    cpu_s: float
    interruptions: int | None  # how often they lost their core


def observe(device: str, elsewhere: Callable[[], Used] | None = None) -> Callable[[], Conditions]:
    """Begin to watch; the function that comes back ends it and says what happened.

    Call it right after the measurement: a clock rises and falls within moments. Either end takes some
    milliseconds, and the end waits until 0.1 s have passed, since CPU time is counted in coarse ticks.
    elsewhere: where other processes do the work; what they use is this program's own.
    """
    before = _moment(device, elsewhere)

    def finish() -> Conditions:
        # First what fades: the clock and its reasons, then the readings that stay.
        clock, held, core_speed = devices.clock(readable_id(device)), _held(device), _core_speed()
        elapsed_s = time.perf_counter() - before.mark.at_s
        time.sleep(max(0.0, _MIN_S - elapsed_s))
        after = _moment(device, elsewhere, clock, held, core_speed)
        readings = devices.read(readable_id(device), before.mark)
        return _conditions(device, before, after, readings)

    return finish


def wait_until_quiet(device: str, max_seconds: float) -> Iterator[tuple[str, ...]]:
    """Wait for a second in which nothing disturbs; yields ten times a second what still does, in words.

    The last is () when it is quiet, and else what disturbed when max_seconds were over.
    """
    ends = time.perf_counter() + max_seconds
    start = _moment(device)
    while True:
        time.sleep(_POLL_EVERY_S)
        now = _moment(device)
        found = _conditions(device, start, now, {}).contamination
        if found:
            start = now  # whatever disturbed, the quiet second begins after it
        elif now.mark.at_s - start.mark.at_s >= _QUIET_S:
            yield ()
            return
        yield found or ("waiting for a quiet second",)
        if now.mark.at_s >= ends:
            return


def cpu_shares(start: Mark, end: Mark) -> tuple[float, float] | None:
    """Parts of all CPU time between two marks: other programs' (steal apart), and steal."""
    total = end.total_s - start.total_s
    if total <= 0:
        return None
    steal = max(0.0, end.steal_s - start.steal_s)
    others = (end.busy_s - start.busy_s) - (end.own_s - start.own_s) - steal
    return min(1.0, max(0.0, others / total)), min(1.0, steal / total)


def foreign_processes(
    before: Mapping[int, int | None] | str | None,
    after: Mapping[int, int | None] | str | None,
    own: int,
    on_the_gpu: bool,
) -> tuple[int | str | None, int | None]:
    """Other processes that used a GPU, at least so many or why that is not known, and how many are on it.

    before, after: process ids and what each used (%), as compute_processes() gives them. on_the_gpu: whether
    this process, `own`, is on it. In a container ids are the host's, and ours is then one of the others.
    """
    moments = [moment for moment in (before, after) if isinstance(moment, Mapping)]
    if not moments:
        return before if isinstance(before, str) else None, None
    listed = {pid for moment in moments for pid in moment if pid != own}
    ours_is_one = on_the_gpu and not any(own in moment for moment in moments)
    others = max(0, len(listed) - ours_is_one)
    if any(share is None for moment in moments for pid, share in moment.items() if pid != own):
        return "not reported: what each process used of the GPU" if others else 0, others
    busy = {pid for moment in moments for pid, share in moment.items() if pid != own and share}
    if ours_is_one and len(busy) == 1 and len(listed) > 1:
        # Ours, or that of another while ours was idle: calling it ours would hide the other.
        return "not reported: whether the process that used the GPU is this one", others
    return max(0, len(busy) - ours_is_one), others


def _conditions(device: str, before: _Moment, after: _Moment, readings: Mapping[str, Reading]) -> Conditions:
    reasons: dict[str, str] = {}

    def value(name: str, reading: Reading | None) -> float | None:
        if reading is None:
            reasons[name] = f"not reported: {device} has no such reading"
        elif reading.reason:
            reasons[name] = reading.reason
        return reading.value if reading else None

    found = cpu_shares(before.mark, after.mark)
    if found is None:
        reasons["others_share"] = reasons["steal_share"] = "not reported: the CPU time counters did not move"
    others, steal = found or (None, None)
    foreign, listed = foreign_processes(before.used, after.used, os.getpid(), torch.cuda.is_initialized())
    if isinstance(foreign, str):
        reasons["foreign_processes"], foreign = foreign, None
    moved = {
        name: after.counted_s[name] - past
        for name, past in before.counted_s.items()
        if name in after.counted_s
    }
    known = Conditions(
        device=device,
        elapsed_s=after.mark.at_s - before.mark.at_s,
        others_share=others,
        steal_share=steal,
        interruptions=_difference(before.interruptions, after.interruptions),
        core_speed_change=after.core_speed / before.core_speed - 1,
        clock_before_mhz=value("clock_before_mhz", before.clock),
        clock_after_mhz=value("clock_after_mhz", after.clock),
        temperature_c=value("temperature_c", readings.get("temperature")),
        power_w=value("power_w", readings.get("power")),
        throttle_reasons=tuple(sorted(before.held | after.held)),
        throttled_s={name: seconds for name, seconds in moved.items() if seconds > 0},
        foreign_processes=foreign,
        listed_processes=listed,
        reasons=reasons,
    )
    return Conditions(**{**vars(known), "contamination": tuple(_contamination(known))})


def _contamination(found: Conditions) -> Iterator[str]:
    """What is worth a mark, each in words."""
    on_cpu = found.device == "cpu"
    notable = OTHERS_SHARE if on_cpu else _OTHERS_SHARE_BESIDE_A_GPU
    if (found.others_share or 0.0) >= notable:
        yield f"other programs used {found.others_share:.0%} of the CPU"
    if (found.steal_share or 0.0) >= STEAL_SHARE:
        yield f"the host gave {found.steal_share:.0%} of the CPU to other machines"
    if found.foreign_processes:
        yield f"{_count(found.foreign_processes, 'other program')} used the GPU"
    min_s = _THROTTLED_FRACTION * found.elapsed_s
    throttled = {name for name, seconds in found.throttled_s.items() if seconds >= min_s}
    yield from dict.fromkeys(
        text for name, text in _CONTAMINATING.items() if name in throttled.union(found.throttle_reasons)
    )
    if on_cpu and (found.core_speed_change or 0.0) <= -CLOCK_LOSS:
        yield f"a core became {-(found.core_speed_change or 0.0):.0%} slower meanwhile"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _moment(
    device: str,
    elsewhere: Callable[[], Used] | None = None,
    clock: Reading | None = None,
    held: frozenset[str] | None = None,
    core_speed: float | None = None,
) -> _Moment:
    """What is read now; what was read a moment ago, and fades, is given."""
    used = elsewhere() if elsewhere else Used(0.0, interruptions())
    return _Moment(
        core_speed=core_speed or _core_speed(),
        clock=clock or devices.clock(readable_id(device)),
        held=_held(device) if held is None else held,
        counted_s=_counted(device),
        used=_used(device),
        interruptions=used.interruptions,
        mark=_with(devices.mark(), used.cpu_s),
    )


def _with(mark: Mark, cpu_s: float) -> Mark:
    """The mark, with what other processes of the measurement used counted as its own."""
    return replace(mark, own_s=mark.own_s + cpu_s)


def _core_speed() -> float:
    """Hashes a second of one core, the best of a few: SHA-256 is one chain that only a clock makes faster."""
    taken_s = []
    for _ in range(25):
        start = time.perf_counter()
        hashlib.sha256(_HASHED).digest()
        taken_s.append(time.perf_counter() - start)
    return 1 / min(taken_s)


def _held(device: str) -> frozenset[str]:
    """Which readings say now that the device's clock is held down; a CPU has none."""
    if device == "cpu":
        return frozenset()
    readings = devices.read(readable_id(device)).values()
    return frozenset(r.name for r in readings if r.name.startswith("throttled_by_") and r.value)


def _counted(device: str) -> dict[str, float]:
    """Seconds of throttling, of the device and of the CPU that feeds it; a GPU's own where names meet."""
    every = {**devices.counters("cpu"), **(devices.counters(readable_id(device)) if device != "cpu" else {})}
    return {
        name: r.value for name, r in every.items() if name.startswith("throttled_by_") and r.value is not None
    }


def _used(device: str) -> Mapping[int, int | None] | str | None:
    """What each process used of a GPU of late; the reason where that is not known; None on other devices."""
    if torch.device(device).type != "cuda":
        return None
    if torch.version.hip:
        return "not reported: processes on AMD's GPUs are not read here"
    try:
        return nvidia.compute_processes(readable_id(device))
    except LookupError as error:
        return str(error)


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before
