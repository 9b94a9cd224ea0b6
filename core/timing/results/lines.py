"""One record as one line: a row of a table, or a sentence. Records in, text out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.timing.quick_check.events import FAIR, POOR, UNKNOWN, WORDS
from core.timing.results.labels import device_label, environment_line, threads_label, workload_label
from core.timing.results.table import Record, link_label
from core.timing.results.units import (
    counted,
    duration,
    energy,
    figure,
    flops_rate,
    half_width_percent,
    in_bytes,
)

HEADER = (
    f"{'workload':<22} {'device':<7} {'dtype':<9} {'size':>9} {'thr':>3} {'median':>9} {'95% CI':>7} "
    f"{'first':>9} {'cold':>9} {'GFLOP/s':>9} {'GB/s':>7} {'FLOP/B':>7}  notes"
)


def line(record: Record) -> str | None:
    """One record of a measurement in one line of a table or a sentence; None when it has nothing to say."""
    if record["event"] == "environment_read":
        return environment_line(record["environment"])
    if record["event"] == "concluded":
        return "\n" + "\n".join(record["sentences"])
    return row(record) if record["event"] == "measurement_taken" else other_line(record)


def other_line(record: Record) -> str | None:
    """What a record that is no measurement has to say, in one line; None when that is nothing."""
    text = _LINES.get(record["event"])
    return text(record) if text else None


def row(record: Record) -> str:
    """One measurement under HEADER."""
    return (
        f"{workload_label(record):<22} {record['device']:<7} {record['dtype']:<9} {record['size']:>9} "
        f"{threads_label(record):>3} "
        f"{duration(record['median_s']):>9} {interval_half_width(record):>7} "
        f"{duration(record['first_call_s']):>9} {duration(record['cold_median_s']):>9} "
        f"{figure(record['gflops'] or None):>9} {figure(record['gbps']):>7} "
        f"{figure(record['arithmetic_intensity']):>7}  {notes(record)}"
    )


def interval_half_width(record: Record) -> str:
    """Half the width of the 95% interval, as a fraction of the median."""
    return f"±{half_width_percent(record):.1f}%"


def notes(record: Record) -> str:
    """What limits the operation, what a program waits for it, the precision that ran, energy, and doubts."""
    parts = [record["limit"]] if record["limit"] else []
    parts += [link] if (link := link_label(record)) else []
    parts += waits(record)
    if record["precision"]:
        parts.append(f"ran {record['precision']}")
    if known := energy(record):
        parts += [known[1]] if known[1] else []
    if record["stopped_by"] != "target":
        parts.append(str(record["stopped_by"]))
    parts += [f"! not believed: {why}"] if (why := record.get("not_believed")) else []
    parts += [f"! {why}" for why in record["contamination"]]
    return ", ".join(parts)


def waits(record: Record) -> list[str]:
    """What a program waits for an accelerator, and whether launches are hidden; nothing of a CPU."""
    times = {
        "wall": record.get("wall_s"),
        "latency": record.get("latency_s"),
        "launch": record.get("launch_s"),
    }
    parts = [f"{name} {duration(time_s)}" for name, time_s in times.items() if time_s is not None]
    return parts + (["launches not hidden"] if record.get("launches_hidden") is False else [])


def _absent_line(record: Record) -> str:
    return f"{record['device']} cannot be used: {record['reason']}"


def _failed_line(record: Record) -> str:
    where = f"{record['device']} {record['dtype']}, size {record['size']}"
    return f"{workload_label(record)}, {where} failed: {record['reason']}"


def _skipped_line(record: Record) -> str:
    return f"{len(record['points'])} points left out: {record['reason']}"


def _noise_line(record: Record) -> str:
    why = "".join(f"; contaminated: {why}" for why in record["contamination"])
    return (
        f"Noise of {device_label(record)}: {record['paired']:.1%} between operations that run in turns, "
        f"{record['unpaired']:.1%} between figures of different moments{why}"
    )


def _roof_line(record: Record) -> str:
    reached = [f"{dtype} {figure(rate)} GFLOP/s" for dtype, rate in record["gflops"].items()]
    reached += [f"copy {figure(record['gbps'])} GB/s"] if record["gbps"] else []
    reached += [f"smallest call {duration(record['launch_s'])}"] if record["launch_s"] else []
    return f"Roof of {device_label(record)}: {', '.join(reached) or 'nothing could run'}"


def _fma_line(record: Record) -> str:
    if record["gflops"] is None:
        return f"FMA peak of the cores: {record['reason']}"
    peak = f"{figure(record['gflops'])} GFLOP/s in float32 ({record['instructions']})"
    return f"FMA peak of {counted(record['threads'], 'core')}: {peak}"


def _peak_line(record: Record) -> str:
    shape = f"({record['rows']}, {record['inner']}) times ({record['inner']}, {record['columns']})"
    parts = [f"{record['dtype']} {figure(record['gflops'])} GFLOP/s, of {shape}"]
    if record["fma_share"] is not None:
        parts.append(record["explanation"] or f"{record['fma_share']:.0%} of the FMA peak")
    parts += _vendor_parts(record)
    parts += [f"the search ended early: {record['ended_early']}"] if record.get("ended_early") else []
    parts += [f"not believed: {record['not_believed']}"] if record.get("not_believed") else []
    return f"Best product of {record['tried']} tried on {device_label(record)}: {'; '.join(parts)}"


def vendor_fraction(record: Record) -> float | None:
    """What a peak reaches of the vendor's figure, which for float8 is that of fast accumulation."""
    fast = record.get("fast_accumulation_gflops")
    if not record["vendor_gflops"] or (record["dtype"] == "float8" and fast is None):
        return None
    return (fast or record["gflops"]) / record["vendor_gflops"]


def _vendor_parts(record: Record) -> list[str]:
    parts = []
    if record["dtype"] == "float8" and record["device"] != "cpu":
        parts.append("with sums in float32")
        if fast := record.get("fast_accumulation_gflops"):
            parts.append(f"{figure(fast)} GFLOP/s with fast accumulation")
    fraction = vendor_fraction(record)
    return parts + ([f"{fraction:.0%} of the vendor's figure"] if fraction else [])


def _format_line(record: Record) -> str:
    return f"{record['dtype']} could not be multiplied on {record['device']}: {record['reason']}"


def _bandwidth_line(record: Record) -> str:
    vendor = record["vendor_gbps"]
    of = f", {100 * (record['gbps'] or 0) / vendor:.0f}% of the vendor's figure" if vendor else ""
    rate = f"{figure(record['gbps'])} GB/s{of}" if record["gbps"] else record["reason"]
    rate += f"; not believed: {record['not_believed']}" if record.get("not_believed") else ""
    return f"Copy of {in_bytes(record['copied_bytes'])} on {device_label(record)}: {rate}"


def _roofline_line(record: Record) -> str:
    parts = [f"{figure(record['intensity'])} FLOP/B", f"{figure(record['gflops'])} GFLOP/s"]
    wholes = {
        "percent_of_peak": "peak",
        "percent_of_bandwidth": "bandwidth",
        "percent_of_vendor": "vendor's peak",
    }
    parts += [f"{figure(record[name])}% of {of}" for name, of in wholes.items() if record[name] is not None]
    parts += [record["limit"]] if record["limit"] else []
    where = f"{device_label(record)}, {record['dtype']}, size {record['size']}"
    return f"{workload_label(record)} under the roof of {where}: {', '.join(parts)}"


def _speedup_lines(record: Record) -> str:
    lines = [f"{workload_label(record)}: {record['series']} over {record['reference']}"]
    ratios = zip(record["sizes"], record["ratios"], strict=False)
    lines.append("  " + ", ".join(f"{ratio:.3g}x at {size:,}" for size, ratio in ratios))
    if record.get("kernel_ratios"):
        own = zip(record["sizes"], record["kernel_ratios"], strict=False)
        lines.append("  in its own time: " + ", ".join(f"{ratio:.3g}x at {size:,}" for size, ratio in own))
    for title, key in (("operands on the device", "reached"), ("with transfers", "reached_with_transfers")):
        sizes = [
            f"{one['ratio']:g}x from size {one['size']:,.0f}"
            if one["size"]
            else f"{one['ratio']:g}x {one['reason']}"
            for one in record[key]
        ]
        lines += [f"  {title}: {'; '.join(sizes)}"] if sizes else []
    lines += [f"  without transfers: {record['transfer_reason']}"] if record["transfer_reason"] else []
    return "\n".join(lines)


def _fused_line(record: Record) -> str:
    between = f"{record['low']:.3g} to {record['high']:.3g}"
    return (
        f"{record['activation']} {record['step']}: fused it is {record['times_as_fast']:.3g} times as fast "
        f"as its unfused formula ({between}): {record['verdict']}"
    )


def _saved_line(record: Record) -> str:
    names = {"input": "its input", "result": "its result", "other": "intermediate results"}
    parts = {of: record[f"{name}_bytes"] for name, of in names.items()}
    each = ", ".join(f"{value:.3g} of {of}" for of, value in parts.items() if value)
    form = " unfused" if record["form"] == "unfused" else ""
    count = f"{sum(parts.values()):.3g}"
    total = f"{count} byte{'s' * (count != '1')} an element for backward"
    return f"{record['activation']}{form} saves {total}{': ' if each else ''}{each}"


def _ranking_line(record: Record) -> str:
    tied = [place["activation"] for place in record["places"] if place["tied"]]
    slower = [
        f"{place['activation']} {place['times_as_long']:.3g}x"
        for place in record["places"]
        if not place["tied"]
    ]
    first = f"Fastest {record['step']}: {', tied with '.join([tied[0], ', '.join(tied[1:])][: len(tied)])}"
    return f"{first}; slower: {', '.join(slower)}" if slower else first


def _stressed_line(record: Record) -> str:
    """A device under load, now."""
    parts = [f"{flops_rate(record['gflops'])}", counted(record["products"], "product")]
    parts += [f"{record['wrong']} wrong"] if record["wrong"] else []
    for name, unit in (("temperature", "°C"), ("power", "W"), ("clock", "MHz")):
        value = (record["readings"].get(name) or {}).get("value")
        parts += [f"{value:.0f} {unit}"] if value is not None else []
    parts += [
        name.replace("_", " ")
        for name in ("throttled_by_power", "throttled_by_heat", "throttled_by_hardware")
        if (record["readings"].get(name) or {}).get("value")
    ]
    return f"{record['at_s']:6.0f} s  {record['device']}: {', '.join(parts)}"


def _stress_line(record: Record) -> str:
    """The verdict on a device after its load."""
    heat = f", at most {record['hottest']:.0f} °C" if record["hottest"] is not None else ""
    products = f"{counted(record['products'], 'product')} of N = {record['size']:,}"
    did = f"{products} in {record['seconds']:.0f} s{heat}"
    return f"{record['device']}, {WORDS[record['rating']]}: {record['says']} ({did}; {record['stopped_by']})"


def _joined_line(record: Record) -> str:
    hosts = len(set(record["hosts"]))
    which = ", ".join(dict.fromkeys(record["devices"]))
    return f"{len(record['devices'])} processes on {counted(hosts, 'host')}, {record['backend']}, {which}"


def _collective_line(record: Record) -> str:
    half = 50 * (record["ci_high_s"] - record["ci_low_s"]) / record["median_s"]
    return (
        f"{record['operation']:<15} {in_bytes(record['size_bytes']):>9}  {duration(record['median_s']):>9} "
        f"±{half:<5.1f}% algorithm {figure(record['algorithm_gbps']):>7} GB/s, bus "
        f"{figure(record['bus_gbps']):>7} GB/s"
    )


def _collective_failed_line(record: Record) -> str:
    return f"{record['operation']} cannot be measured with {record['backend']}: {record['reason']}"


def _self_compared_line(record: Record) -> str:
    percent, low, high = (100 * (record[name] - 1) for name in ("ratio", "low", "high"))
    name = f"{record['number']:>4}  {device_label(record)}"
    return f"{name}  {record['verdict']:<6} {percent:+6.2f}%  ({low:+.2f}% to {high:+.2f}%)"


def _checked_lines(record: Record) -> str:
    """A line for each finding with what to look at, and the verdict last."""
    width = max(map(len, WORDS.values()))
    each = []
    for one in findings_in_order(record["findings"]):
        each.append(f"{WORDS[one['rating']]:<{width}}  {one['subject']} on {one['device']}: {one['says']}")
        each += [f"{'':<{width}}  -> {remedy}"] if (remedy := remedy_of(one)) else []
    return "\n".join(["", *each, "", record["says"]])


def findings_in_order(findings: Sequence[Record]) -> list[Record]:
    """What is wrong first."""
    order = list(WORDS)
    return sorted(findings, key=lambda one: order.index(one["rating"]))


def remedy_of(finding: Record) -> str:
    """What to look at first, where a finding is not good."""
    return str(finding["remedy"]) if finding["rating"] in (POOR, FAIR, UNKNOWN) else ""


_LINES: dict[str, Callable[[Record], str]] = {
    "device_absent": _absent_line,
    "measurement_failed": _failed_line,
    "points_skipped": _skipped_line,
    "noise_measured": _noise_line,
    "roof_measured": _roof_line,
    "fma_measured": _fma_line,
    "peak_found": _peak_line,
    "format_absent": _format_line,
    "bandwidth_found": _bandwidth_line,
    "roofline_point": _roofline_line,
    "speedup_curve": _speedup_lines,
    "fused_compared": _fused_line,
    "memory_saved": _saved_line,
    "cost_ranked": _ranking_line,
    "machine_checked": _checked_lines,
    "processes_joined": _joined_line,
    "collective_measured": _collective_line,
    "collective_failed": _collective_failed_line,
    "together_measured": lambda record: str(record["says"]),
    "self_compared": _self_compared_line,
    "stress_sampled": _stressed_line,
    "stress_ended": _stress_line,
}
