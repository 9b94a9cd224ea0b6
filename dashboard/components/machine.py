"""This machine's readings in text."""

from __future__ import annotations

from collections.abc import Mapping

from core.devices import Device, Reading
from core.monitor.poller import DeviceState
from dashboard.live.readings import poller as poller

RECENT_S = 120.0  # that Home shows
FIRST_S = 5.0  # for so long the first visitor waits for the first reading

# The figures of a card on Home; the Live monitor has all.
SHOWN = ("utilisation", "memory_used", "clock", "temperature", "power")

Readings = Mapping[str, Reading]

_GIB = 2**30


def watched() -> dict[str, DeviceState]:
    """Every device as it was read last, for somebody who looks; the first one waits for the first reading."""
    found = poller()
    found.watch()
    found.wait_for_first(FIRST_S)
    return found.states()


def recent_utilisation() -> dict[str, list[tuple[float, float | None]]]:
    """Of each device: seconds from now (negative) and utilisation in %, over the last two minutes."""
    found, states = poller(), watched()
    now_s = found.clock()
    with found.reading():
        return {
            short_name(state.snapshot.device): [
                (sample.at_s - now_s, sample.values.get("utilisation"))
                for sample in found.history(key).samples()
                if sample.at_s >= now_s - RECENT_S
            ]
            for key, state in states.items()
            if state.lost_s is None
        }


def short_name(device: Device) -> str:
    """Short enough for the legend of a small chart: "CPU", "GPU 1"."""
    return "CPU" if device.kind == "cpu" else f"GPU {device.id.partition(':')[2]}".strip()


def facts(device: Device) -> str:
    """What does not change about a device, in one line."""
    known = device.facts
    words = []
    if "usable_cores" in known:
        words.append(_cores(int(known["usable_cores"]), int(known.get("logical_cores", 0))))
    if "cores_reason" in known:
        words[-1:] = [f"{' '.join(words[-1:])} ({known['cores_reason']})"]
    if "memory_bytes" in known:
        words.append(f"{int(known['memory_bytes']) / _GIB:.1f} GiB memory")
    named = {"compute_capability": "compute capability", "driver": "driver", "cuda": "CUDA up to"}
    named["rocm"] = "ROCm"
    words += [f"{words_before} {known[name]}" for name, words_before in named.items() if name in known]
    if "instructions" in known:
        words.append(str(known["instructions"]))
    return " · ".join(words)


def figures(readings: Readings) -> list[tuple[str, str, str | None]]:
    """Label, value and remark of each figure that the device reports."""
    shown = [
        ("Utilisation", _text(readings, "utilisation"), None),
        ("Memory used", _text(readings, "memory_used"), _of(readings, "memory_total")),
        ("Clock", _text(readings, "clock"), None),
        ("Temperature", _text(readings, "temperature"), None),
        ("Power", _text(readings, "power"), _of(readings, "power_limit")),
    ]
    return [(label, value, remark) for label, value, remark in shown if value is not None]


def unreported(readings: Readings) -> str:
    """Why figures of figures() are missing, in one sentence; empty when none is."""
    reasons: dict[str, list[str]] = {}
    for reading in readings.values():
        if reading.reason and reading.name in SHOWN:
            reasons.setdefault(reading.reason.removeprefix("not reported: "), []).append(
                reading.name.replace("_", " ")
            )
    text = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())
    return f"Not reported: {text}." if text else ""


def throttled_by(readings: Readings) -> list[str]:
    """What holds the clock down now: "power", "heat", "hardware"."""
    flags = {name: reading for name, reading in readings.items() if name.startswith("throttled_by_")}
    return [name.removeprefix("throttled_by_") for name, reading in flags.items() if reading.value]


def _cores(usable: int, logical: int) -> str:
    cores = f"{usable} core{'' if usable == 1 else 's'}"
    return f"{cores} of {logical}" if logical > usable else cores


def _of(readings: Readings, whole: str) -> str | None:
    text = _text(readings, whole)
    return f"of {text}" if text else None


def _text(readings: Readings, name: str) -> str | None:
    """A reading's value with its unit, or None when it is not reported."""
    reading = readings.get(name)
    if reading is None or reading.value is None:
        return None
    if reading.unit == "B":
        return f"{reading.value / _GIB:.1f} GiB"
    return f"{reading.value:,.0f} {reading.unit}"
