"""What was measured against what it should be: a rating for each, by rules that stand here. Records in.

Each rule says where its limits come from. A rate is what the machine can do at least, so that a good one is
good also while other programs run; a low one says nothing then, and is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.timing.quick_check.events import FAIR, GOOD, NOTE, POOR, UNKNOWN, Finding, MachineChecked
from core.timing.results.labels import device_label
from core.timing.results.lines import vendor_fraction
from core.timing.results.table import (
    NOTABLE_LOAD,
    Record,
    believed,
    environment_of,
    link_label,
    measurements,
    other_load,
)
from core.timing.results.units import duration, figure, flops_rate
from core.timing.workloads import WORKLOADS

# (fair from, good from), as fractions of what is expected.
# A product in float32 reaches 85 to 95% of the cores' FMA peak with a good library (explanation.py).
_OF_FMA = (0.60, 0.85)
# Cores that all work clock lower than one alone may: by a fifth to a third where nothing is wrong.
_OF_HIGHEST_CLOCK = (0.50, 0.65)
# Long searches for the best product in bfloat16 end at 78 to 87% of the vendor's figure (A100, H100, B200:
# Bekman, Machine Learning Engineering); this search is short, and smaller cards reach more in float32.
_OF_VENDOR = (0.45, 0.65)
# A copy reads and writes; on cards with HBM it moves 85 to 93% of the vendor's figure.
_OF_VENDOR_MEMORY = (0.55, 0.75)
# Of threads times one thread: what is missing is clock, and for cores that share units nearly half.
_OF_THREADS = (0.50, 0.75)
# Pinned memory over PCIe arrives at 75 to 85% of what the lanes carry: headers and requests take the rest.
_OF_LINK = (0.50, 0.70)
# GB/s that a lane carries in one direction, by generation (PCI-SIG: transfer rate times the line code).
_LANE_GBPS = {1: 0.25, 2: 0.5, 3: 0.985, 4: 1.969, 5: 3.938, 6: 7.563}
# Seconds of the smallest call (good up to, fair up to): torch needs 1 to 2 µs on a CPU, a GPU 4 to 8 µs.
_CALL_S = {"cpu": (5e-6, 20e-6), "accelerator": (15e-6, 40e-6)}
# The same operation at two moments: beyond, results of different moments hide what people look for.
_NOISE = 0.10
_PINNED = ("host_to_device_pinned", "device_to_host_pinned")

_THROTTLED = {
    "throttled_by_power": "its power limit",
    "throttled_by_heat": "heat",
    "throttled_by_hardware": "a slow-down of its hardware",
}
_RANK = {UNKNOWN: 0, NOTE: 0, GOOD: 1, FAIR: 2, POOR: 3}


def checked(records: Sequence[Record]) -> MachineChecked:
    """The findings of all that was measured, and what they say together."""
    found = [
        *_absent(records),
        *_arithmetic(records),
        *_clock(records),
        *_precision(records),
        *_threads(records),
        *_memory(records),
        *_calls(records),
        *_links(records),
        *_throttled(records),
        *_speedups(records),
        *_noise(records),
        *_doubts(records),
    ]
    disturbed = list(_other_programs(records))
    busy = any(one.rating == FAIR for one in disturbed)
    found = [*(map(_open, found) if busy else found), *disturbed]
    rating = max((one.rating for one in found), key=_RANK.__getitem__, default=UNKNOWN)
    if busy and rating == FAIR and any(one.rating == UNKNOWN for one in found):
        rating = UNKNOWN
    rating = UNKNOWN if rating == NOTE else rating
    return MachineChecked(rating, _in_words(rating, found, busy), tuple(found))


def _in_words(rating: str, found: Sequence[Finding], busy: bool) -> str:
    named = [f"{one.subject} ({one.device})" for one in found if one.rating == rating]
    names = "; ".join(dict.fromkeys(named))
    if rating == GOOD:
        return "This machine is as fast as it should be."
    if rating == FAIR:
        return f"This machine works, and something could be better: {names}."
    if rating == POOR:
        return f"Something does not work, or is much slower than it should be: {names}."
    if busy:
        return "This machine cannot be judged while other programs use it: measure again when they are done."
    return "Nothing could be rated: the reasons are below."


def _open(finding: Finding) -> Finding:
    """While other programs run, a low rate is no proof."""
    if finding.rating not in (FAIR, POOR) or finding.fraction is None:
        return finding
    return replace(finding, rating=UNKNOWN, remedy="Measure again when other programs are done.")


def _rating(fraction: float, limits: tuple[float, float]) -> str:
    fair, good = limits
    return GOOD if fraction >= good else FAIR if fraction >= fair else POOR


def _absent(records: Sequence[Record]) -> Iterator[Finding]:
    """A device that was asked for and cannot work; and a GPU that the driver lists and torch cannot use."""
    for record in _events(records, "device_absent"):
        yield Finding(
            "Use by PyTorch",
            record["device"],
            POOR,
            f"{record['device']} cannot be used: {record['reason'].rstrip('.')}.",
            remedy="PyTorch's build, the driver and the card have to fit each other.",
        )
    used = {record["device"] for record in _events(records, "roof_measured")} - {"cpu"}
    environment = environment_of(records)
    cards = [str(card.get("name", "GPU")) for card in environment.get("gpus") or () if isinstance(card, dict)]
    if cards and not used and not list(_events(records, "device_absent")):
        yield Finding(
            "Use by PyTorch",
            cards[0],
            POOR,
            f"The driver lists {', '.join(cards)}, and no GPU was measured: PyTorch "
            f"{environment.get('torch', '')} cannot use it, or it was left out.",
            remedy="Install a build of PyTorch for this GPU.",
        )


def _arithmetic(records: Sequence[Record]) -> Iterator[Finding]:
    """The best product of each format, against the cores' own peak or the vendor's figure."""
    peaks = {record["threads"]: record["gflops"] for record in _events(records, "fma_measured")}
    for record in _events(records, "peak_found"):
        if record.get("not_believed"):
            continue
        subject = f"Matrix product in {record['dtype']}"
        if record.get("ended_early"):
            says = (
                f"{flops_rate(record['gflops'])} so far, and the search ended early: {record['ended_early']}."
            )
            yield Finding(subject, device_label(record), UNKNOWN, says, record["gflops"], unit="GFLOP/s")
            continue
        reached = flops_rate(record["gflops"])
        device, share = device_label(record), record["fma_share"]
        if share is not None:
            yield Finding(
                subject,
                device,
                _rating(share, _OF_FMA),
                f"{reached} is {share:.0%} of what the cores can multiply and add.",
                record["gflops"],
                peaks.get(record["threads"]),
                "GFLOP/s",
                share,
                f"{record['explanation']}." if record["explanation"] else "",
            )
        elif (fraction := vendor_fraction(record)) is not None:
            yield Finding(
                subject,
                device,
                _rating(fraction, _OF_VENDOR),
                f"{reached} is {fraction:.0%} of the vendor's {flops_rate(record['vendor_gflops'])}.",
                record["gflops"],
                record["vendor_gflops"],
                "GFLOP/s",
                fraction,
                "Look at clock, power limit and temperature while it works, and at the versions of driver "
                "and PyTorch.",
            )
        else:
            yield Finding(
                subject, device, NOTE, f"{reached}; what it should be is not known.", record["gflops"],
                unit="GFLOP/s",
            )  # fmt: skip
    for record in _events(records, "format_absent"):
        says = f"Not multiplied: {record['reason'].rstrip('.')}."
        yield Finding(f"Matrix product in {record['dtype']}", record["device"], NOTE, says)


def _clock(records: Sequence[Record]) -> Iterator[Finding]:
    """What all cores together can multiply and add, against the same at their highest clock."""
    for record in _events(records, "fma_measured"):
        highest = record.get("highest_clock_gflops")
        if record["gflops"] is None or not highest:
            continue
        fraction = record["gflops"] / highest
        yield Finding(
            "Clock of the cores",
            "cpu",
            _rating(fraction, _OF_HIGHEST_CLOCK),
            f"With {record['instructions']} the cores reach {fraction:.0%} of what they would at their "
            "highest clock.",
            record["gflops"],
            highest,
            "GFLOP/s",
            fraction,
            "Look at the frequency governor, the power plan, cooling, and the limits of the container.",
        )


def _precision(records: Sequence[Record]) -> Iterator[Finding]:
    """A format that was asked for and did not run."""
    seen = set()
    for record in measurements(records):
        ran = record["precision"]
        if ran in (None, record["dtype"]) or (record["device"], record["dtype"]) in seen:
            continue
        seen.add((record["device"], record["dtype"]))
        yield Finding(
            "Precision",
            record["device"],
            FAIR,
            f"{record['dtype']} was asked for and {ran} ran: rates of {record['dtype']} are not its own.",
            remedy="Look at torch.set_float32_matmul_precision and at TORCH_ALLOW_TF32_CUBLAS_OVERRIDE.",
        )


def _threads(records: Sequence[Record]) -> Iterator[Finding]:
    """What all threads gain over one, in the largest product that both did, and from which size they pay."""
    products = [
        r
        for r in believed(records)
        if r["workload"] == "gemm" and r["device"] == "cpu" and r["dtype"] == "float32"
    ]
    by_size: dict[int, dict[int, float]] = {}
    for record in products:
        by_size.setdefault(record["size"], {})[record["threads"]] = record["median_s"]
    gains = {
        size: (max(of), of[1] / of[max(of)])
        for size, of in sorted(by_size.items())
        if 1 in of and len(of) > 1
    }
    if not gains:
        return
    size = max(gains)
    threads, gain = gains[size]
    pays = next((size for size, (_, of) in gains.items() if of > 1.1), None)
    fraction = gain / threads
    yield Finding(
        "Threads",
        "cpu",
        _rating(fraction, _OF_THREADS),
        f"{threads} threads multiply matrices of N = {size:,} {gain:.2g} times as fast as one"
        + (f", and pay from N = {pays:,} on." if pays else ", and pay at no size that was measured."),
        gain,
        float(threads),
        "times one thread",
        fraction,
        "Look for a limit of the container below the cores that are seen, and for threads that share a core.",
    )


def _memory(records: Sequence[Record]) -> Iterator[Finding]:
    """The bandwidth of a copy, against the vendor's figure where there is one."""
    for record in _events(records, "bandwidth_found"):
        if record.get("not_believed"):
            continue
        device, rate, vendor = device_label(record), record["gbps"], record["vendor_gbps"]
        if rate is None:
            says = f"Not measured: {str(record['reason']).rstrip('.')}."
            yield Finding("Memory", device, UNKNOWN, says)
        elif vendor:
            yield Finding(
                "Memory",
                device,
                _rating(rate / vendor, _OF_VENDOR_MEMORY),
                f"A copy moves {figure(rate)} GB/s, {rate / vendor:.0%} of the vendor's {figure(vendor)}.",
                rate,
                vendor,
                "GB/s",
                rate / vendor,
                "Look at the memory's clock, at ECC, and at other programs on the card.",
            )
        else:
            says = f"A copy moves {figure(rate)} GB/s; what it should be is not known."
            yield Finding("Memory", device, NOTE, says, rate, unit="GB/s")


def _calls(records: Sequence[Record]) -> Iterator[Finding]:
    """The smallest call of each device."""
    costs: dict[str, float] = {}
    for record in _events(records, "roof_measured"):
        if record["launch_s"]:
            costs[record["device"]] = min(record["launch_s"], costs.get(record["device"], record["launch_s"]))
    for device, cost_s in costs.items():
        good_s, fair_s = _CALL_S["cpu" if device == "cpu" else "accelerator"]
        rating = GOOD if cost_s <= good_s else FAIR if cost_s <= fair_s else POOR
        yield Finding(
            "Smallest call",
            device,
            rating,
            f"A call that does next to nothing takes {duration(cost_s)}; up to {duration(good_s)} is normal.",
            cost_s,
            good_s,
            "s",
            min(1.0, good_s / cost_s),
            "Look for a debugger or profiler, a slow core or a busy machine: small networks feel it most.",
        )


def _links(records: Sequence[Record]) -> Iterator[Finding]:
    """Pinned memory to a device and back, against what the lanes carry; pageable memory beside it."""
    of_links = [r for r in believed(records) if r["workload"] in _PINNED]
    for record in of_links:
        there = record["workload"].startswith("host")
        subject = "Link to the device" if there else "Link from the device"
        rate = record["gbps"]
        pageable = [
            r["gbps"]
            for r in believed(records)
            if r["workload"] == record["workload"].removesuffix("_pinned") and r["device"] == record["device"]
        ]
        beside = f"; {figure(pageable[0])} GB/s from pageable memory" if pageable else ""
        lane = _LANE_GBPS.get(record["pcie_generation"] or 0)
        if not lane or not record["pcie_width"]:
            says = (
                f"Pinned memory moves at {figure(rate)} GB/s{beside}; what the link carries is not reported."
            )
            yield Finding(subject, record["device"], NOTE, says, rate, unit="GB/s")
            continue
        carried = lane * record["pcie_width"]
        yield Finding(
            subject,
            record["device"],
            _rating(rate / carried, _OF_LINK),
            f"Pinned memory moves at {figure(rate)} GB/s{beside}; {link_label(record)} carries "
            f"{figure(carried)} GB/s.",
            rate,
            carried,
            "GB/s",
            rate / carried,
            "Look at the slot, at risers, and at which socket the card belongs to.",
        )


def _throttled(records: Sequence[Record]) -> Iterator[Finding]:
    """A GPU whose clock was throttled while it worked."""
    causes: dict[str, dict[str, int]] = {}
    for record in _events(records, "device_sampled"):
        for name, words in _THROTTLED.items():
            reading = record["readings"].get(name) or {}
            highest = (record.get("highest") or {}).get(name, reading.get("value"))
            if highest:
                of = causes.setdefault(record["device"], {})
                of[words] = of.get(words, 0) + 1
    for device, of in causes.items():
        for words, times in of.items():
            yield Finding(
                "Clock of the card",
                device,
                FAIR,
                f"Throttled by {words} during {times} of the measurements.",
                remedy="A power limit is often set on purpose; heat and hardware are not: look at cooling "
                "and supply.",
            )


def _speedups(records: Sequence[Record]) -> Iterator[Finding]:
    """Each accelerator over the CPU: from which size on it pays, with and without what a launch takes."""
    for record in _events(records, "speedup_curve"):
        first = record["reached"][0] if record["reached"] else {}
        best = max(record["ratios"], default=0.0)
        size = first.get("size")
        pays = f"pays from size {size:,.0f} on" if size else "never overtook it at the sizes measured"
        own = record.get("kernel_ratios") or ()
        kernel = f" ({max(own):.3g} in its own time, launches left out)" if own else ""
        yield Finding(
            f"{WORKLOADS[record['workload']].title} against the CPU",
            record["device"],
            NOTE,
            f"Up to {best:.3g} times as fast as {record['reference']}{kernel}, and it {pays}.",
            best,
            unit="times",
        )


def _noise(records: Sequence[Record]) -> Iterator[Finding]:
    """How far the same operation differs from itself, the worst of each device."""
    worst: dict[str, Record] = {}
    for record in _events(records, "noise_measured"):
        if record["unpaired"] >= worst.get(record["device"], record)["unpaired"]:
            worst[record["device"]] = record
    for device, record in worst.items():
        floor, in_turns = (
            f"{record[name]:.1%}" if record[name] < 1 else "more than 100%" for name in ("unpaired", "paired")
        )
        yield Finding(
            "Steadiness",
            device,
            GOOD if record["unpaired"] <= _NOISE else FAIR,
            f"The same operation differs from itself by up to {floor} from one moment to the next, and by "
            f"{in_turns} in turns.",
            record["unpaired"],
            _NOISE,
            "relative",
            remedy="A shared machine, power saving or a busy neighbour: compare in turns, or wait for quiet.",
        )


def _doubts(records: Sequence[Record]) -> Iterator[Finding]:
    """Rates that no such device can reach."""
    for record in records:
        if record.get("not_believed"):
            what = record.get("dtype", "a copy")
            yield Finding(
                "Clock of the measurement", record["device"], FAIR, f"{what}: {record['not_believed']}."
            )


def _other_programs(records: Sequence[Record]) -> Iterator[Finding]:
    """What else ran meanwhile."""
    load = other_load(records)
    marked = sum(bool(record["contamination"]) for record in measurements(records))
    if load is not None:
        busy = load >= NOTABLE_LOAD or marked > 0
        says = f"Other programs used up to {load:.0f}% of the CPU during a measurement" + (
            f", and {marked} of {len(measurements(records))} figures are marked as contaminated."
            if marked
            else "."
        )
        yield Finding(
            "Other programs", "cpu", FAIR if busy else GOOD, says, load, unit="%",
            remedy="Close them, or measure when they are done.",
        )  # fmt: skip


def _events(records: Sequence[Record], name: str) -> Iterator[Record]:
    return (record for record in records if record["event"] == name)
