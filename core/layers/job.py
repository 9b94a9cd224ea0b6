"""Counting and timing the layers of a network, as a job."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from core.events import Progress
from core.layers.config import LayersConfig
from core.layers.counting import Counter, grouped, layers
from core.layers.events import Layer, LayersCounted
from core.layers.passes import ForwardPass, of_reference, of_training
from core.layers.same_task import mlp_parameters, same_task
from core.layers.tracing import Step, observed, tensors_in
from core.torch_devices import threads
from core.training.config import TrainConfig
from core.training.optimizers import build_optimizer

WARM_UP, MIN_REPEATS, MAX_REPEATS, TIMED_S = 2, 5, 300, 1.0
REFERENCE_MLP = (4096, 4096)  # as wide as the fully connected layers of AlexNet and VGG


def count_layers(config: LayersConfig) -> Iterator[Progress | LayersCounted]:
    """Count the layers of the config's network, and time them where it asks for that."""
    yield Progress(0, 1, "network")
    training = config.training
    with threads(None if training is None else training.threads), torch.random.fork_rng(devices=[]):
        forward = (
            of_reference(str(config.reference), config.batch_size)
            if training is None
            else of_training(training)
        )
        counter = Counter(forward.network)
        with counter.counting(forward.network, forward.activations):
            forward.run()
        found = layers(counter.steps, forward.batch)
        if config.timed:
            found = yield from _timed(forward, counter, found)
    yield _counted(config, forward, found)


def _counted(config: LayersConfig, forward: ForwardPass, found: tuple[Layer, ...]) -> LayersCounted:
    training = config.training
    if training is None:
        hidden: tuple[int, ...] = REFERENCE_MLP
        parameters: int | None = mlp_parameters(forward.input_shape, hidden, forward.outputs)
    else:
        mlp = same_task(training, forward.input_shape, forward.outputs)
        hidden, parameters = (mlp.hidden, mlp.parameters) if mlp else ((), None)
    return LayersCounted(
        name=config.name,
        batch_size=forward.batch or 1,
        input_shape=forward.input_shape,
        layers=found,
        device="meta" if training is None else "cpu",
        mlp_hidden=hidden,
        mlp_parameters=parameters,
        optimizer="" if training is None else training.optimizer,
        optimizer_bytes=None if training is None else _optimizer_bytes(training, forward.network),
    )


def _optimizer_bytes(config: TrainConfig, network: nn.Module) -> int:
    """What the optimiser holds beside weights and gradients, found by a step that changes the weights."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if not weights:
        return 0
    optimizer = build_optimizer(
        config.optimizer, weights, config.learning_rate, config.momentum, config.weight_decay
    )
    for weight in weights:
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    held = tensors_in(list(optimizer.state.values()))
    return sum(tensor.nbytes for tensor in held)


def _timed(
    forward: ForwardPass, counter: Counter, found: tuple[Layer, ...]
) -> Generator[Progress, None, tuple[Layer, ...]]:
    """The layers with the median seconds of each."""
    stopwatch = _Stopwatch()
    for _ in range(WARM_UP):
        forward.run()
    repeats, passed, started = 0, 0.0, time.perf_counter()
    while repeats < MIN_REPEATS or (passed < TIMED_S and repeats < MAX_REPEATS):
        stopwatch.next_pass()
        with observed(forward.network, stopwatch.observe, forward.activations):
            forward.run()
        repeats += 1
        passed = time.perf_counter() - started
        yield Progress(min(passed, TIMED_S), TIMED_S, "s")
    seconds = stopwatch.medians()
    places = {id(now): place for place, now in enumerate(counter.steps)}
    return tuple(
        replace(layer, seconds=sum(seconds[places[id(now)]] for now in group))
        for layer, group in zip(found, grouped(counter.steps), strict=True)
    )


class _Stopwatch:
    """Seconds of each step of a forward pass, pass by pass."""

    def __init__(self) -> None:
        self._passes: list[list[float]] = []

    def next_pass(self) -> None:
        """Another pass begins."""
        self._passes.append([])

    def observe(self, _step: Step, call: Callable[[], Any]) -> Any:
        """Make the call and time it."""
        started = time.perf_counter()
        result = call()
        self._passes[-1].append(time.perf_counter() - started)
        return result

    def medians(self) -> list[float]:
        """Of each step; every pass has the same steps."""
        return [statistics.median(times) for times in zip(*self._passes, strict=True)]
