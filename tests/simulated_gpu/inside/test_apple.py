"""A device without float64, as Apple's GPUs are: trainings with their pictures, and what is measured."""

from __future__ import annotations

import math

import pytest
import torch

from core.events import Picture
from core.timing.measure.cold import flush_for
from core.timing.results.events import MeasurementFailed, MeasurementTaken, NoiseMeasured, RoofMeasured
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.sweep import sweeps
from core.training.config import default_config
from core.training.events import TrainingFinished
from core.training.loop import train
from core.training.snapshots import applicable


def test_float64_is_refused() -> None:
    with pytest.raises(TypeError, match="doesn't support float64"):
        torch.ones(2, device="mps").double()


@pytest.mark.parametrize(
    ("model", "data"),
    [
        ("mlp", "moons"),
        ("mlp", "diabetes"),
        ("gru", "copy_memory"),
        ("lstm", "seattle_temps"),
        ("rbm", "digits"),
        ("gan", "ring"),
        ("gat", "karate_club"),
        ("dqn", "cart_pole"),
    ],
)
def test_every_learner_trains_and_draws_every_picture(model: str, data: str) -> None:
    config = default_config(
        model, data, device="mps", epochs=1, max_steps=2, snapshots=applicable(model, data)
    )
    events = list(train(config))
    (end,) = [event for event in events if isinstance(event, TrainingFinished)]
    assert math.isfinite(end.value)
    assert any(isinstance(event, Picture) for event in events)


def test_the_precision_that_ran_is_found() -> None:
    sizes = {"gemm": 64, "conv2d": 1, "lstm": 16, "attention": 64, "activation_gelu": 1024}
    configs = [
        SweepConfig(
            workload=workload,
            sizes=(size,),
            dtypes=("float32", "float64"),
            devices=("mps",),
            max_seconds=0.05,
            target_ci=1.0,
            thorough=True,
        )
        for workload, size in sizes.items()
    ]
    events = list(sweeps(configs))
    taken = [event for event in events if isinstance(event, MeasurementTaken)]
    assert [event.workload for event in taken] == [*sizes]
    assert {(event.precision, event.precision_reason) for event in taken} == {("float32", None)}
    failed = [event for event in events if isinstance(event, MeasurementFailed)]
    assert [(event.workload, event.dtype) for event in failed] == [(name, "float64") for name in sizes]
    assert all("float64" in event.reason for event in failed)
    assert {NoiseMeasured, RoofMeasured} <= {type(event) for event in events}


def test_the_size_of_its_cache_is_not_known() -> None:
    assert "is not known" in str(flush_for("mps"))
