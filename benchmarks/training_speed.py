"""Our training loop against a bare eager PyTorch loop of the same network, batch and optimiser.

    python benchmarks/training_speed.py [--networks mlp,convnet,lenet,alexnet,...] [--seconds 8] [--pictures]
                                        [--engine auto]

The two take turns in one process, some epochs each (A B, B A, ...), so that a machine whose speed drifts
drifts for both. A ratio of 1 says that events, learning-rate schedule, pictures and clock cost nothing. Ours
is printed with and without the evaluation after each epoch; the bare loop never evaluates. Of networks for
images the last column is what their steps reach of the core's peak, as measured. Last come ensembles:
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
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numba import njit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.devices import usable_cores
from core.training.compiled import simd
from core.training.compiled.learner import CompiledLearner, supervised_learner
from core.training.config import TrainConfig, default_config
from core.training.ensembles import EnsembleConfig
from core.training.ensembles.job import train_ensemble
from core.training.events import EpochCompleted
from core.training.learners.supervised import SupervisedLearner
from core.training.loop import train
from core.training.settings import MAX_EPOCHS

NETWORKS = ("mlp", "convnet", "lenet", "alexnet", "vgg", "resnet", "lstm")
TURN_S = 0.3


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


@njit(error_model="numpy")
def _multiply_and_add(rounds):  # type: ignore[no-untyped-def]
    """So many rounds of 12 products and sums of vectors that do not wait for each other."""
    a = b = c = d = e = f = g = h = i = j = k = m = simd.zero()
    x = simd.broadcast(np.float32(0.5))
    for _ in range(rounds):
        a, b, c, d = simd.fma(a, x, x), simd.fma(b, x, x), simd.fma(c, x, x), simd.fma(d, x, x)
        e, f, g, h = simd.fma(e, x, x), simd.fma(f, x, x), simd.fma(g, x, x), simd.fma(h, x, x)
        i, j, k, m = simd.fma(i, x, x), simd.fma(j, x, x), simd.fma(k, x, x), simd.fma(m, x, x)
    return simd.hsum(a + b + c + d + e + f + g + h + i + j + k + m)


@cache
def peak_flops_per_s() -> float:
    """What one core does when it does nothing else: the best of ten turns."""
    rounds, turns = 1_000_000, []
    _multiply_and_add(1)
    for _ in range(10):
        began = time.perf_counter()
        _multiply_and_add(rounds)
        turns.append(time.perf_counter() - began)
    return 12 * 2 * simd.LANES * rounds / min(turns)


def of_peak(config: TrainConfig, samples_per_s: float) -> str:
    """What compiled convolutions reach of it; nothing for other trainings."""
    learner = supervised_learner(config)
    if not isinstance(learner, CompiledLearner) or learner.workspace is None:
        return ""
    return f"  of peak {learner.compiled_network.training_flops * samples_per_s / peak_flops_per_s():.0%}"


def compare(network: str, seconds: float, snapshot_every_s: float | None, engine: str) -> None:
    """Print samples/s of both, and their ratio over all pairs of turns."""
    config = default_config(
        network, epochs=MAX_EPOCHS, schedule="constant", snapshot_every_s=snapshot_every_s, engine=engine
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
        f"{network:<6} batch {config.batch_size:<3} {config.optimizer:<8} "
        f"bare {samples * epochs / statistics.median(bare_s):>8,.0f}  "
        f"ours {samples * epochs / statistics.median(steps_s):>8,.0f} samples/s  "
        f"ratio {statistics.median(ratios):.3f} (middle half {low:.3f} to {high:.3f}, {len(ratios)} pairs)  "
        f"with evaluation {with_evaluation:.3f}"
        f"{of_peak(config, samples * epochs / statistics.median(steps_s))}",
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
    parser.add_argument("--networks", default=",".join(NETWORKS))
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
