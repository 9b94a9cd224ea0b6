"""The training of a run once more, with torch and numpy alone: python script.py

Reads the files beside it: config.json (the settings), data.npz (the data, and the weights before the first
step) and model.py (the network, and how its learning rate changes). Prints a JSON line for each epoch.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

FOLDER = Path(__file__).resolve().parent
MAX_TRAINING_SAMPLES = 500  # of the training split, for its loss and metric
EVALUATION_BATCH = 500
NO_TARGET = -100  # class number where there is no target

# What the targets are: one of two classes, one of several, a change since now, a value.
BINARY, CLASSIFICATION, FORECAST = "binary classification", "classification", "forecast"


def main() -> None:
    """Train as config.json says, and print the losses and metrics of each epoch."""
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    with np.load(FOLDER / "data.npz") as arrays:
        data = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    for scores in train(config, data):
        print(json.dumps(scores), flush=True)


def train(config: Mapping[str, Any], data: Mapping[str, Tensor]) -> Iterator[dict[str, float]]:
    """Losses and metrics after each epoch."""
    sys.path.insert(0, str(FOLDER))  # wherever this is started, and also with python -I
    from model import build, factor

    torch.set_num_threads(config["threads"])
    model = build()
    model.load_state_dict({name: data[f"initial.{name}"] for name in model.state_dict()})
    optimizer_class = getattr(torch.optim, config["optimizer"]["class"])
    optimizer = optimizer_class(model.parameters(), **config["optimizer"]["arguments"])
    torch.manual_seed(config["seed"])  # of dropout
    shuffle = torch.Generator().manual_seed(config["seed"])

    inputs, targets = data["train_inputs"], data["train_targets"]
    every = math.ceil(len(inputs) / MAX_TRAINING_SAMPLES)
    settings = {name: config[name] for name in ("learning_rate", "l1", "clip_norm")}
    step = epoch = 0
    while step < config["steps"]:
        for batch in torch.randperm(len(inputs), generator=shuffle).split(config["batch_size"]):
            if step == config["steps"]:  # the run was stopped here
                break
            changed = config["changes"].get(str(step), {})  # by hand, during the run
            settings |= changed
            for group in optimizer.param_groups:
                group |= {name: value for name, value in changed.items() if name in group}
                group["lr"] = settings["learning_rate"] * factor(step / config["planned_steps"])
            loss = loss_of(
                outputs_of(model, inputs[batch]), targets[batch], config["task"], config["label_smoothing"]
            )
            optimizer.zero_grad()
            loss.backward()
            limit_and_penalise(model, settings["clip_norm"], settings["l1"])
            optimizer.step()
            step += 1
        epoch += 1
        scores: dict[str, float] = {"epoch": epoch, "step": step}
        scores |= evaluate(model, "train", inputs[::every], targets[::every], config)
        for split in ("validation", "test"):
            if f"{split}_inputs" in data:
                held_out = data[f"{split}_inputs"], data[f"{split}_targets"]
                scores |= evaluate(model, split, *held_out, config)
        if epoch == config["best_epoch"]:  # by its validation loss: the run ended with these weights
            scores["best"] = True
        yield scores


def outputs_of(model: nn.Module, inputs: Tensor) -> Tensor:
    """What the network makes of a batch while it learns."""
    norms = any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in model.modules())
    model.train(not norms or len(inputs) > 1)  # one sample has no spread to be normalised by
    return model(inputs)


def loss_of(outputs: Tensor, targets: Tensor, task: str, label_smoothing: float = 0.0) -> Tensor:
    """The mean over a batch that is minimised."""
    if task == BINARY:
        smoothed = targets * (1 - label_smoothing) + label_smoothing / 2
        return F.binary_cross_entropy_with_logits(outputs[:, 0], smoothed)
    if task == CLASSIFICATION:
        return F.cross_entropy(outputs, targets, label_smoothing=label_smoothing)
    return F.mse_loss(outputs[:, 0], targets)


def metric_of(outputs: Tensor, targets: Tensor, task: str, baseline_ratio: float = 1.0) -> Tensor:
    """Accuracy; of values 1 - RMSE / RMSE of the baseline: the best naive forecast, or always the mean.

    baseline_ratio: the error of the best naive forecast over that of "no change", on the test data.
    """
    if task == BINARY:
        return ((outputs[:, 0] > 0) == (targets > 0.5)).double().mean()
    if task == CLASSIFICATION:
        right = outputs.argmax(1) == targets
        return right[targets != NO_TARGET].double().mean()
    squared_error = loss_of(outputs, targets, task)
    if task == FORECAST:
        return 1 - torch.sqrt(squared_error / targets.square().mean()) / baseline_ratio
    return 1 - torch.sqrt(squared_error) / targets.std(correction=0)


def limit_and_penalise(model: nn.Module, clip_norm: float | None, l1: float) -> None:
    """Shorten the gradient to clip_norm, then add that of l1 times the sum of absolute weights."""
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    for weight in model.parameters():
        if l1 and weight.dim() > 1 and weight.grad is not None:
            weight.grad.add_(weight.detach().sign(), alpha=l1)


@torch.no_grad()
def evaluate(
    model: nn.Module, split: str, inputs: Tensor, targets: Tensor, config: Mapping[str, Any]
) -> dict[str, float]:
    """Loss and metric of a split, without dropout and by the running statistics of batch normalisation."""
    model.eval()
    outputs = torch.cat([model(batch) for batch in inputs.split(EVALUATION_BATCH)])
    loss = loss_of(outputs, targets, config["task"])
    metric = metric_of(outputs, targets, config["task"], config["baseline_ratio"])
    return {f"{split}_loss": loss.item(), f"{split}_metric": metric.item()}


if __name__ == "__main__":
    main()
