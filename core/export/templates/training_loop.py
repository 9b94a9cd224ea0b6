"""The training of a run once more, whichever framework computes: for jax_script.py and keras_script.py.

Reads the files beside it with NumPy alone: config.json (the settings), data.npz (the data, and the weights
before the first step) and weights.safetensors (the weights at the end).
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

FOLDER = Path(__file__).resolve().parent
TRAINED = "--trained"
MAX_TRAINING_SAMPLES = 500  # of the training split, for its loss and metric
EVALUATION_BATCH = 500

# What the targets are: one of two classes, one of several; else a value.
BINARY, CLASSIFICATION = "binary classification", "classification"

# What torch.optim takes where config.json names nothing else, and what it remembers of each weight.
DEFAULTS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.0, "nesterov": False, "weight_decay": 0.0},
    "Adam": {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
    "AdamW": {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
    "RMSprop": {"alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0},
}
MEMORY = {
    "SGD": ("velocity",),
    "Adam": ("mean", "square"),
    "AdamW": ("mean", "square"),
    "RMSprop": ("square",),
}

Arrays = dict[str, np.ndarray]


class Network(Protocol):
    """A network of a framework that learns from batches of NumPy arrays, shaped as in data.npz."""

    def learn(self, inputs: np.ndarray, targets: np.ndarray, learning_rate: float) -> None:
        """One step of the optimiser."""

    def change(self, settings: Mapping[str, Any]) -> None:
        """Settings of the optimiser that differ from the next step on."""

    def outputs(self, inputs: np.ndarray) -> np.ndarray:
        """The outputs (batch, outputs) without dropout, by the running statistics of batch normalisation."""


def main(build: Callable[[Mapping[str, Any], Arrays], Network], factor: Callable[[float], float]) -> int:
    """Print the scores of each epoch, or with --trained those of the run's own weights at its end.

    build(config, weights) makes the network; factor is what the learning rate is multiplied by, at a fraction
    of all steps.
    """
    if sys.argv[1:] not in ([], [TRAINED]):
        print(f"Usage: python {Path(sys.argv[0]).name} [{TRAINED}]", file=sys.stderr)
        return 2
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    with np.load(FOLDER / "data.npz") as arrays:
        data = {name: arrays[name] for name in arrays.files}
    if TRAINED not in sys.argv:
        first = {name.removeprefix("initial."): data[name] for name in data if name.startswith("initial.")}
        for epoch in train(build(config, first), data, config, factor):
            print(json.dumps(epoch), flush=True)
        return 0
    file = FOLDER / "weights.safetensors"
    if not file.exists():
        print(f"{file.name} is not here: the run kept no weights, or they were moved.", file=sys.stderr)
        return 2
    print(json.dumps(scores(build(config, read_weights(file)), data, config)))
    return 0


def train(
    network: Network,
    data: Mapping[str, np.ndarray],
    config: Mapping[str, Any],
    factor: Callable[[float], float],
) -> Iterator[dict[str, float]]:
    """Losses and metrics after each epoch."""
    inputs, targets = data["train_inputs"], data["train_targets"]
    shuffle, learning_rate = np.random.RandomState(config["seed"] % 2**32), config["learning_rate"]
    step = epoch = 0
    while step < config["steps"]:
        order = random_order(shuffle, len(inputs))
        for start in range(0, len(inputs), config["batch_size"]):
            if step == config["steps"]:  # the run was stopped here
                break
            changed = config["changes"].get(str(step), {})  # by hand, during the run
            if changed:
                network.change(changed)
                learning_rate = changed.get("learning_rate", learning_rate)
            batch = order[start : start + config["batch_size"]]
            network.learn(
                inputs[batch], targets[batch], learning_rate * factor(step / config["planned_steps"])
            )
            step += 1
        epoch += 1
        # By its validation loss the best: the run ended with these weights.
        best = {"best": True} if epoch == config["best_epoch"] else {}
        yield {"epoch": epoch, "step": step} | scores(network, data, config) | best


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a step depends on: the arguments of the optimiser, all of them, the penalty, the loss."""
    optimizer = config["optimizer"]
    others = {name: config[name] for name in ("task", "label_smoothing", "l1", "clip_norm")}
    return DEFAULTS[optimizer["class"]] | optimizer["arguments"] | others


def random_order(shuffle: np.random.RandomState, count: int) -> np.ndarray:
    """The places 0 to count - 1 in the order of torch.randperm with a generator of the same seed.

    Both draw 32 bits at a time from a Mersenne Twister (Matsumoto & Nishimura 1998); PyTorch shuffles by
    Fisher & Yates, each place with itself or a later one.
    """
    order = np.arange(count)
    draws = shuffle.randint(0, 2**32, max(count - 1, 0), dtype=np.uint32).tolist()
    for place, draw in enumerate(draws):
        other = place + draw % (count - place)
        order[place], order[other] = order[other], order[place]
    return order


def scores(network: Network, data: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> dict[str, float]:
    """Loss and metric of each split; of the training split some evenly spread samples."""
    found: dict[str, float] = {}
    for split in ("train", "validation", "test"):
        if f"{split}_inputs" not in data:  # a run without a stopping rule has no validation split
            continue
        inputs, targets = data[f"{split}_inputs"], data[f"{split}_targets"]
        if split == "train":
            every = math.ceil(len(inputs) / MAX_TRAINING_SAMPLES)
            inputs, targets = inputs[::every], targets[::every]
        parts = [
            network.outputs(inputs[start : start + EVALUATION_BATCH])
            for start in range(0, len(inputs), EVALUATION_BATCH)
        ]
        loss, metric = loss_and_metric(np.concatenate(parts).astype(np.float64), targets, config["task"])
        found |= {f"{split}_loss": float(loss), f"{split}_metric": float(metric)}
    return found


def loss_and_metric(outputs: np.ndarray, targets: np.ndarray, task: str) -> tuple[float, float]:
    """The mean loss; accuracy, or of values 1 - RMSE / that of always predicting the mean."""
    if task == BINARY:  # the logit of the second class
        logits = outputs[:, 0]
        loss = np.mean(np.logaddexp(0, logits) - targets * logits)
        return loss, np.mean((logits > 0) == (targets > 0.5))
    if task == CLASSIFICATION:
        logits = outputs - outputs.max(axis=1, keepdims=True)
        right = np.take_along_axis(logits, targets[:, None], axis=1)[:, 0]
        return np.mean(np.log(np.exp(logits).sum(axis=1)) - right), np.mean(outputs.argmax(axis=1) == targets)
    squared_error = np.mean((outputs[:, 0] - targets) ** 2)
    return squared_error, 1 - math.sqrt(squared_error) / targets.std(dtype=np.float64)


def read_weights(path: Path) -> Arrays:
    """The arrays of a safetensors file: the length of its header, the header in JSON, their bytes."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    kinds = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64}
    return {
        name: np.frombuffer(
            content[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]],
            kinds[entry["dtype"]],
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }
