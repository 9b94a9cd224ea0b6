"""Number formats that a device only emulates: it has no arithmetic for them, and converts every number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from core.timing.results.table import Record, series_name
from core.timing.workloads.dtypes import DTYPE_BYTES

# A narrower format moves fewer bytes and is never slower where a device computes in it. One that takes this
# many times as long as float32 is converted, if their intervals leave no doubt of that; very short calls say
# nothing.
_FACTOR, _MIN_S = 2.0, 200e-6
_REFERENCE = "float32"

# What decides on the name of a series; a large result has thousands of points of a few series.
_NAMED_BY = ("device", "threads", "dtype", "step", "data", "precision")

# A device, CPU threads on it, and a number format.
Format = tuple[str, int | None, str]


def emulated(records: Iterable[Record]) -> set[Format]:
    """The formats that are far slower than float32 on the same device: at the largest size that one workload
    was measured in, in both, or in the best product of both.
    """
    slower: dict[Format, bool] = {}
    products: dict[tuple[str, int | None], dict[str, float]] = {}
    times: dict[tuple[Any, ...], dict[str, dict[int, Record]]] = {}
    for record in records:
        if record["event"] == "measurement_taken":
            kind = tuple(map(record.get, ("device", "threads", "workload", "step", "data")))
            times.setdefault(kind, {}).setdefault(record["dtype"], {})[record["size"]] = record
        elif record["event"] == "roof_measured":
            products.setdefault((record["device"], record["threads"]), {}).update(record["gflops"])
    for place, rates in products.items():
        for dtype in _narrow(rates):
            slower[(*place, dtype)] = rates[_REFERENCE] > _FACTOR * rates[dtype]
    for kind, of_one in times.items():
        for dtype in _narrow(of_one):
            if sizes := of_one[dtype].keys() & of_one[_REFERENCE].keys():
                taken, reference = (of_one[one][max(sizes)] for one in (dtype, _REFERENCE))
                key = (kind[0], kind[1], dtype)
                far = taken["ci_low_s"] > _FACTOR * reference["ci_high_s"] and taken["median_s"] >= _MIN_S
                slower[key] = slower.get(key, False) or far
    return {key for key, is_slower in slower.items() if is_slower}


def _narrow(formats: Mapping[str, Any]) -> list[str]:
    """Those that could be emulated, where float32 is there to compare with."""
    if _REFERENCE not in formats:
        return []
    return [name for name in formats if DTYPE_BYTES.get(name, 8) < DTYPE_BYTES[_REFERENCE]]


def is_emulated(record: Record, formats: Set[Format]) -> bool:
    """Whether a measurement, peak or the like is one of these."""
    return (record["device"], record["threads"], record["dtype"]) in formats


def shown_name(record: Record, formats: Set[Format]) -> str:
    """series_name(), with a word for a format that is emulated, or for another one that really ran."""
    name = series_name(record)
    ran = record.get("precision")
    if is_emulated(record, formats):
        word = "emulated"
    elif ran and ran != record["dtype"]:
        word = f"ran as {ran}"
    else:
        return name
    asked = f"{record['device']} {record['dtype']}"
    return f"{asked} ({word}){name.removeprefix(asked)}"


def shown_names(records: Sequence[Record], formats: Set[Format]) -> dict[str, str]:
    """shown_name() of each series, by its series_name(); a word that any of its points has counts for all."""
    names: dict[str, str] = {}
    for record in {tuple(map(record.get, _NAMED_BY)): record for record in records}.values():
        name, shown = series_name(record), shown_name(record, formats)
        if names.get(name, name) == name:
            names[name] = shown
    return names


def emulated_lines(formats: Set[Format]) -> list[str]:
    """A sentence for each format that is emulated."""
    return [
        f"{dtype} is emulated on {device}: it has no arithmetic for it, and converts every number"
        for device, dtype in sorted({(device, dtype) for device, _, dtype in formats})
    ]
