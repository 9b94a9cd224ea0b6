"""An event file for TensorBoard: each curve of the run, as far as epochs were completed.

The file is a row of records, each framed by its length and checksums (TFRecord), and each record is an Event
in the wire format of protocol buffers. Field numbers are those of TensorFlow's event.proto and
summary.proto; nothing of theirs is needed to write numbers.
Source: https://www.tensorflow.org/tutorials/load_data/tfrecord and
https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from core.export.metrics import rows
from core.export.run import TrainingRun

# The curves that TensorBoard shows together stand before the slash.
TAGS = {
    "train_loss": "loss/train",
    "test_loss": "loss/test",
    "validation_loss": "loss/validation",
    "train_metric": "{metric}/train",
    "test_metric": "{metric}/test",
    "validation_metric": "{metric}/validation",
    "samples_per_s": "speed/samples_per_s",
}
_NO_CURVES = ("epoch", "step", "elapsed_s")

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # wire types
_CASTAGNOLI = 0x82F63B78  # the polynomial of CRC-32C, bits reversed


def event_file(run: TrainingRun) -> bytes:
    """A scalar summary for each figure of each completed epoch, at the step that the epoch ended with."""
    metric = run.of("training_started")[0]["metric"]
    records = [_field(1, _DOUBLE, run.began_at) + _field(3, _BYTES, b"brain.Event:2")]
    for row in rows(run):
        scalars = {
            TAGS.get(name, f"details/{name}").format(metric=metric): value
            for name, value in row.items()
            if name not in _NO_CURVES
        }
        records.append(scalar_event(run.began_at + row["elapsed_s"], row["step"], scalars))
    return b"".join(framed(record) for record in records)


def scalar_event(wall_time_s: float, step: int, scalars: Mapping[str, float]) -> bytes:
    """An Event with a Summary of one Value for each tag; wall_time_s counts from 1970."""
    values = (
        _field(1, _BYTES, tag.encode()) + _field(2, _FLOAT, float(value)) for tag, value in scalars.items()
    )
    summary = b"".join(_field(1, _BYTES, value) for value in values)
    return _field(1, _DOUBLE, wall_time_s) + _field(2, _VARINT, step) + _field(5, _BYTES, summary)


def framed(record: bytes) -> bytes:
    """A record as it stands in the file: length, its checksum, the record, its checksum."""
    length = struct.pack("<Q", len(record))
    return length + _checksum(length) + record + _checksum(record)


def _checksum(data: bytes) -> bytes:
    """CRC-32C, rotated and moved, so that the checksum of data that holds a checksum stays a good one."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """The checksum of Castagnoli, Bräuer & Herrmann 1993, bytewise over a table."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _table_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_CASTAGNOLI if byte & 1 else 0)
    return byte


_TABLE = [_table_entry(byte) for byte in range(256)]


def _field(number: int, wire_type: int, value: int | float | bytes) -> bytes:
    key = _varint(number << 3 | wire_type)
    if isinstance(value, bytes):
        return key + _varint(len(value)) + value
    if wire_type == _VARINT:
        return key + _varint(int(value))
    return key + struct.pack("<d" if wire_type == _DOUBLE else "<f", value)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
