"""Each network on its first data set: a step by hand in eager PyTorch, ours, and what the core allows.

    python benchmarks/preset_speed.py [--networks gan,gcn] [--every-data] [--seconds 3]

Both take turns in one process (A B, B A, ...) on one thread, and their time is the process's own CPU time, so
that other programs weigh little. Steps alone: no events, no evaluation, no pictures. What the core allows is
the rate at which the multiplications and additions of a sample (those of matrix products and convolutions,
as torch counts them) would pass at the rate of a product of two matrices of 1,024 x 1,024; where a step is
little but such products, nothing gets beyond it. Recurrent networks have no such figure: torch does not count
what its fused kernels for them compute. Prints a table in Markdown, as docs/speed.md has it.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.data import DATASETS
from core.models import MODELS
from core.models.gan import discriminator_loss, generator_loss
from core.models.model import RECURRENT
from core.models.q_learning import td_loss
from core.models.rbm import bernoulli
from core.models.registry import applicable_data
from core.training.config import TrainConfig, default_config
from core.training.learners.deep_q import WARM_UP, DeepQLearner
from core.training.learners.gan import GANLearner
from core.training.learners.graph import GraphLearner
from core.training.learners.q_table import TableLearner, exploration
from core.training.learners.rbm import RBMLearner
from core.training.learners.registry import learner_for
from core.training.learners.supervised import SupervisedLearner

TURN_S = 0.15
MATRIX = 1024


def supervised(config: TrainConfig) -> Iterator[int]:
    """Forward, loss, backward, optimiser; yields the samples of each step, as all of these do."""
    training = SupervisedLearner(config)
    model, optimizer, loss_of = training.network, training.optimizer, training.objective.learning_loss
    while True:
        for inputs, targets in training.batches():
            loss = loss_of(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield len(inputs)


def gan(config: TrainConfig) -> Iterator[int]:
    """The discriminator on one batch, and every so often the generator."""
    training = GANLearner(config)
    network, options, random = training.network, training.options, training.random
    of_discriminator, of_generator = training.optimizers
    for step, batch in enumerate(chain.from_iterable(training.batches() for _ in count()), 1):
        fake = network(network.noise(len(batch), random)).detach()
        of_discriminator.zero_grad()
        discriminator_loss(network, batch, fake, options["loss"], options["penalty"], random).backward()
        of_discriminator.step()
        if step % options["critic_steps"] == 0:
            of_generator.zero_grad()
            fake = network(network.noise(len(batch), random))
            generator_loss(network, fake, options["loss"]).backward()
            of_generator.step()
        yield len(batch)


def graph(config: TrainConfig) -> Iterator[int]:
    """Each layer finds out about the edges anew."""
    training = GraphLearner(config)
    network, random = training.network, training.random
    *hidden, last = network.layers
    while True:
        x = training.features
        for layer in hidden:
            x = network.activation(layer(network.drop(x, random), training.edges))
        logits = last(network.drop(x, random), training.edges)
        loss = F.cross_entropy(logits[training.known], training.labels[training.known])
        training.optimizer.zero_grad()
        loss.backward()
        training.optimizer.step()
        yield len(training.features)


@torch.no_grad()
def rbm(config: TrainConfig) -> Iterator[int]:
    """CD-1, formula by formula."""
    training = RBMLearner(config)
    network, random = training.network, training.random
    while True:
        for batch in training.batches():
            (network.reconstruct(batch) - batch).square().mean()
            states = bernoulli(batch, random) if training.options["visible"] == "sampled" else batch
            network.set_gradients(states, network.gibbs(states, training.options["k"], random))
            training.optimizer.step()
            yield len(batch)


def dqn(config: TrainConfig) -> Iterator[int]:
    """One action in each world after the other, then a batch of the replay memory."""
    training = DeepQLearner(config)
    network, target, options = training.network, copy.deepcopy(training.network), training.options
    random, actions = training.random, len(training.environment.actions)
    while True:
        for play in training.plays:
            observation = play.observation
            scaled = torch.from_numpy(observation / training.scale)
            with torch.no_grad():
                action = int(network(scaled[None]).argmax())
            if random.random() < exploration(options, training.fraction_done):
                action = int(random.integers(actions))
            after, reward, ended = play.step(action)
            row = (observation / training.scale, [action], [reward], after / training.scale, [ended])
            training.replay.add(
                *(np.asarray(part)[None] if np.ndim(part) < 1 else _row(part) for part in row)
            )
        training.step += 1
        if len(training.replay) >= WARM_UP:
            batch = training.replay.sample(config.batch_size, random, training.device)
            loss = td_loss(network, target, batch, options["discount"], options["double"])
            training.optimizer.zero_grad()
            loss.backward()
            training.optimizer.step()
            with torch.no_grad():
                for slow, fast in zip(target.parameters(), network.parameters(), strict=True):
                    slow.lerp_(fast, options["target_rate"])
        yield len(training.plays)


def _row(part: Any) -> np.ndarray:
    return part[None] if isinstance(part, np.ndarray) else np.array(part)


def q_table(config: TrainConfig) -> Iterator[int]:
    """Play and learn, step by step."""
    training = TableLearner(config)
    values, random, options = training.values, training.random, training.options
    while True:
        epsilon, rate = exploration(options, training.fraction_done), training.scheduled_rate()
        for _ in range(config.batch_size):
            state = training.play.observation
            explores = random.random() < epsilon
            action = int(random.integers(values.shape[1])) if explores else int(values[state].argmax())
            after, reward, ended = training.play.step(action)
            goal = reward if ended else reward + options["discount"] * values[after].max()
            values[state, action] += rate * (goal - values[state, action])
        training.step += 1
        yield config.batch_size


BY_HAND: dict[str, Callable[[TrainConfig], Iterator[int]]] = {
    **{"supervised": supervised, "gan": gan, "graph": graph, "rbm": rbm, "dqn": dqn, "q_table": q_table},
}


def ours(config: TrainConfig) -> Iterator[int]:
    """What the training loop calls."""
    learner = learner_for(config)
    per_step = learner.samples_per_epoch / learner.steps_per_epoch
    while True:
        for batch in learner.batches():
            before = learner.step
            learner.learn(batch)
            yield round(per_step * (learner.step - before))


def turn(steps: Iterator[int], seconds: float) -> float:
    """Samples for each second of CPU time, of as many steps as fill the turn."""
    samples, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        samples += next(steps)
    return samples / (time.process_time() - began)


def flops_per_sample(steps: Iterator[int]) -> float:
    """Multiplications and additions of matrix products and convolutions, forward and backward."""
    with FlopCounterMode(display=False) as counted:
        samples = sum(next(steps) for _ in range(6))  # of a GAN with a generator's step
    return counted.get_total_flops() / samples


def peak_flops() -> float:
    """Of this thread: the best of some products of two large matrices."""
    a, b = torch.randn(2, MATRIX, MATRIX)
    best_s = float("inf")
    for _ in range(8):
        began = time.process_time()
        a @ b
        best_s = min(best_s, time.process_time() - began)
    return 2 * MATRIX**3 / best_s


def row(model: str, data: str, seconds: float, peak: float) -> str:
    """Of the table: median rates of both, the median ratio of their turns, and the core's limit."""
    config = default_config(model, data, snapshot_every_s=None, schedule="constant")
    by_hand, our = BY_HAND[MODELS[model].learner](config), ours(config)
    pair: list[Callable[[], float]] = [lambda: turn(by_hand, TURN_S), lambda: turn(our, TURN_S)]
    for one in pair:
        one(), one()  # set-up, and a replay memory that fills
    rates: list[tuple[float, float]] = []
    while len(rates) < max(4, seconds / TURN_S / 2):
        if len(rates) % 2:
            second, first = pair[1](), pair[0]()
        else:
            first, second = pair[0](), pair[1]()
        rates.append((first, second))
    ratios = sorted(second / first for first, second in rates)
    eager, fast = (statistics.median(rate) for rate in zip(*rates, strict=True))
    flops = 0.0 if MODELS[model].family == RECURRENT else flops_per_sample(by_hand)
    limit = f"{peak / flops:,.0f} | {100 * fast * flops / peak:.0f}%" if flops else "- | -"
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    return (
        f"| {model} | {data} | {eager:,.0f} | {fast:,.0f} | {statistics.median(ratios):.2f} "
        f"({low:.2f} to {high:.2f}) | {limit} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--networks", default=",".join(MODELS))
    parser.add_argument("--every-data", action="store_true", help="each data set of a network, not its first")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each row")
    options = parser.parse_args()
    torch.set_num_threads(1)
    peak = peak_flops()
    print(f"One thread, {peak / 1e9:,.0f} GFLOP/s; samples a second of CPU time, steps alone.\n")
    print("| network | data | by hand | ours | ours / by hand | limit | of the limit |")
    print("|---|---|---|---|---|---|---|")
    for model in options.networks.split(","):
        every = [data for data in applicable_data(model) if not data.startswith("own_")]
        for data in every if options.every_data else every[:1]:
            assert data in DATASETS
            print(row(model, data, options.seconds, peak), flush=True)


if __name__ == "__main__":
    main()
