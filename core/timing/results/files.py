"""Result files: written whole, read with care, and old forms stay readable.

History of the form, by its number ("schema"):
  1: {"schema": 1, "events": [...]}, the records of a sweep in the order of their events. The same records,
     one JSON object a line with environment_read first, are what the command line's --json prints.
  2: A measurement also names its step and data regime, and carries GB/s, arithmetic intensity, what limits
     it, cold times, outliers, launch cost, the precision that ran, energy, noise floors and conditions.
     noise_measured, roof_measured, points_skipped, point_compared, point_not_compared, concluded, and those
     of the roofline, speedup and activation cost commands are new.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from core.errors import InvalidRequest
from core.timing.activation_cost import job as cost
from core.timing.results import events
from core.timing.results.events import SCHEMA
from core.timing.results.table import Record, measurements, to_json
from core.timing.roofline import job as roofline
from core.timing.sweeps import speedup
from core.timing.workloads.dtypes import DTYPE_BYTES

# A hundred thousand points with their samples stay below this.
_MAX_BYTES = 512 * 2**20

# The kinds of record whose fields are checked; others are kept as they are, and nothing here reads them.
_KINDS = {
    "environment_read": events.EnvironmentRead,
    "device_absent": events.DeviceAbsent,
    "device_sampled": events.DeviceSampled,
    "measurement_taken": events.MeasurementTaken,
    "measurement_failed": events.MeasurementFailed,
    "noise_measured": events.NoiseMeasured,
    "roof_measured": events.RoofMeasured,
    "points_skipped": events.PointsSkipped,
    "point_compared": events.PointCompared,
    "point_not_compared": events.PointNotCompared,
    "concluded": events.Concluded,
    "fma_measured": roofline.FmaMeasured,
    "peak_found": roofline.PeakFound,
    "format_absent": roofline.FormatAbsent,
    "bandwidth_found": roofline.BandwidthFound,
    "dot": roofline.RooflinePoint,
    "speedup_curve": speedup.SpeedupCurve,
    "fused_compared": cost.FusedCompared,
    "memory_kept": cost.MemoryKept,
    "cost_ranked": cost.CostRanked,
    "sweep_finished": events.SweepFinished,
}


def write(path: str | Path, records: Sequence[Record]) -> None:
    """Write a result file; a reader sees the old file or the new one, never a part.

    Raises InvalidRequest when the place cannot be written to.
    """
    _replace(Path(path), to_json(records) + "\n")


def write_as(
    path: str | Path,
    records: Sequence[Record],
    csv: Callable[[Sequence[Record]], str],
    markdown: Callable[[Sequence[Record]], str],
) -> None:
    """Write records in the form that the file's name asks for: .csv, .md, else a result file."""
    forms = {".csv": csv, ".md": markdown}
    place = Path(path)
    if place.suffix.lower() in forms:
        _replace(place, forms[place.suffix.lower()](records))
    else:
        write(place, records)


def _replace(path: Path, text: str) -> None:
    try:
        if path.exists() and not path.is_file():  # a pipe, a terminal
            path.write_text(text, encoding="utf-8")
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{_quoted(path)} cannot be written: {_cause(error)}.") from None


def check_writable(path: str | Path) -> None:
    """Raise InvalidRequest now rather than after minutes of measuring, when a file cannot be written."""
    place = Path(path)
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.stat(place)  # a name that no file can have raises here
        if place.is_dir():
            raise InvalidRequest(f"{_quoted(place)} is a folder; name a file to write.")
        if not place.parent.is_dir():
            raise InvalidRequest(
                f"{_quoted(place)} cannot be written: there is no folder {_quoted(place.parent)}."
            )
        writable = os.access(place if place.exists() else place.parent, os.W_OK)
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{_quoted(place)} cannot be written: {_cause(error)}.") from None
    if not writable:
        raise InvalidRequest(f"{_quoted(place)} cannot be written: permission denied.")


def read(path: str | Path) -> list[Record]:
    """The records of a result file in the present form, whatever its version.

    Raises InvalidRequest for a file that is not there, broken, truncated, of something else, or newer.
    """
    place = Path(path)
    try:
        if place.is_file() and place.stat().st_size > _MAX_BYTES:
            raise InvalidRequest(f"{_quoted(place)} is larger than any result file ({_MAX_BYTES >> 20} MiB).")
        content = place.read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{_quoted(place)} cannot be read: {_cause(error)}.") from None
    return parse(content, _quoted(place))


def parse(content: str | bytes, name: str = "The file") -> list[Record]:
    """The records in the text of a result file, or of the lines that --json printed.

    name begins the sentence of the InvalidRequest for a text that is neither.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    except UnicodeDecodeError:
        raise InvalidRequest(f"{name} is not a result file: it is not text.") from None
    version, records = _document(text, name)
    if version > SCHEMA:
        raise InvalidRequest(
            f"{name} has the form of version {version}, and this program reads up to {SCHEMA}; update it."
        )
    checked = [_checked(_upgraded(record, version), name) for record in records]
    if not checked or checked[0]["event"] != "environment_read":
        raise InvalidRequest(f"{name} is not a result file: it does not begin with the environment.")
    return checked


def _document(text: str, name: str) -> tuple[int, list[Any]]:
    """Version and records of either form: one JSON object, or one a line."""
    if not text.strip():
        raise InvalidRequest(f"{name} is not a result file: it is empty.")
    try:
        whole = _from_json(text)
    except ValueError:
        whole = _lines(text, name)
    except RecursionError:
        raise InvalidRequest(f"{name} is not a result file: its JSON is nested too deep.") from None
    if isinstance(whole, dict) and whole.get("event") == "environment_read":
        whole = [whole]  # one line of --json
    if isinstance(whole, list):
        first = whole[0] if whole and isinstance(whole[0], dict) else {}
        whole = {"schema": first.get("schema"), "events": whole}
    if not isinstance(whole, dict) or not isinstance(whole.get("events"), list):
        raise InvalidRequest(f'{name} is not a result file: it has no "events".')
    version = whole.get("schema")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidRequest(f'{name} is not a result file: it has no version ("schema").')
    return version, whole["events"]


def _lines(text: str, name: str) -> list[Any]:
    records = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            records += [_from_json(line)] if line.strip() else []
        except (ValueError, RecursionError):
            kept = f"broken or truncated at line {number}" if records else "not JSON, or truncated"
            raise InvalidRequest(f"{name} is not a whole result file: it is {kept}.") from None
    return records


def _from_json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _upgraded(record: Any, version: int) -> Any:
    """The record in the form of today."""
    if version < 2 and isinstance(record, dict) and record.get("event") == "measurement_taken":
        return _with_rates(record)
    return record


def _with_rates(record: dict[str, Any]) -> dict[str, Any]:
    """What version 1 left for the reader to work out, where its figures are sound."""
    figures = [record.get(name, 0) for name in ("bytes_moved", "flops", "median_s")]
    if not all(_fits(value, float) and value > 0 for value in figures):
        return record
    moved, flops, median_s = map(float, figures)
    return record | {"gbps": moved / median_s / 1e9, "arithmetic_intensity": flops / moved}


def _checked(record: Any, name: str) -> Record:
    if not isinstance(record, dict) or not isinstance(record.get("event"), str):
        raise InvalidRequest(f'{name} is not a result file: a record has no "event".')
    kind = _KINDS.get(record["event"])
    if kind is None:
        return record
    whole = _defaults(kind) | record
    for field_name, hint in _hints(kind).items():
        if field_name not in whole or not _fits(whole[field_name], hint):
            state = "is missing" if field_name not in whole else "is not what it should be"
            raise InvalidRequest(f"{name} is broken: {field_name} of a {record['event']} {state}.")
    if record["event"] == "measurement_taken":
        _check_figures(whole, name)
    return whole


def _check_figures(taken: Record, name: str) -> None:
    """What every reader relies on: positive times, and as many samples as it says."""
    positive = ("median_s", "ci_low_s", "ci_high_s", "size", "samples", "repeats")
    wrong = [field_name for field_name in positive if taken[field_name] <= 0]
    if not all(time_s > 0 for time_s in taken["times_s"]) or len(taken["times_s"]) != taken["samples"]:
        wrong.append("times_s")
    if taken["device"] == "cpu" and taken["threads"] is None:
        wrong.append("threads")
    if taken["dtype"] not in DTYPE_BYTES:
        wrong.append("dtype")
    if wrong:
        raise InvalidRequest(f"{name} is broken: {wrong[0]} of a measurement_taken is not what it should be.")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _defaults(kind: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(kind):
        if field.default is not MISSING:
            found[field.name] = list(field.default) if isinstance(field.default, tuple) else field.default
        elif field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
    return found


def _fits(value: Any, hint: Any) -> bool:
    """Whether a JSON value has the type that an event's field is declared with."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, option) for option in inner)
    if hint is types.NoneType:
        return value is None
    if hint is bool or isinstance(value, bool):
        return hint is bool and isinstance(value, bool)
    if hint in (int, float):
        return isinstance(value, int if hint is int else int | float) and _finite(value)
    if origin is tuple:
        return isinstance(value, list) and _items_fit(value, inner)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, dict) and all(_fits(item, inner[1]) for item in value.values())
    if is_dataclass(hint):
        hints = _hints(hint)  # type: ignore[arg-type]
        return isinstance(value, dict) and all(_fits(value.get(key), hints[key]) for key in hints)
    return isinstance(value, hint)


def _items_fit(values: list[Any], inner: tuple[Any, ...]) -> bool:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return all(_fits(value, inner[0]) for value in values)
    return len(values) == len(inner) and all(map(_fits, values, inner))


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False


def with_measurements(path: str | Path) -> list[Record]:
    """Like read(), for a use that needs at least one point; raises InvalidRequest when there is none."""
    records = read(path)
    if not measurements(records):
        raise InvalidRequest(f"{_quoted(Path(path))} holds no measurement.")
    return records


def _quoted(path: Path) -> str:
    """The path on one line, however odd its characters."""
    return repr(str(path))


def _cause(error: Exception) -> str:
    told = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(told)[0].lower() + str(told)[1:]
