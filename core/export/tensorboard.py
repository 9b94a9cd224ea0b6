"""An event file for TensorBoard: each curve of the run, as far as epochs were completed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import RecordWriter

from core.export.metrics import rows
from core.export.run import TrainingRun

# TensorBoard shows curves with the same name before the slash together.
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


def event_file(run: TrainingRun) -> bytes:
    """A scalar summary for each figure of each completed epoch, at the step that the epoch ended with.

    Written by tensorboardX's record writer, which knows the framing and checksums of the format; its
    SummaryWriter would start a thread and name the file after the machine.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events"
        writer = RecordWriter(str(path))
        writer.write(Event(wall_time=run.began_at, file_version="brain.Event:2").SerializeToString())
        for event in _epoch_events(run):
            writer.write(event.SerializeToString())
        writer.close()
        return path.read_bytes()


def _epoch_events(run: TrainingRun) -> list[Event]:
    metric = run.of("training_started")[0]["metric"]
    return [
        Event(
            wall_time=run.began_at + row["elapsed_s"],
            step=row["step"],
            summary=Summary(
                value=[
                    Summary.Value(
                        tag=TAGS.get(name, f"details/{name}").format(metric=metric), simple_value=value
                    )
                    for name, value in row.items()
                    if name not in _NO_CURVES and value is not None
                ]
            ),
        )
        for row in rows(run)
    ]
