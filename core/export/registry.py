"""Everything that can be exported from a run. To add one, add an entry: folder, zip and README follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.export.run import TrainingRun, why_no_checkpoint
from core.lazy import LazyModule

if TYPE_CHECKING:
    from core.export import metrics, onnx, other_frameworks, prediction, script, tensorboard, weights
else:
    metrics = LazyModule("core.export.metrics")
    onnx = LazyModule("core.export.onnx")
    other_frameworks = LazyModule("core.export.other_frameworks")
    prediction = LazyModule("core.export.prediction")
    script = LazyModule("core.export.script")
    tensorboard = LazyModule("core.export.tensorboard")
    weights = LazyModule("core.export.weights")


@dataclass(frozen=True)
class Export:
    """One file of a run: what it is, its content, and why a run may not have it (None when it has)."""

    meaning: str
    content: Callable[[TrainingRun], bytes]
    why_not: Callable[[TrainingRun], str | None]


# By file name, below the folder or in the zip.
EXPORTS: dict[str, Export] = {
    "script.py": Export(
        meaning="repeats the run with torch and numpy alone and prints the same losses: python script.py",
        content=lambda run: script.script(run).encode(),
        why_not=lambda run: script.why_no_script(run),
    ),
    "model.py": Export(
        meaning="the network, as code",
        content=lambda run: script.model(run).encode(),
        why_not=lambda run: script.why_no_model(run),
    ),
    "config.json": Export(
        meaning="the settings that the scripts train with",
        content=lambda run: script.config(run).encode(),
        why_not=lambda run: script.why_no_script(run),
    ),
    "data.npz": Export(
        meaning="what the scripts read: all splits of the data, and the weights before the first step",
        content=lambda run: script.data(run),
        why_not=lambda run: script.why_no_script(run),
    ),
    "jax_script.py": Export(
        meaning="repeats the run in JAX with the same weights, batches and schedule, and comes close to its "
        "losses: python jax_script.py; with --trained it prints the scores of the weights at the end",
        content=lambda run: other_frameworks.other_script(run, "jax").encode(),
        why_not=lambda run: other_frameworks.why_no_other_script(run),
    ),
    "jax_model.py": Export(
        meaning="the network in JAX, layer by layer",
        content=lambda run: other_frameworks.other_model(run, "jax").encode(),
        why_not=lambda run: other_frameworks.why_no_other_script(run),
    ),
    "keras_script.py": Export(
        meaning="the same in Keras 3 on TensorFlow, JAX or PyTorch, as KERAS_BACKEND says: "
        "python keras_script.py",
        content=lambda run: other_frameworks.other_script(run, "keras").encode(),
        why_not=lambda run: other_frameworks.why_no_other_script(run),
    ),
    "keras_model.py": Export(
        meaning="the network in Keras, layer by layer",
        content=lambda run: other_frameworks.other_model(run, "keras").encode(),
        why_not=lambda run: other_frameworks.why_no_other_script(run),
    ),
    "training_loop.py": Export(
        meaning="what jax_script.py and keras_script.py share: batches in the order of the run, and scores",
        content=lambda run: other_frameworks.training_loop().encode(),
        why_not=lambda run: other_frameworks.why_no_other_script(run),
    ),
    "weights.safetensors": Export(
        meaning="the weights of the last checkpoint by name, with all settings in its metadata",
        content=lambda run: weights.weights(run),
        why_not=why_no_checkpoint,
    ),
    "predict.py": Export(
        meaning="predictions for the rows of a CSV file, with torch alone: python predict.py FILE",
        content=lambda run: prediction.predict_script().encode(),
        why_not=lambda run: prediction.why_no_prediction(run),
    ),
    "encoding.json": Export(
        meaning="how a raw row becomes inputs and outputs become predictions: columns in order, means, "
        "deviations, categories, classes, the scale of the target",
        content=lambda run: prediction.encoding_json(run).encode(),
        why_not=lambda run: prediction.why_no_prediction(run),
    ),
    "csv_cells.py": Export(
        meaning="how predict.py reads a CSV file",
        content=lambda run: prediction.cells_script().encode(),
        why_not=lambda run: prediction.why_no_prediction(run),
    ),
    "row_encoding.py": Export(
        meaning="how predict.py reads a row, by encoding.json",
        content=lambda run: prediction.encoding_script().encode(),
        why_not=lambda run: prediction.why_no_prediction(run),
    ),
    "network.onnx": Export(
        meaning="the network with these weights for other runtimes: inputs as in data.npz, outputs as scores",
        content=lambda run: onnx.network_onnx(run),
        why_not=lambda run: onnx.why_no_onnx(run),
    ),
    "metrics.csv": Export(
        meaning="a row for each epoch: losses, metrics, samples a second, seconds since the start",
        content=lambda run: metrics.metrics_csv(run),
        why_not=lambda run: metrics.why_no_metrics(run),
    ),
    "metrics.parquet": Export(
        meaning="the same rows with their types, for pandas, DuckDB and the like",
        content=lambda run: metrics.metrics_parquet(run),
        why_not=lambda run: metrics.why_no_metrics(run),
    ),
    "tensorboard/events.out.tfevents.nablascope": Export(
        meaning="the same curves for TensorBoard: tensorboard --logdir tensorboard",
        content=lambda run: tensorboard.event_file(run),
        why_not=lambda run: metrics.why_no_metrics(run),
    ),
}
