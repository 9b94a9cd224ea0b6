"""How many times faster one series is than a reference, at each size, and from which size on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from core.timing.results.table import Record, apart_from_data, believed, call_times, series_name
from core.timing.sweeps.events import Reached, SpeedupCurve
from core.timing.workloads import WORKLOADS
from core.timing.workloads.dtypes import DTYPE_BYTES

# Where a GPU overtakes the CPU, and where it is ten and forty times as fast.
OVERTAKES, TENFOLD, FORTYFOLD = 1.0, 10.0, 40.0

_TO_DEVICE = ("host_to_device", "host_to_device_pinned")
_TO_HOST = ("device_to_host", "device_to_host_pinned")

# Seconds of transfers by bytes, for each workload and device.
Transfers = dict[tuple[str, str], dict[float, float]]


@dataclass(frozen=True)
class Speedup:
    """A ratio of two medians of what a program waits for a call: 2.0 is twice as fast as the reference."""

    series: str
    reference: str
    size: int
    ratio: float
    # From the far ends of both intervals, wider than 95% needs: the two were not measured in pairs.
    low: float
    high: float


def speedups(records: Sequence[Record]) -> list[Speedup]:
    """Every series against the CPU; on a machine without an accelerator, against the CPU's simplest way.

    With an accelerator: each of its series against the CPU in the same dtype with most threads. Without:
    every series against the CPU in float32 (or the first dtype there is) with fewest threads. Workloads,
    steps and operand fills are compared with their own kind only.
    """
    taken = believed(records)
    accelerated = [record for record in taken if record["device"] != "cpu"]
    max_threads, simplest = _cpu_of_max_threads(taken), {} if accelerated else _simplest_ways(taken)
    found = []
    for record in accelerated or taken:
        reference = max_threads.get(_at(record)) if accelerated else simplest.get(_at(record)[:-1])
        if reference is not None:
            found.append(_against(record, reference))
    return found


def crossings(records: Sequence[Record]) -> list[str]:
    """From which size on each of speedups() overtakes its reference, a sentence, of two or more."""
    found: dict[tuple[str, str], list[Speedup]] = {}
    for one in speedups(records):
        if one.series != one.reference:
            found.setdefault((one.series, one.reference), []).append(one)
    sentences = []
    for (series, reference), of in found.items():
        if len({one.size for one in of}) < 2:
            continue
        of = sorted(of, key=lambda one: one.size)
        crossing = reached([one.size for one in of], [one.ratio for one in of], OVERTAKES)
        says = crossing.reason or f"from size {crossing.size:,.0f} on"
        if crossing.size is not None and of[-1].ratio < OVERTAKES:
            says += f", and is slower again at {of[-1].size:,}"
        sentences.append(f"{series} overtakes {reference}: {says}.")
    return sentences


def against_random(records: Sequence[Record]) -> list[Speedup]:
    """Every point with other data than random against the same point with random data: how far it misleads.

    Ratios above 1 look faster than they are.
    """
    taken = believed(records)
    random = {apart_from_data(record): record for record in taken if _data(record) == "random"}
    pairs = [(one, random.get(apart_from_data(one))) for one in taken if _data(one) != "random"]
    return [_against(record, default) for record, default in pairs if default is not None]


def _data(record: Record) -> str:
    return str(record.get("data", "random"))


def speedup_curves(records: Sequence[Record], workload: str | None = None) -> list[SpeedupCurve]:
    """Each accelerator over the CPU, for every workload, step, operand fill and dtype that both have.

    The CPU takes as many threads as it was measured with at most. Empty without an accelerator.
    workload: the only one to look at.
    """
    taken = [
        record
        for record in believed(records)
        if workload is None or record["workload"] in (workload, *_TO_DEVICE, *_TO_HOST)
    ]
    references = _cpu_of_max_threads(taken)
    pairs: dict[tuple[str, ...], list[tuple[Record, Record]]] = {}
    for record in taken:
        if record["device"] == "cpu" or record["workload"] in (*_TO_DEVICE, *_TO_HOST):
            continue
        reference = references.get(_at(record))
        if reference is not None:
            key = (*_kind(record), record["dtype"], record["device"], series_name(reference))
            pairs.setdefault(key, []).append((record, reference))
    transfers = _measured_transfers(taken)
    return [_curve(sorted(of_one, key=_size_of_pair), transfers) for of_one in pairs.values()]


def reached(sizes: Sequence[float], ratios: Sequence[float], ratio: float) -> Reached:
    """Where a curve first reaches a ratio; sizes ascend, and both axes are taken as logarithmic."""
    if not sizes:
        return Reached(ratio, None, "nothing was measured on both")
    if ratios[0] >= ratio:
        return Reached(ratio, float(sizes[0]), f"already at {sizes[0]:g}, the smallest size measured")
    for (size, low), (next_size, high) in pairwise(zip(sizes, ratios, strict=True)):
        if high >= ratio:
            fraction = math.log(ratio / low) / math.log(high / low)
            return Reached(ratio, size * (next_size / size) ** fraction)
    return Reached(
        ratio, None, f"never up to {sizes[-1]:g}, the largest size measured; the most is {max(ratios):.3g}x"
    )


def transfer_time_s(count_bytes: float, measured: Sequence[tuple[float, float]]) -> float:
    """Seconds that a transfer of so many bytes takes, from measured (bytes, seconds), at least one of them.

    Between two measured amounts on logarithmic axes. Fewer bytes than the smallest amount take as long as it,
    which is the cost of any transfer; more than the largest are transferred at its rate.
    """
    known = sorted(measured)
    if count_bytes <= known[0][0]:
        return known[0][1]
    for (few, few_s), (many, many_s) in pairwise(known):
        if count_bytes <= many:
            fraction = math.log(count_bytes / few) / math.log(many / few)
            return few_s * (many_s / few_s) ** fraction
    max_bytes, max_s = known[-1]
    return max_s * count_bytes / max_bytes


def _curve(pairs: Sequence[tuple[Record, Record]], transfers: Transfers) -> SpeedupCurve:
    record, reference = pairs[0]
    sizes = tuple(ours["size"] for ours, _ in pairs)
    waits = [(call_times(ours)[0], call_times(theirs)[0]) for ours, theirs in pairs]
    ratios = tuple(theirs_s / ours_s for ours_s, theirs_s in waits)
    own = tuple(theirs["median_s"] / ours["median_s"] for ours, theirs in pairs)
    on_wall = any(ours.get("wall_s") is not None for ours, _ in pairs)
    transfer = _transfer_times(record, transfers)
    carried: tuple[float, ...] = ()
    if not isinstance(transfer, str):
        carried = tuple(
            theirs_s / (ours_s + transfer(size))
            for (ours_s, theirs_s), size in zip(waits, sizes, strict=True)
        )
    return SpeedupCurve(
        *_kind(record),
        dtype=record["dtype"],
        device=record["device"],
        series=series_name(record),
        reference=series_name(reference),
        sizes=sizes,
        ratios=ratios,
        reached=_all_reached(sizes, ratios),
        with_transfers=carried,
        reached_with_transfers=_all_reached(sizes, carried) if carried else (),
        transfer_reason=transfer if isinstance(transfer, str) else None,
        kernel_ratios=own if on_wall else (),
    )


def _all_reached(sizes: Sequence[float], ratios: Sequence[float]) -> tuple[Reached, ...]:
    return tuple(reached(sizes, ratios, ratio) for ratio in (OVERTAKES, TENFOLD, FORTYFOLD))


def _transfer_times(record: Record, transfers: Transfers) -> Callable[[int], float] | str:
    """Seconds of bringing the operands of a size and taking the result back; a sentence if unknown."""
    workload = WORKLOADS.get(record["workload"])
    if workload is None or workload.transfer_bytes is None:
        return f"{record['workload']} has no operands that would have to be transferred"
    there, back = (_first_measured(names, record["device"], transfers) for names in (_TO_DEVICE, _TO_HOST))
    if not there or not back:
        return f"host_to_device and device_to_host were not both measured on {record['device']}"
    counted, element_bytes = workload.transfer_bytes, DTYPE_BYTES[record["dtype"]]

    def seconds(size: int) -> float:
        bytes_there, bytes_back = counted(size, element_bytes)
        return transfer_time_s(bytes_there, there) + transfer_time_s(bytes_back, back)

    return seconds


def _measured_transfers(taken: Sequence[Record]) -> Transfers:
    found: Transfers = {}
    for record in taken:
        if record["workload"] in (*_TO_DEVICE, *_TO_HOST):
            times = found.setdefault((record["workload"], record["device"]), {})
            times[float(record["bytes_moved"])] = float(call_times(record)[0])
    return found


def _first_measured(names: Sequence[str], device: str, transfers: Transfers) -> list[tuple[float, float]]:
    """(bytes, seconds) of the first of these workloads that was measured: pageable memory, then pinned."""
    return sorted(
        next((transfers[name, device] for name in names if (name, device) in transfers), {}).items()
    )


def _size_of_pair(pair: tuple[Record, Record]) -> int:
    return pair[0]["size"]


def _kind(record: Record) -> tuple[str, str, str]:
    """What must agree between two measurements that are compared, apart from size and dtype."""
    return record["workload"], record.get("step", "forward"), record.get("data", "random")


def _against(record: Record, reference: Record) -> Speedup:
    (ours_s, ours_low, ours_high), (theirs_s, theirs_low, theirs_high) = map(call_times, (record, reference))
    return Speedup(
        series=series_name(record),
        reference=series_name(reference),
        size=record["size"],
        ratio=theirs_s / ours_s,
        low=theirs_low / ours_high,
        high=theirs_high / ours_low,
    )


# What was done: workload, step, operand fill, size and dtype.
_Done = tuple[str, str, str, int, str]


def _at(record: Record) -> _Done:
    return (*_kind(record), record["size"], record["dtype"])


def _cpu_of_max_threads(taken: Sequence[Record]) -> dict[_Done, Record]:
    """The CPU with most threads, for all that it has done."""
    found: dict[_Done, Record] = {}
    for record in taken:
        if record["device"] == "cpu":
            best = found.setdefault(_at(record), record)
            if record["threads"] > best["threads"]:
                found[_at(record)] = record
    return found


def _simplest_ways(taken: Sequence[Record]) -> dict[tuple[Any, ...], Record]:
    """Of each workload, step, operand fill and size: float32 (or the first dtype), fewest threads."""
    of_kind: dict[tuple[str, str, str], list[Record]] = {}
    for record in taken:
        of_kind.setdefault(_kind(record), []).append(record)
    found: dict[tuple[Any, ...], Record] = {}
    for kind, alike in of_kind.items():
        dtypes = [record["dtype"] for record in alike]
        dtype = "float32" if "float32" in dtypes else dtypes[0]
        threads = min(record["threads"] for record in alike)
        for record in alike:
            if (record["dtype"], record["threads"]) == (dtype, threads):
                found.setdefault((*kind, record["size"]), record)
    return found
