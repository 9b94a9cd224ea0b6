"""Training steps of ours beside eager PyTorch and beside JAX: same networks, data, batches and optimiser.

    python -m benchmarks.training_speed [--networks mlp,convnet,lenet,lstm,...] [--seconds 8] [--pictures]
                                        [--engine auto] [--stacks]

All take turns in one process that is pinned to one core (but for rows of two threads), so that a machine
whose speed drifts drifts for all. First come bare steps of small networks side by side (1, 8, 64 and 256 of
them, on one thread and two), with the order of samples made before. Then whole trainings of each network:
ours is the loop of core.training with its events, schedule and clock, beside a bare loop of eager PyTorch,
and JAX's steps in one lax.scan where JAX is installed. The share of the peak is that of the multiply-adds
which this core does in registers. Last come ensembles (one small network with 64 seeds on one core, and
eight activations with 32 seeds each on all cores, timed from nothing to the verdict) and every activation of
the catalogue beside tanh.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.jax_steps import jax_is_installed, jax_steps
from core.activations import ACTIVATIONS
from core.devices import usable_cores
from core.training.compiled.learner import CompiledLearner, flushing_denormals, supervised_learner
from core.training.compiled.simd import LANES
from core.training.compiled.stack import Job, Steps, grouped, take_steps
from core.training.compiled.tiles import products_v
from core.training.config import TrainConfig, default_config
from core.training.ensembles import EnsembleConfig
from core.training.ensembles.config import MIN_STACK
from core.training.ensembles.job import train_ensemble
from core.training.events import EpochCompleted
from core.training.learners.registry import learner_for
from core.training.learners.supervised import SupervisedLearner
from core.training.loop import train
from core.training.settings import MAX_EPOCHS

TURN_S = 0.3
ALL_CORES = os.sched_getaffinity(0)

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
    "lstm 1x24": ("lstm", "sines", {"hidden": (20,), "data_options": {"length": 24}}),
    "gru 1x24": ("gru", "sines", {"hidden": (20,), "data_options": {"length": 24}}),
    "rnn 1x24": ("rnn", "sines", {"hidden": (20,), "data_options": {"length": 24}}),
    "copy memory": ("lstm", "copy_memory", {}),
    "adding": ("lstm", "adding", {}),
    "text": ("lstm", "python_help", {}),
}
NETWORKS = ("mlp", "convnet", "lenet", "alexnet", "vgg", "resnet", "rnn", "lstm", "gru", *ROWS)


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


def flops_per_sample(config: TrainConfig) -> float | None:
    """Multiplications and additions of a compiled network's step, about; None of steps that are eager."""
    learner = supervised_learner(config)
    if not isinstance(learner, CompiledLearner):
        return None
    network = learner.compiled_network
    return float(getattr(network, "training_flops", 6 * network.multiplications))


def compare(network: str, seconds: float, snapshot_every_s: float | None, engine: str) -> None:
    """Print a row: samples/s of each way, the ratios of ours over all turns, and the share of the peak."""
    model, data, changes = ROWS.get(network, (network, None, {}))
    config = default_config(
        *(model, data),
        **{"epochs": MAX_EPOCHS, "schedule": "constant", "snapshot_every_s": snapshot_every_s},
        **(changes | {"engine": engine}),
    )
    samples = len(SupervisedLearner(config).train_inputs)
    bare, ours, jax = bare_epochs(config), our_epochs(config), jax_steps(config)

    def bare_turn(epochs: int) -> float:
        began = time.perf_counter()
        for _ in range(epochs):
            next(bare)
        return samples * epochs / (time.perf_counter() - began)

    def our_turn(epochs: int) -> tuple[float, float]:
        began = time.perf_counter()
        steps_s = sum(samples / next(ours).samples_per_s for _ in range(epochs))
        return samples * epochs / steps_s, samples * epochs / (time.perf_counter() - began)

    def jax_turn(steps: int) -> float:
        began = time.perf_counter()
        if jax is not None:
            jax(steps)
        return steps * config.batch_size / (time.perf_counter() - began)

    bare_turn(1), our_turn(1)  # the first calls pay for set-up
    epochs, our_epochs_ = (
        max(1, math.ceil(TURN_S * turn(1) / samples)) for turn in (bare_turn, whole(our_turn))
    )
    steps = 0 if jax is None else calibrated(jax_turn, config.batch_size)
    rates: list[tuple[float, float, float, float]] = []
    began = time.perf_counter()
    while time.perf_counter() - began < seconds or len(rates) < 4:
        first = bare_turn(epochs) if len(rates) % 2 else 0.0
        our, with_evaluation = our_turn(our_epochs_)
        rates.append((first or bare_turn(epochs), our, with_evaluation, jax_turn(steps) if steps else 0.0))
    eager, our, _, in_jax = (statistics.median(column) for column in zip(*rates, strict=True))
    flops = flops_per_sample(config)
    print(
        f"| {network} | {config.batch_size} | {config.optimizer} | {eager:,.0f} | {our:,.0f} | "
        f"{in_jax:,.0f} | {spread([rate[1] / rate[0] for rate in rates])} | "
        f"{spread([rate[1] / rate[3] for rate in rates]) if steps else '-'} | "
        f"{statistics.median(rate[2] / rate[0] for rate in rates):.2f} | "
        f"{f'{our * flops / peak_flops():.0%}' if flops else '-'} |".replace(" 0 |", " - |"),
        flush=True,
    )


def whole(our_turn: Callable[[int], tuple[float, float]]) -> Callable[[int], float]:
    """The rate with evaluation alone."""
    return lambda epochs: our_turn(epochs)[1]


def calibrated(turn: Callable[[int], float], batch: int) -> int:
    """So many steps that a turn takes TURN_S; compiles JAX's steps for that number."""
    turn(8)
    steps = max(8, math.ceil(TURN_S * turn(8) / batch))
    turn(steps)
    return steps


def spread(ratios: list[float]) -> str:
    """The median, and the middle half."""
    ordered = sorted(ratios)
    low, high = ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]
    return f"{statistics.median(ordered):.2f} ({low:.2f} to {high:.2f})"


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


SIZES, BATCH, SAMPLES, PASSES = (2, 8, 8, 1), 10, 640, 10


def stack_of(networks: int, activation: str = "tanh", optimizer: str = "adam") -> list[CompiledLearner]:
    """Learners of the small network, one a seed."""
    learners = []
    for seed in range(networks):
        config = default_config(
            "mlp", "moons", hidden=SIZES[1:-1], batch_size=BATCH, samples=SAMPLES * 5 // 4, seed=seed,
            activation=activation, optimizer=optimizer, schedule="constant", snapshot_every_s=None,
        )  # fmt: skip
        learner = learner_for(config)
        assert isinstance(learner, CompiledLearner), learner.started().engine_reason
        learners.append(learner)
    return learners


def steps_of(learners: list[CompiledLearner], pool: ThreadPoolExecutor) -> Callable[[], None]:
    """A function that takes some epochs of bare steps, a stack of up to LANES networks on each thread."""
    samples = learners[0].samples_per_epoch
    stacks = [[learners[at] for at in group] for group in grouped([one.stack_key() for one in learners])]
    rng = np.random.default_rng(0)
    work = []
    for stack in stacks:
        jobs = [one.job(np.concatenate([rng.permutation(samples) for _ in range(PASSES)])) for one in stack]
        work.append((stack[0].stacked_steps(PASSES), jobs, np.ones(PASSES * stack[0].steps_per_epoch)))

    def one_stack(steps: Steps, jobs: list[Job], factors: np.ndarray) -> None:
        with flushing_denormals():
            take_steps(steps, jobs, factors, 0, stacked=len(jobs) >= MIN_STACK)

    def take() -> None:
        for done in [pool.submit(one_stack, *one) for one in work]:
            done.result()

    take()
    return take


def stack_in_jax(networks: int) -> Callable[[], None] | None:
    """The same epochs in JAX: jit, vmap over networks, lax.scan over steps; None without JAX."""
    if not jax_is_installed():
        return None
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    inputs = jnp.asarray(rng.standard_normal((networks, SAMPLES, SIZES[0])), jnp.float32)
    targets = jnp.asarray(rng.integers(0, 2, (networks, SAMPLES)), jnp.float32)
    shapes = [shape for fan in pairwise(SIZES) for shape in (fan, fan[1:])]
    theta = [jnp.asarray(rng.standard_normal((networks, *shape)) * 0.5, jnp.float32) for shape in shapes]

    def loss(theta: Any, x: Any, y: Any) -> Any:
        for at in range(0, len(theta), 2):
            x = x @ theta[at] + theta[at + 1]
            x = jnp.tanh(x) if at < len(theta) - 2 else x
        z = x[:, 0]
        return (jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z)))).mean()

    def step(state: Any, batch: Any) -> Any:
        theta, m, v, t = state
        gradient = jax.grad(loss)(theta, *batch)
        m = [0.9 * one + 0.1 * g for one, g in zip(m, gradient, strict=True)]
        v = [0.999 * one + 0.001 * g * g for one, g in zip(v, gradient, strict=True)]
        size, root = 0.005 / (1 - 0.9**t), (1 - 0.999**t) ** -0.5
        theta = [w - size * a / (jnp.sqrt(b) * root + 1e-8) for w, a, b in zip(theta, m, v, strict=True)]
        return (theta, m, v, t + 1), None

    def epochs(theta: Any, inputs: Any, targets: Any, order: Any) -> Any:
        zeros = [jnp.zeros_like(one) for one in theta]
        batches = inputs[order].reshape(-1, BATCH, SIZES[0]), targets[order].reshape(-1, BATCH)
        return jax.lax.scan(step, (theta, zeros, zeros, 1.0), batches)[0][0]

    order = jnp.asarray(
        [np.concatenate([rng.permutation(SAMPLES) for _ in range(PASSES)]) for _ in range(networks)]
    )
    together = jax.jit(jax.vmap(epochs))

    def take() -> None:
        jax.block_until_ready(together(theta, inputs, targets, order))

    take()
    return take


@cache
def peak_flops() -> float:
    """Multiply-adds of vectors in registers, as fast as this core does them: floating-point operations/s."""
    rows, count = np.full(8 * 4 * LANES, 1e-9, np.float32), 100_000
    out = np.zeros(8 * 4 * LANES, np.float32)

    def seconds(repetitions: int) -> float:
        began = time.perf_counter()
        for _ in range(repetitions):
            products_v(rows, 0, LANES, 0, rows, 0, LANES, 0, count,  # the same numbers in every step
                       rows, 0, LANES, out, 0, 4 * LANES, LANES, 8, 4)  # fmt: skip
        return time.perf_counter() - began

    seconds(1)
    best = min(seconds(5) for _ in range(9)) / 5
    return 2.0 * 8 * 4 * count * LANES / best


def compare_stacks(rounds: int) -> None:
    """Print rates of small networks side by side, in turns with JAX."""
    flops = 6.0 * sum(fan_in * fan_out for fan_in, fan_out in pairwise(SIZES))
    peak, core = peak_flops(), os.sched_getaffinity(0)
    print(f"2-8-8-1, batch {BATCH}, Adam, bare steps; this core's multiply-adds: {peak / 1e9:.0f} GFLOP/s\n")
    print(
        "| networks | threads | ours, samples/s | JAX | ours / JAX | of the peak |\n|---|---|---|---|---|---|"
    )
    for networks in (1, 8, 64, 256):
        for count in (1, 2):
            if count > 1:
                os.sched_setaffinity(0, ALL_CORES)  # of the threads that start now
            with ThreadPoolExecutor(count) as pool:
                ways = [steps_of(stack_of(networks), pool)]
                ways += [way for way in [stack_in_jax(networks) if count == 1 else None] if way]
                seconds = alternating(ways, rounds)
            os.sched_setaffinity(0, core)
            rates = [networks * SAMPLES * PASSES / statistics.median(took) for took in seconds]
            text = f"| {networks} | {count} | {rates[0] / 1e6:.2f} M | "
            if len(rates) > 1:
                ratios = [jax / ours for ours, jax in zip(*seconds, strict=True)]
                text += f"{rates[1] / 1e6:.2f} M | {spread(ratios)} | "
            else:
                text += "- | - | "
            print(f"{text}{rates[0] * flops / peak / count:.0%} |", flush=True)
    print()


def compare_activations(rounds: int) -> None:
    """Print the rates of every activation beside tanh."""
    with ThreadPoolExecutor(1) as pool:
        names = [name for name, one in ACTIVATIONS.items() if not one.unfit]
        for networks in (1, 64):
            tanh = steps_of(stack_of(networks), pool)
            ratios = {}
            for name in names:
                ours, base = alternating([steps_of(stack_of(networks, name), pool), tanh], rounds)
                ratios[name] = statistics.median(base) / statistics.median(ours)
            worst = sorted(ratios, key=lambda name: ratios[name])[:5]
            print(
                f"{networks} network{'s' * (networks > 1)}, {len(names)} activations beside tanh: median "
                f"{statistics.median(ratios.values()):.2f}; slowest "
                + ", ".join(f"{name} {ratios[name]:.2f}" for name in worst),
                flush=True,
            )


def alternating(ways: list[Callable[[], None]], rounds: int) -> list[list[float]]:
    """Seconds of each way's turns, which alternate."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, took in zip(ways, seconds, strict=True):
            began = time.perf_counter()
            way()
            took.append(time.perf_counter() - began)
    return seconds


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
    parser.add_argument("--stacks", action="store_true", help="only small networks side by side")
    options = parser.parse_args()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(ALL_CORES)})
    compare_stacks(rounds=9)
    if options.stacks:
        return
    print("Whole trainings, samples/s of the steps; in brackets the middle half of the turns' ratios\n")
    print("| network | batch | optimizer | eager | ours | JAX | ours / eager | ours / JAX ", end="")
    print("| with evaluation / eager | of the peak |\n|---|---|---|---|---|---|---|---|---|---|")
    for network in options.networks.split(","):
        snapshot_every_s = TrainConfig.snapshot_every_s if options.pictures else None
        compare(network, options.seconds, snapshot_every_s, options.engine)
    print()
    compare_ensemble(seeds=64, rounds=5)
    os.sched_setaffinity(0, ALL_CORES)
    compare_seeds_view(rounds=3)
    os.sched_setaffinity(0, {max(ALL_CORES)})
    compare_activations(rounds=5)


if __name__ == "__main__":
    main()
