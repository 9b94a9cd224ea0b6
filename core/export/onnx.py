"""network.onnx: the network for other runtimes (https://onnx.ai), for batches of any size."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from core.data import DATASETS
from core.data.dataset import SEQUENCES, SERIES, SYMBOLS, TEXT
from core.export.run import TrainingRun, on_cpu, why_no_checkpoint
from core.models import MODELS
from core.training.learners.building import loaded

OPSET = 17  # of 2022, which all runtimes know; it has all that our networks are made of
_OVER_TIME = (SERIES, SEQUENCES, SYMBOLS, TEXT)


def network_onnx(run: TrainingRun) -> bytes:
    """An ONNX model of `inputs`, as in data.npz, and `outputs`, before any softmax or sigmoid.

    The first axis is the batch, and where the network reads over time the second is as long as it may be; all
    sequences of a batch are then equally long. Raises InvalidRequest when there is no checkpoint.
    """
    network = run.network
    example = torch.from_numpy(loaded(on_cpu(run.config)).test_inputs[:2]).nan_to_num()
    over_time = DATASETS[run.config.data].kind in _OVER_TIME
    free = {0: "batch", 1: "time"} if over_time else {0: "batch"}
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        file = Path(folder) / "network.onnx"
        # torch's newer exporter needs two packages more and gives the same networks; tracing warns that the
        # choice of what is packed is fixed, which is what the docstring says.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            file,
            dynamo=False,
            opset_version=OPSET,
            input_names=["inputs"],
            output_names=["outputs"],
            dynamic_axes={"inputs": free, "outputs": {0: "batch"}},
        )
        return file.read_bytes()


def why_no_onnx(run: TrainingRun) -> str | None:
    """Why the network cannot be had as ONNX; None when it can."""
    model = MODELS[run.config.model]
    if model.learner != "supervised":
        return f"{model.name} is more than one function from a batch of inputs to outputs"
    return why_no_checkpoint(run)
