"""What the figures of a result say about the machine, in plain sentences. Records in, sentences out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.timing.results.labels import precision_label
from core.timing.results.table import (
    NOTABLE_LOAD,
    Record,
    apart_from_data,
    believed,
    measurements,
    other_load,
)
from core.timing.results.units import counted, energy, flops_rate

# Workloads whose figures are about the whole machine.
_MATMUL, _COPY = "gemm", "copy"
# Smaller copies stay in a cache, and show that instead.
_MIN_COPY_BYTES = 2**28
# A first call this many times as long as a later one is worth a sentence.
_NOTABLE_FIRST_CALL = 5.0
# Wall time this many times an accelerator's own is worth a sentence.
_NOTABLE_WALL = 1.5
# Where the same operation differs this much from itself, figures of different moments say nothing.
_USELESS_FLOOR = 1.0
# Operands that change the time by less than this mislead nobody.
_NOTABLE_FILL = 1.1


def conclusions(records: Sequence[Record]) -> list[str]:
    """A few sentences, most important first; one alone when nothing was measured."""
    taken = measurements(records)
    if not taken and not any(record["event"] == "peak_found" for record in records):
        return [nothing_measured(records)]
    sound = believed(taken)
    sentences = [
        *_not_believed(records),
        *_best_matmul(records, sound),
        *_threads(sound),
        *_bandwidth(records, sound),
        *_precision(taken),
        *_operand_fills(taken),
        *_launching(sound),
        *_first_call(taken),
        *_energy(sound),
        *_noise(records),
        *_other_programs(records, taken),
        *_silent_processes(taken),
    ]
    return sentences or [f"{counted(len(taken), 'point')} measured."]


def nothing_measured(records: Sequence[Record]) -> str:
    """One sentence with the reasons."""
    reasons = {
        f"{record.get('device', '')}: {record['reason']}".removeprefix(": ")
        for record in records
        if record["event"] in ("device_absent", "measurement_failed", "points_skipped")
    }
    return f"Nothing was measured: {'; '.join(sorted(reasons))}." if reasons else "Nothing was measured."


def _best_matmul(records: Sequence[Record], taken: Sequence[Record]) -> Iterator[str]:
    """The best product of each device and format: found by a search where there was one, else measured."""
    measured = [r for r in taken if r["workload"] == _MATMUL and r["data"] == "random"]
    peaks = [r for r in records if r["event"] == "peak_found" and not r.get("not_believed")]
    for device in dict.fromkeys(record["device"] for record in (*peaks, *measured)):
        found: dict[str, tuple[float, str]] = {}
        for one in peaks:
            if one["device"] == device:
                shape = f"{one['rows']} × {one['inner']} by {one['inner']} × {one['columns']}"
                found[one["dtype"]] = max(found.get(one["dtype"], (0.0, "")), (one["gflops"], shape))
        for one in measured:
            if one["device"] == device:
                precision = precision_label(one)
                found[precision] = max(
                    found.get(precision, (0.0, "")), (one["gflops"], f"N = {one['size']:,}")
                )
        ordered = sorted(found.items(), key=lambda item: -item[1][0])
        each = [f"{flops_rate(gflops)} in {dtype} with {shape}" for dtype, (gflops, shape) in ordered]
        if each:
            yield f"Best matrix multiplication on {device}: {', '.join(each)}."
    for one in peaks:
        if one["explanation"]:
            yield f"The best {one['dtype']} product on {one['device']} reaches {one['explanation']}."


def _not_believed(records: Sequence[Record]) -> Iterator[str]:
    """Figures that no device of this kind can reach, named first."""
    doubts = dict.fromkeys(
        f"{record['device']}, {record.get('dtype', 'copy')}: {record['not_believed']}"
        for record in records
        if record.get("not_believed")
    )
    if doubts:
        yield f"Not believed, and left out of what follows: {'; '.join(doubts)}."


def _launching(taken: Sequence[Record]) -> Iterator[str]:
    """Where launching takes a program longer than the work, the worst of each; and what was not hidden."""
    for device in dict.fromkeys(record["device"] for record in taken if record.get("wall_s")):
        of = [record for record in taken if record["device"] == device and record.get("wall_s")]
        worst = max(of, key=lambda r: r["wall_s"] / r["median_s"])
        factor = worst["wall_s"] / worst["median_s"]
        if factor >= _NOTABLE_WALL:
            yield (
                f"A program waits up to {factor:.2g} times as long for {device} as the work itself takes "
                f"({worst['workload']}, {worst['dtype']}, size {worst['size']:,}): small operations take "
                f"longer to launch than to do."
            )
        seen = sum(record.get("launches_hidden") is False for record in of)
        if seen:
            yield f"{seen} of {len(of)} figures of {device} hold launches too, which could not be hidden."


def _threads(taken: Sequence[Record]) -> Iterator[str]:
    """What all threads gain over the smallest number of them, for the largest product that both did."""
    products = [r for r in taken if r["workload"] == _MATMUL and r["threads"] and r["data"] == "random"]
    for record in sorted(products, key=lambda r: (-r["size"], r["dtype"] != "float32", -r["threads"])):
        baseline = min(products, key=lambda other: (not _alike(record, other), other["threads"]))
        if _alike(record, baseline) and baseline["threads"] < record["threads"]:
            gain = baseline["median_s"] / record["median_s"]
            yield (
                f"{record['threads']} threads multiply {record['dtype']} matrices of N = {record['size']:,} "
                f"{gain:.2g} times as fast as {baseline['threads']}."
            )
            return


def _alike(record: Record, other: Record) -> bool:
    return all(record[name] == other[name] for name in ("size", "dtype", "device"))


def _bandwidth(records: Sequence[Record], taken: Sequence[Record]) -> Iterator[str]:
    for device in dict.fromkeys(record["device"] for record in taken):
        of = [record for record in taken if record["device"] == device]
        copies = [r["gbps"] for r in of if r["workload"] == _COPY and r["bytes_moved"] >= _MIN_COPY_BYTES]
        copies += [r["gbps"] for r in records if r["event"] == "roof_measured" and r["device"] == device]
        best_copy = max(filter(None, copies), default=None)
        if best_copy is None:
            continue
        sentence = f"Copying memory on {device} moves {best_copy:.3g} GB/s"
        if products := [r for r in of if r["workload"] == _MATMUL]:
            best = max(products, key=lambda r: r["gflops"])
            ridge = best["gflops"] / best_copy
            sentence += f", so below {ridge:.3g} FLOPs a byte memory limits {best['dtype']} and not the cores"
        yield sentence + "."


def _precision(taken: Sequence[Record]) -> Iterator[str]:
    """A sentence for each format that was not what ran."""
    posing = {
        (r["dtype"], r["precision"], r["device"]) for r in taken if r["precision"] not in (None, r["dtype"])
    }
    for dtype, ran, device in sorted(posing):
        yield f"On {device}, {dtype} was asked for and {ran} ran."


def _operand_fills(taken: Sequence[Record]) -> Iterator[str]:
    """How far operands other than random ones mislead, the worst of each."""
    default = {apart_from_data(r): r for r in taken if r["data"] == "random"}
    worst: dict[str, tuple[float, Record]] = {}
    for record in taken:
        reference = default.get(apart_from_data(record))
        if reference is None or record["data"] == "random":
            continue
        ratio = reference["median_s"] / record["median_s"]
        factor = max(ratio, 1 / ratio)
        if factor > worst.get(record["data"], (_NOTABLE_FILL, record))[0]:
            worst[record["data"]] = (factor, record)
    for data, (factor, record) in worst.items():
        how = "fast" if default[apart_from_data(record)]["median_s"] > record["median_s"] else "slow"
        looks = f"{record['workload']} looks {factor:.2g} times as {how} as with random ones"
        yield f"With operands that are {data}, {looks}."


def _first_call(taken: Sequence[Record]) -> Iterator[str]:
    if not taken:
        return
    slowest = max(taken, key=lambda r: r["first_call_s"] / r["median_s"])
    factor = slowest["first_call_s"] / slowest["median_s"]
    if factor >= _NOTABLE_FIRST_CALL:
        yield (
            f"The first call of a size took up to {factor:,.0f} times as long as a later one, "
            f"in a process that had used torch before ({slowest['workload']}, {slowest['dtype']}, "
            f"size {slowest['size']:,})."
        )


def _energy(taken: Sequence[Record]) -> Iterator[str]:
    for device in dict.fromkeys(record["device"] for record in taken):
        of = [record for record in taken if record["device"] == device]
        known = [(record, text[1]) for record in of if (text := energy(record)) and text[1]]
        reasons = list(dict.fromkeys(r["energy_reason"] for r in of if r["energy_reason"]))
        if known:
            best, rate = max(known, key=lambda one: one[0]["gflop_per_joule"])
            yield (
                f"Most work for its energy on {device}: {rate} "
                f"({best['workload']}, {best['dtype']}; {best['energy_source']})."
            )
        elif reasons:
            yield f"No energy figures for {device}: {_without_stop(reasons[0])}."


def _noise(records: Sequence[Record]) -> Iterator[str]:
    floors = [record for record in records if record["event"] == "noise_measured"]
    if not floors:
        return
    paired, unpaired = (max(floor[name] for floor in floors) for name in ("paired", "unpaired"))
    apart = f"from {unpaired:.1%} on" if unpaired < _USELESS_FLOOR else "not at all"
    sentence = (
        f"Noise here: operations that run in turns differ for certain from {paired:.1%} on, "
        f"figures taken at different moments {apart}"
    )
    why = dict.fromkeys(reason for floor in floors for reason in floor["contamination"])
    if why:
        sentence += f"; the calibration was contaminated ({'; '.join(why)}), and a quiet machine does better"
    yield f"{sentence}."


def _other_programs(records: Sequence[Record], taken: Sequence[Record]) -> Iterator[str]:
    load = other_load(records)
    if load is None:
        return
    contaminated = sum(bool(record["contamination"]) for record in taken)
    if load < NOTABLE_LOAD and not contaminated:
        yield f"Other programs used at most {load:.0f}% of the CPU during a measurement."
        return
    sentence = f"Other programs used up to {load:.0f}% of the CPU during a measurement"
    if contaminated:
        sentence += f", and {contaminated} of {len(taken)} figures are marked as contaminated"
    yield f"{sentence}: this machine can do better than these figures when it is left alone."


def _silent_processes(taken: Sequence[Record]) -> Iterator[str]:
    """How many other processes are on a GPU, where nothing tells whether they used it."""
    for device in dict.fromkeys(record["device"] for record in taken):
        conditions = [record["conditions"] or {} for record in taken if record["device"] == device]
        unknown = [found for found in conditions if "foreign_processes" in found.get("reasons", {})]
        if listed := max((found.get("listed_processes") or 0 for found in unknown), default=0):
            others = "1 other process was" if listed == 1 else f"{listed} other processes were"
            yield (
                f"Up to {others} on {device}, and nothing tells whether they used it: figures may be lower "
                "than this machine can do."
            )


def _without_stop(sentence: str) -> str:
    return sentence.rstrip(".").removeprefix("not reported: ")
