"""The bytes of a film: frames as the player in the browser reads them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from core.events import FRAME_VALUES, Frame

MAGIC, VERSION = b"NFLM", 1
FROM_START = 1  # flag: these are all frames, in place of those that the browser has
ENDED = 2  # flag: the run has ended, so that no more will come

# Magic, version, values and parameters of a frame, frames, flags, nothing. Then the frames, each a step and
# its values as float64, and its weights as float32; all of it little-endian.
HEADER = struct.Struct("<4sHHIIII")
MEDIA_TYPE = "application/octet-stream"


def encode(frames: Sequence[Frame], flags: int) -> bytes:
    """Frames as bytes, in order."""
    parameters = len(frames[0].weights) if frames else 0
    header = HEADER.pack(MAGIC, VERSION, len(FRAME_VALUES), parameters, len(frames), flags, 0)
    return header + b"".join(map(_bytes_of, frames))


def _bytes_of(frame: Frame) -> bytes:
    values = [frame.values.get(name, np.nan) for name in FRAME_VALUES]
    return struct.pack(f"<{1 + len(values)}d", frame.step, *values) + frame.weights.astype("<f4").tobytes()


def check_of(frame: Frame) -> int:
    """A number by which a browser shows that its frame of a step is the store's: all weights' bits, XORed."""
    return int(np.bitwise_xor.reduce(frame.weights.astype("<f4").view("<u4")))
