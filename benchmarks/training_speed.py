"""Our training loop against a bare eager PyTorch loop of the same network, batch and optimiser.

    python benchmarks/training_speed.py [--networks mlp,convnet,lenet,lstm,...] [--seconds 8] [--pictures]
                                        [--engine auto]

The two take turns in one process, some epochs each (A B, B A, ...), so that a machine whose speed drifts
drifts for both. A ratio of 1 says that events, learning-rate schedule, pictures and clock cost nothing. Ours
is told with and without the evaluation after each epoch; the bare loop never evaluates. Last come ensembles:
one small network with 64 seeds on one core, and eight activations with 32 seeds each on all cores, timed from
nothing to the verdict; the samples of all their networks together.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.devices import usable_cores
from core.training.config import TrainConfig, default_config
from core.training.ensembles import EnsembleConfig
from core.training.ensembles.job import train_ensemble
from core.training.events import EpochCompleted
from core.training.learners.supervised import SupervisedLearner
from core.training.loop import train
from core.training.settings import MAX_EPOCHS

TURN_S = 0.3

# Compared beside networks by their own names: network, data, and settings other than the preset's.
ROWS: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "lstm 2x72": (
        *("lstm", "sines"),
        {"hidden": (20,), "model_options": {"layers": 2}, "data_options": {"length": 72}},
    ),
    "gru 2x72": (
        *("gru", "sines"),
        {"hidden": (20,), "model_options": {"layers": 2}, "data_options": {"length": 72}},
    ),
    "copy memory": ("lstm", "copy_memory", {}),
    "adding": ("lstm", "adding", {}),
    "text": ("lstm", "python_help", {}),
}
NETWORKS = ("mlp", "convnet", "lenet", "rnn", "lstm", "gru", *ROWS)


def bare_epochs(config: TrainConfig) -> Iterator[None]:
    """What one would write by hand."""
    training = SupervisedLearner(config)
    model, optimizer, loss_of = training.network, training.optimizer, training.objective.learning_loss
    inputs, targets = training.train_inputs, training.train_targets
    while True:
        for batch in torch.randperm(len(inputs)).split(config.batch_size):
            loss = loss_of(model(inputs[batch]), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield


def our_epochs(config: TrainConfig) -> Iterator[EpochCompleted]:
    """The loop of core.training, with everything that it yields taken."""
    for event in train(config):
        if isinstance(event, EpochCompleted):
            yield event


def compare(network: str, seconds: float, snapshot_every_s: float | None, engine: str) -> None:
    """Print samples/s of both, and their ratio over all pairs of turns."""
    model, data, changes = ROWS.get(network, (network, None, {}))
    config = default_config(
        *(model, data),
        **{"epochs": MAX_EPOCHS, "schedule": "constant", "snapshot_every_s": snapshot_every_s},
        **(changes | {"engine": engine}),
    )
    samples = len(SupervisedLearner(config).train_inputs)
    bare, ours = bare_epochs(config), our_epochs(config)

    def take_bare_turn(epochs: int) -> float:
        began = time.perf_counter()
        for _ in range(epochs):
            next(bare)
        return time.perf_counter() - began

    def take_our_turn(epochs: int) -> tuple[float, float]:
        began = time.perf_counter()
        steps_s = sum(samples / next(ours).samples_per_s for _ in range(epochs))
        return steps_s, time.perf_counter() - began

    take_bare_turn(1), take_our_turn(1)  # the first calls pay for set-up
    epochs = max(1, math.ceil(TURN_S / take_bare_turn(1)))
    bare_s, steps_s, all_s = [], [], []
    began = time.perf_counter()
    while time.perf_counter() - began < seconds or len(bare_s) < 6:
        if len(bare_s) % 2:
            steps, whole = take_our_turn(epochs)
            bare_s.append(take_bare_turn(epochs))
        else:
            bare_s.append(take_bare_turn(epochs))
            steps, whole = take_our_turn(epochs)
        steps_s.append(steps)
        all_s.append(whole)

    ratios = sorted(one / other for one, other in zip(bare_s, steps_s, strict=True))
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    with_evaluation = statistics.median(one / other for one, other in zip(bare_s, all_s, strict=True))
    print(
        f"{network:<11} batch {config.batch_size:<3} {config.optimizer:<8} "
        f"bare {samples * epochs / statistics.median(bare_s):>8,.0f}  "
        f"ours {samples * epochs / statistics.median(steps_s):>8,.0f} samples/s  "
        f"ratio {statistics.median(ratios):.3f} (middle half {low:.3f} to {high:.3f}, {len(ratios)} pairs)  "
        f"with evaluation {with_evaluation:.3f}",
        flush=True,
    )


def compare_ensemble(seeds: int, rounds: int) -> None:
    """Print the samples/s of a 2-8-8-1 network with many seeds against one bare loop of it, in turns."""
    config = default_config(
        "mlp", "moons", epochs=20, hidden=(8, 8), batch_size=10, optimizer="sgd", snapshot_every_s=None
    )
    samples = len(SupervisedLearner(config).train_inputs)
    bare = bare_epochs(config)
    next(bare)
    ratios = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(3):
            next(bare)
        bare_per_s = 3 * samples / (time.perf_counter() - began)
        finished = list(train_ensemble(EnsembleConfig(config, seeds)))[-1]
        ratios.append(finished.samples_per_s / bare_per_s)
    print(
        f"{seeds} seeds of 2-8-8-1, batch 10, steps alone: ratio {statistics.median(ratios):.0f} in sum "
        f"({min(ratios):.0f} to {max(ratios):.0f})"
    )


def compare_seeds_view(rounds: int) -> None:
    """Print what the Compare page's ranking of activations takes, beside one bare loop of the network."""
    activations = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "silu", "gelu", "softplus")
    config = default_config("mlp", "spiral", snapshot_every_s=None)
    samples = len(SupervisedLearner(config).train_inputs)
    threads = usable_cores()
    ensemble = EnsembleConfig(config, 32, {"activation": activations}, threads=threads)
    bare = bare_epochs(config)
    next(bare)
    ratios, verdict_s = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(3):
            next(bare)
        bare_per_s = 3 * samples / (time.perf_counter() - began)
        began = time.perf_counter()
        finished = list(train_ensemble(ensemble))[-1]
        verdict_s.append(time.perf_counter() - began)
        ratios.append(finished.samples_per_s / bare_per_s)
    print(
        f"8 activations with 32 seeds on the spiral, {threads} threads: "
        f"{statistics.median(verdict_s):.1f} s to the verdict; "
        f"steps alone: ratio {statistics.median(ratios):.0f} in sum ({min(ratios):.0f} to {max(ratios):.0f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--networks", default=",".join(NETWORKS), help="of " + ", ".join(NETWORKS))
    parser.add_argument("--seconds", type=float, default=8.0, help="for each network")
    parser.add_argument("--pictures", action="store_true", help="draw pictures as for a page")
    parser.add_argument("--engine", default="auto", help="auto, eager or compiled")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for network in options.networks.split(","):
        snapshot_every_s = TrainConfig.snapshot_every_s if options.pictures else None
        compare(network, options.seconds, snapshot_every_s, options.engine)
    compare_ensemble(seeds=64, rounds=5)
    compare_seeds_view(rounds=3)


if __name__ == "__main__":
    main()
