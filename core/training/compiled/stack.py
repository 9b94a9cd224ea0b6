"""Fully connected networks for dense.py: one with samples as lanes, and stacks with networks as lanes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from core.activations.expressions.grammar import Node
from core.training.compiled import dense, elementwise
from core.training.compiled.mlp import Memory, Optimizer
from core.training.compiled.simd import LANES

PREDICTED_COLUMNS = 8  # vectors that a prediction computes side by side


@dataclass(frozen=True)
class Network:
    """A fully connected network: its sizes from features to outputs, and the activation of each hidden layer
    as a computable expression of x.
    """

    sizes: tuple[int, ...]
    activations: tuple[Node, ...]

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(self.sizes))

    @property
    def multiplications(self) -> int:
        """Of one sample's way forward."""
        return self.parameters

    @cached_property
    def is_weight(self) -> np.ndarray:
        """1.0 for weights and 0.0 for biases, float32 (parameters,)."""
        parts = [
            np.repeat(np.float32([1, 0]), [fan_in * fan_out, fan_out])
            for fan_in, fan_out in pairwise(self.sizes)
        ]
        return np.concatenate(parts)

    @cached_property
    def program(self) -> _Code:
        """What elementwise.run does after each hidden layer."""
        return _code_of([elementwise.program(tree) for tree in self.activations])


@dataclass(frozen=True, eq=False)
class _Code:
    code: np.ndarray  # int32 (operations, 4), of all hidden layers
    ends: np.ndarray  # int64 (hidden layers,), where each one's operations end
    constants: np.ndarray  # float32, of the first registers
    registers: int


def _code_of(programs: Sequence[elementwise.Program]) -> _Code:
    """All hidden layers' programs one after the other: each with constants of its own, and shared scratch."""
    constants = sum(len(one.constants) for one in programs)
    parts, before, scratch = [], 0, 0
    for one in programs:
        own = elementwise.FIRST_OWN + len(one.constants)
        code = one.code.copy()
        registers = code[:, 1:]
        is_constant = (registers >= elementwise.FIRST_OWN) & (registers < own)
        is_scratch = registers >= own
        registers[is_constant] += before
        registers[is_scratch] += constants - len(one.constants)
        parts.append(code)
        before += len(one.constants)
        scratch = max(scratch, one.registers - own)
    return _Code(
        code=np.concatenate(parts) if parts else np.zeros((0, 4), np.int32),
        ends=np.cumsum([len(part) for part in parts], dtype=np.int64),
        constants=np.concatenate([one.constants for one in programs] or [np.zeros(0, np.float32)]),
        registers=constants + scratch,
    )


@dataclass(frozen=True, eq=False)
class Job:
    """The steps of one network: all that differs between the networks of a stack.

    order int64 holds the samples of all steps, as mlp.take_steps says; memory is changed.
    """

    memory: Memory
    inputs: np.ndarray  # float32 (samples, features)
    targets: np.ndarray  # float64 (samples,)
    order: np.ndarray
    optimizer: Optimizer
    learning_rate: float
    l1: float = 0.0
    clip_norm: float | None = None
    smoothing: float = 0.0


@dataclass(frozen=True)
class Steps:
    """What all networks of a stack have in common beside their network."""

    network: Network
    optimizer_kind: int
    betas: tuple[float, float]
    loss: int
    batch_size: int
    passes: int
    penalized: bool  # whether L1 or clipping apply to any of them


def take_steps(
    steps: Steps,
    jobs: Sequence[Job],
    factors: np.ndarray,
    done: int,
    stacked: bool,
    frame_steps: Sequence[int] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Take len(factors) steps of one network, or, if stacked, of up to LANES of them side by side.

    factors float64 (steps,) multiply each network's learning rate; done: steps taken before. Returns the last
    batch's mean loss of each, float32 (networks,), and the parameters after each step of frame_steps, float32
    (frames, networks, parameters).
    """
    count = len(jobs)
    lanes = [*jobs, *[jobs[-1]] * (LANES - count)] if stacked else [*jobs]
    network, memories = steps.network, [job.memory for job in lanes]
    theta, first, second = (
        _packed([getattr(memory, name) for memory in memories], stacked)
        for name in ("theta", "first", "second")
    )
    inputs, targets, begins = _data(lanes)
    order = np.stack([job.order for job in lanes], axis=1).astype(np.int32).ravel()
    if not stacked:
        order = np.append(order, np.zeros(LANES, np.int32))
    penalty = network.is_weight if stacked else _packed([network.is_weight], stacked=False)
    hyper = _hyper(lanes)
    scratch = _scratch(network, steps.batch_size, stacked, len(theta))
    frames = np.zeros(len(frame_steps) * len(theta), np.float32)
    dense.take_steps(
        stacked,
        np.array(network.sizes),
        (network.program.code, network.program.ends),
        (inputs, targets, begins),
        order,
        (len(jobs[0].order) // steps.passes, steps.batch_size, factors, done),
        steps.loss,
        (steps.optimizer_kind, np.array(steps.betas), hyper.ravel(), steps.penalized, penalty),
        (theta, first, second),
        scratch,
        (np.array(frame_steps, np.int64), frames),
    )
    for name, row in (("theta", theta), ("first", first), ("second", second)):
        for memory, values in zip(memories[:count], _unpacked(row, network, stacked, count), strict=True):
            getattr(memory, name)[:] = values
    totals = scratch[-1]
    losses = totals[:count] if stacked else totals.sum(keepdims=True)
    shown = [_unpacked(row, network, stacked, count) for row in frames.reshape(len(frame_steps), len(theta))]
    return losses, np.array(shown, np.float32).reshape(len(frame_steps), count, network.parameters)


def outputs(network: Network, theta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The network's outputs for inputs float32 (samples, features): float32 (samples, outputs)."""
    width = PREDICTED_COLUMNS * LANES
    result = np.empty((len(inputs), network.sizes[-1]), np.float32)
    dense.predict(
        False,
        np.array(network.sizes),
        (network.program.code, network.program.ends),
        inputs.reshape(-1),
        np.zeros(1, np.int32),
        len(inputs),
        theta,
        (*_work(network, width), PREDICTED_COLUMNS),
        result.reshape(-1),
    )
    return result


def _packed(rows: Sequence[np.ndarray], stacked: bool) -> np.ndarray:
    """Parameters of all lanes as dense.py has them, float32, flat."""
    if stacked:
        return np.stack(rows, axis=1).ravel()
    padded = np.zeros(-(-len(rows[0]) // LANES) * LANES, np.float32)
    padded[: len(rows[0])] = rows[0]
    return padded


def _unpacked(packed: np.ndarray, network: Network, stacked: bool, count: int) -> np.ndarray:
    """The parameters of each network, float32 (networks, parameters)."""
    if stacked:
        return packed.reshape(network.parameters, LANES).T[:count]
    return packed[None, : network.parameters]


def _data(lanes: Sequence[Job]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples of all lanes in one row, those of one array once; and where each lane's begin."""
    places: dict[int, int] = {}
    parts, samples = [], 0
    for job in lanes:
        if id(job.inputs) not in places:
            places[id(job.inputs)] = samples
            parts.append(job)
            samples += len(job.inputs)
    inputs = parts[0].inputs if len(parts) == 1 else np.concatenate([job.inputs for job in parts])
    targets = np.concatenate([job.targets for job in parts]).astype(np.float32)
    return inputs.reshape(-1), targets, np.array([places[id(job.inputs)] for job in lanes], np.int32)


def _hyper(lanes: Sequence[Job]) -> np.ndarray:
    """The settings of each lane, float32 (HYPER_ROWS, LANES); one network has all lanes."""
    rows = []
    for job in lanes:
        optimizer = job.optimizer
        rows.append(
            (
                job.learning_rate,
                optimizer.weight_decay,
                optimizer.momentum,
                1.0 - optimizer.momentum,
                optimizer.beta2,
                1.0 - optimizer.beta2,
                optimizer.epsilon,
                job.l1,
                np.inf if job.clip_norm is None else job.clip_norm,
                job.smoothing,
            )
        )
    hyper = np.array(rows, float).T
    return np.ascontiguousarray(np.broadcast_to(hyper, (dense.HYPER_ROWS, LANES)), np.float32)


def _work(network: Network, width: int) -> tuple[np.ndarray, tuple[int, int, int]]:
    """Values, slopes, a layer's pre-activations and the registers with their constants; where the last three
    begin.
    """
    program, register = network.program, elementwise.TILE * LANES
    slopes = sum(network.sizes) * width
    layer = 2 * slopes
    registers = layer + max(network.sizes) * width
    work = np.zeros(registers + max(1, program.registers) * register, np.float32)
    constants = work[registers : registers + len(program.constants) * register]
    constants.reshape(-1, register)[:] = program.constants[:, None]
    return work, (slopes, layer, registers)


def _scratch(network: Network, batch_size: int, stacked: bool, parameters: int) -> tuple[Any, ...]:
    """What dense.take_steps works in; the losses are the last."""
    width = (batch_size if stacked else -(-batch_size // LANES)) * LANES
    widest = max(network.sizes) * width
    rows = [np.zeros(count, np.float32) for count in (widest, widest, parameters, width, width, LANES)]
    return (*_work(network, width), *rows)


def grouped(keys: Sequence[Hashable | None]) -> list[list[int]]:
    """Positions in lists of up to LANES whose keys are the same; None stays alone."""
    groups: dict[Hashable, list[int]] = {}
    alone = []
    for position, key in enumerate(keys):
        if key is None:
            alone.append([position])
        else:
            groups.setdefault(key, []).append(position)
    chunks = [
        group[start : start + LANES] for group in groups.values() for start in range(0, len(group), LANES)
    ]
    return sorted(chunks + alone)
