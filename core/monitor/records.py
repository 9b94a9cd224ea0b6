"""What the poller knows as records: for a browser, for JSON and for CSV."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from core import devices
from core.devices import Device
from core.devices.nvidia import CLOCK_REASONS
from core.monitor.figures import FIGURES, HISTORY
from core.monitor.history import History, Row, Sample, columns
from core.monitor.poller import DeviceState, Poller
from core.monitor.sources import ListedProcess, Readings, Snapshot

# Of this process: a browser that has samples of an earlier one gets all anew.
LIFE = secrets.token_hex(4)

Record = dict[str, Any]


def answer(poller: Poller, after: int | None = None) -> Record:
    """Every device now, and its history: all of it, or the samples after that one where they are kept still.

    Times are seconds of the poller's clock; `now` is that clock and `wall` the seconds since 1970.
    """
    states = poller.states()
    with poller.reading():
        histories = {key: poller.history(key) for key in states}
        whole = after is None or not all(history.reaches(after) for history in histories.values())
        parts = {key: _history(history, None if whole else after) for key, history in histories.items()}
        sequence = poller.sequence
    return {
        "life": LIFE,
        "sequence": sequence,
        "whole": whole,
        "now": round(poller.clock(), 2),
        "wall": round(time.time(), 2),
        "every_s": poller.every_s,
        "silences": poller.silences(),
        "notices": poller.notices(),
        "devices": [state_record(key, state) | parts[key] for key, state in states.items()],
    }


def state_record(key: str, state: DeviceState) -> Record:
    """A device now: who it is, its figures, and the reason of each that is missing."""
    return snapshot_record(state.snapshot) | {
        "key": key,
        "at": round(state.at_s, 2),
        "silence": state.silence,
        "lost_s": state.lost_s,
    }


def snapshot_record(snapshot: Snapshot) -> Record:
    """One reading of a device."""
    device, readings = snapshot.device, snapshot.readings
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind,
        "kind_name": devices.kind_name(device.kind) if device.kind in devices.KINDS else device.kind,
        "facts": _facts(device),
        "readings": {
            name: _short(readings[name].value)
            for name in FIGURES
            if name in readings and readings[name].value is not None
        },
        "missing": _missing(readings),
        "clock_limited_by": clock_limited_by(readings),
        "cores": [[round(core.utilisation, 1), core.clock_mhz] for core in snapshot.cores],
        "processes": snapshot.processes
        if isinstance(snapshot.processes, str)
        else [_process(one) for one in snapshot.processes or ()],
    }


def clock_limited_by(readings: Readings) -> list[str]:
    """What keeps a GPU's clock from its highest now, in words; empty where nothing does or nobody says."""
    bits = readings.get("clock_reasons")
    if bits is None or bits.value is None:
        return []
    return [words for bit, words in CLOCK_REASONS.items() if int(bits.value) & bit]


def history_rows(history: History, offset_s: float) -> Iterator[Record]:
    """The last hour as one record a row, oldest first; offset_s turns the poller's clock into that of 1970.

    A row of the thinned part has each figure's mean, and its lowest and highest value beside it.
    """
    for row in history.rows():
        spreads: Record = {}
        for name, spread in row.figures.items():
            spreads |= {name: _short(spread.mean), f"{name}_low": _short(spread.low)}
            spreads |= {f"{name}_high": _short(spread.high)}
        yield {"time": _iso(row.at_s + offset_s), "samples": row.samples} | spreads
    for sample in history.samples():
        yield {"time": _iso(sample.at_s + offset_s), "samples": 1} | dict(sample.values)


def export(poller: Poller) -> list[Record]:
    """The last hour of every device, each row with the device's name."""
    states, offset_s = poller.states(), time.time() - poller.clock()
    with poller.reading():
        return [
            {"device": state.snapshot.device.id, "name": state.snapshot.device.name} | row
            for key, state in states.items()
            for row in history_rows(poller.history(key), offset_s)
        ]


def csv_rows(rows: Iterable[Mapping[str, Any]]) -> list[Record]:
    """The same with the same columns in each row, an empty cell where a figure was not reported."""
    rows = list(rows)
    head = ("device", "name", "time", "samples")
    figures = [f"{name}{part}" for name in HISTORY for part in ("", "_low", "_high")]
    present = {name for row in rows for name in row}
    names = [*head, *(name for name in figures if name in present)]
    return [{name: "" if row.get(name) is None else row[name] for name in names} for row in rows]


def _history(history: History, after: int | None) -> Record:
    if after is not None:
        return {"recent": _samples(history.samples(after)), "earlier": None}
    return {"recent": _samples(history.samples()), "earlier": _rows(history.rows())}


def _samples(samples: list[Sample]) -> Record:
    return {"at": [round(sample.at_s, 2) for sample in samples], "figures": columns(samples, HISTORY)}


def _rows(rows: list[Row]) -> Record:
    """mean, low and high of each figure that was reported at least once."""
    figures: Record = {}
    for name in HISTORY:
        spreads = [row.figures.get(name) for row in rows]
        if any(spreads):
            figures[name] = [
                [None if one is None else _short(getattr(one, part)) for one in spreads]
                for part in ("mean", "low", "high")
            ]
    return {"at": [row.at_s for row in rows], "figures": figures}


def _facts(device: Device) -> Record:
    named = ("usable_cores", "logical_cores", "cores_reason", "memory_bytes", "driver", "cuda", "rocm")
    return {name: device.facts[name] for name in (*named, "pci_bus_id") if name in device.facts}


def _missing(readings: Readings) -> dict[str, list[str]]:
    """Each reason with the figures that are missing for it."""
    found: dict[str, list[str]] = {}
    for name, reading in readings.items():
        if reading.reason and name in FIGURES:
            found.setdefault(reading.reason.removeprefix("not reported: "), []).append(name)
    return found


def _process(one: ListedProcess) -> Record:
    return {
        "pid": one.process.pid,
        "memory": one.process.memory_bytes,
        "utilisation": one.process.utilisation,
        "name": one.identity.name,
        "user": one.identity.user,
        "reason": one.identity.reason,
    }


def _short(value: float | None) -> float | None:
    if value is None:
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
