"""A card that the driver's library does not list under its number: a slice of one (MIG), or AMD's."""

from __future__ import annotations

from core import devices
from core.timing.results.events import MeasurementFailed, MeasurementTaken
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.sweep import sweep
from core.torch_devices import readable_id, unavailable_reason
from core.training.config import default_config
from core.training.events import TrainingFinished
from core.training.loop import train

DEVICE = "cuda:0"


def test_torch_can_use_it() -> None:
    assert unavailable_reason(DEVICE) is None


def test_what_the_driver_does_not_tell_has_a_reason() -> None:
    for reading in devices.read(readable_id(DEVICE)).values():
        assert reading.value is not None or reading.reason
    devices.absent(), devices.environment()


def test_it_is_measured_thoroughly() -> None:
    config = SweepConfig(
        sizes=(64,),
        dtypes=("float32", "bfloat16"),
        devices=("cuda",),
        target_ci=1.0,
        max_seconds=0.05,
        thorough=True,
    )
    events = list(sweep(config))
    assert [event for event in events if isinstance(event, MeasurementFailed)] == []
    taken = [event for event in events if isinstance(event, MeasurementTaken) and event.device == DEVICE]
    assert [event.precision for event in taken] == ["float32", "bfloat16"]
    assert all(event.joules is not None or event.energy_reason for event in taken)


def test_it_trains() -> None:
    events = list(train(default_config("mlp", "moons", device="cuda", epochs=1, max_steps=2)))
    assert isinstance(events[-1], TrainingFinished)
