"""The bytes of panels: a JSON header, then arrays that the browser reads where they lie."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.events import Picture
from dashboard.film.panels.panel import Panel
from dashboard.film.panels.registry import panels_of

MAGIC, VERSION = b"NPAN", 1
HEADER = struct.Struct(
    "<4sII"
)  # magic, version, bytes of the JSON; then the JSON and, from a multiple of 8 on, arrays
ALIGNED = 8
MANY_NUMBERS = 1000  # from so many on, numbers are sent in 65,535 even steps from the smallest to the largest
LEVELS = 65534


@dataclass(frozen=True)
class EncodedPanel:
    """One panel of one picture: what the header says of it, and its arrays one after the other."""

    header: Mapping[str, Any]
    arrays: bytes


def encoded(picture: Picture) -> list[EncodedPanel]:
    """The panels of a picture."""
    return [_encoded(name, picture.step, panel) for name, panel in panels_of(picture).items()]


def _encoded(name: str, step: int, panel: Panel) -> EncodedPanel:
    listed, parts, at = {}, [], 0
    for key, array in panel.arrays.items():
        content, entry = _content(np.asarray(array))
        listed[key] = entry | {"at": at, "shape": list(array.shape)}
        padded = content + bytes(-len(content) % ALIGNED)
        parts.append(padded)
        at += len(padded)
    header = asdict(panel) | {"name": name, "step": step, "arrays": listed}
    return EncodedPanel(header, b"".join(parts))


def _content(array: np.ndarray) -> tuple[bytes, dict[str, Any]]:
    """An array's bytes, and how the header says what they are."""
    if array.dtype == np.uint8 or array.dtype == np.bool_:
        return array.astype("u1").tobytes(), {"type": "u1"}
    if array.dtype == np.float64:
        return array.astype("<f8").tobytes(), {"type": "f8"}
    numbers = array.astype(np.float32)
    if numbers.size < MANY_NUMBERS or not np.isfinite(numbers).all():
        return numbers.astype("<f4").tobytes(), {"type": "f4"}
    low, high = float(numbers.min()), float(numbers.max())
    step = (high - low) / LEVELS or 1.0
    levels = np.rint((numbers.astype(float) - low) / step) - LEVELS // 2
    return levels.astype("<i2").tobytes(), {"type": "i2", "step": step, "zero": low + step * (LEVELS // 2)}


def finite(value: Any) -> Any:
    """The same with None for numbers that JSON has not."""
    if isinstance(value, Mapping):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def encode(header: Mapping[str, Any], panels: Sequence[EncodedPanel]) -> bytes:
    """One answer: the header with all panels in it, and the arrays of all."""
    listed, at = [], 0
    for panel in panels:
        listed.append(dict(panel.header) | {"offset": at})
        at += len(panel.arrays)
    text = json.dumps(finite(dict(header) | {"panels": listed}), separators=(",", ":")).encode()
    start = HEADER.pack(MAGIC, VERSION, len(text)) + text
    return start + bytes(-len(start) % ALIGNED) + b"".join(panel.arrays for panel in panels)
