"""TensorBoard's own schema reads the file, and every record has the checksums that the format asks for."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from tensorboardX.proto import event_pb2

from core.export.run import TrainingRun
from core.export.tensorboard import event_file


def records_in(file: bytes) -> Iterator[bytes]:
    """Each record of a TFRecord file (https://www.tensorflow.org/tutorials/load_data/tfrecord)."""
    at = 0
    while at < len(file):
        (length,) = struct.unpack_from("<Q", file, at)
        record = file[at + 12 : at + 12 + length]
        assert len(record) == length
        assert struct.unpack_from("<I", file, at + 8)[0] == masked(file[at : at + 8])
        assert struct.unpack_from("<I", file, at + 12 + length)[0] == masked(record)
        yield record
        at += 16 + length


def masked(data: bytes) -> int:
    """CRC-32C, rotated and moved as the format asks."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """Bit by bit, by the polynomial of RFC 3720."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def events_in(file: bytes) -> list[Any]:
    """Each record, parsed by TensorBoard's schema."""
    return [event_pb2.Event.FromString(record) for record in records_in(file)]


def test_the_checksum_of_this_reader_is_that_of_the_standard() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value of RFC 3720


def test_the_curves_are_those_of_the_run(moons: TrainingRun) -> None:
    first, *events = events_in(event_file(moons))
    assert first.file_version == "brain.Event:2"
    assert first.wall_time == moons.began_at
    epochs = moons.of("epoch_completed")
    assert [event.step for event in events] == [epoch["step"] for epoch in epochs]
    for event, epoch in zip(events, epochs, strict=True):
        scalars = {value.tag: value.simple_value for value in event.summary.value}
        assert scalars["loss/test"] == struct.unpack("f", struct.pack("f", epoch["test_loss"]))[0]
        assert scalars["accuracy/train"] == struct.unpack("f", struct.pack("f", epoch["train_metric"]))[0]
        assert event.wall_time == moons.began_at + epoch["elapsed_s"]


def test_the_same_run_gives_the_same_bytes(moons: TrainingRun) -> None:
    assert event_file(moons) == event_file(moons)
