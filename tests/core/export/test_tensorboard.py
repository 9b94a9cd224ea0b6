"""TensorBoard's own schema reads the file, and its framing is byte for byte another writer's."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tensorboardX import crc32c as other_crc32c
from tensorboardX.proto import event_pb2
from tensorboardX.record_writer import RecordWriter

from core.export.run import TrainingRun
from core.export.tensorboard import crc32c, event_file, framed, scalar_event

FLOATS = st.floats(width=32, allow_nan=False)


def events_in(file: bytes) -> Iterator[Any]:
    """Each record, parsed by TensorBoard's schema."""
    stream = io.BytesIO(file)
    while header := stream.read(12):
        (length,) = struct.unpack("<Q", header[:8])
        yield event_pb2.Event.FromString(stream.read(length))
        stream.read(4)


def test_the_curves_are_those_of_the_run(moons: TrainingRun) -> None:
    first, *events = events_in(event_file(moons))
    assert first.file_version == "brain.Event:2"
    epochs = moons.of("epoch_completed")
    assert [event.step for event in events] == [epoch["step"] for epoch in epochs]
    for event, epoch in zip(events, epochs, strict=True):
        scalars = {value.tag: value.simple_value for value in event.summary.value}
        assert scalars["loss/test"] == struct.unpack("f", struct.pack("f", epoch["test_loss"]))[0]
        assert scalars["accuracy/train"] == struct.unpack("f", struct.pack("f", epoch["train_metric"]))[0]
        assert event.wall_time == moons.began_at + epoch["elapsed_s"]


@given(st.floats(0, 1e12), st.integers(0, 2**63 - 1), st.dictionaries(st.text(), FLOATS, max_size=5))
def test_an_event_is_what_its_schema_says(at_s: float, step: int, scalars: dict[str, float]) -> None:
    event = event_pb2.Event.FromString(scalar_event(at_s, step, scalars))
    assert (event.wall_time, event.step) == (at_s, step)
    assert {value.tag: value.simple_value for value in event.summary.value} == scalars


@given(st.binary(max_size=400))
def test_records_are_framed_as_by_another_writer(record: bytes) -> None:
    assert framed(record) == framed_by_another(record)


def framed_by_another(record: bytes) -> bytes:
    file = io.BytesIO()
    writer = RecordWriter.__new__(RecordWriter)  # its constructor wants a path
    writer._writer = file
    writer.write(record)
    return file.getvalue()


def test_the_checksum_is_that_of_the_standard() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C, RFC 3720
    assert crc32c(b"abc" * 99) == other_crc32c.crc32c(b"abc" * 99)
