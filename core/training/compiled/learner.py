"""Supervised learning by compiled steps: for small networks on the CPU, the fastest way.

The numbers are those of the eager learner to rounding, from the same weights and in the same order.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn, optim

from core.activations.expressions.expression import tree_of
from core.data.dataset import CLASSIFICATION
from core.errors import InvalidRequest
from core.events import Progress
from core.models.cnn import ConvNet, LeNet5
from core.models.mlp import MLP
from core.models.recurrent import SequenceNetwork, SymbolNetwork
from core.training.compiled.recurrent_networks import compiled_data, compiled_recurrent, not_recurrent_reason
from core.training.compiled import ahead
from core.training.config import TrainConfig, activations_of
from core.training.learners.supervised import EVALUATION_BATCH, Parts, SupervisedLearner, build_parts
from core.training.schedules import SCHEDULES

if TYPE_CHECKING:
    from core.training.compiled.cnn import ConvNetwork
    from core.training.compiled.recurrent_layout import Network as RecurrentNetwork
    from core.training.compiled.stack import Job, Network, Steps

# Beyond this, a framework's matrix products take more of the time than its dispatch does.
MAX_PARAMETERS = 5_000
# Beyond this, a row of a map with all samples of the batch leaves the nearest cache.
MAX_BATCH = 256
# Between two calls of learn() a training can be stopped; so many multiplications take hundredths of a second.
MULTIPLICATIONS_PER_CALL = 20_000_000

# Activations that convolutions know, by kernels.py: the name of its number there, and the parameter where one
# applies. Fully connected networks take every activation that is an expression of x.
ACTIVATIONS: dict[str, tuple[str, float]] = {
    "identity": ("IDENTITY", 0.0),
    "sigmoid": ("SIGMOID", 0.0),
    "tanh": ("TANH", 0.0),
    "relu": ("RELU", 0.0),
    "leaky_relu": ("LEAKY_RELU", 0.01),
    "elu": ("ELU", 1.0),
    "silu": ("SILU", 0.0),
    "softplus": ("SOFTPLUS", 0.0),
    "gelu": ("GELU", 0.0),
    "sine": ("SINE", 0.0),
}

# Those that never fall, so that a maximum may be taken before them.
RISING = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus")


def supervised_learner(config: TrainConfig) -> SupervisedLearner:
    """The compiled learner where the config's engine and its network allow it, else the eager one.

    Raises InvalidRequest when the engine "compiled" is asked for and cannot be had.
    """
    parts = build_parts(config)
    if config.engine == "eager":
        return SupervisedLearner(config, parts)
    reason = not_compiled_reason(config, parts)
    if reason is None:
        return CompiledLearner(config, parts)
    if config.engine == "compiled":
        raise InvalidRequest(f"The engine 'compiled' cannot be used: {reason}.")
    learner = SupervisedLearner(config, parts)
    learner.engine_reason = reason
    return learner


def not_compiled_reason(config: TrainConfig, parts: Parts) -> str | None:
    """Why this training cannot take compiled steps; None when it can."""
    network = parts.network
    plain = isinstance(network, MLP) and all(type(module) in _KNOWN_MODULES for module in network.modules())
    convolutional = isinstance(network, LeNet5 | ConvNet)
    if isinstance(network, SequenceNetwork | SymbolNetwork):
        return _not_recurrent_reason(config, parts)
    if not plain and not convolutional:
        return (
            "it knows fully connected networks without dropout and norm, recurrent ones, LeNet-5 and "
            "ConvNetJS's network"
        )
    if parts.device.type != "cpu":
        return f"it runs on the CPU, not on {config.device}"
    if plain and sum(parameter.numel() for parameter in network.parameters()) > MAX_PARAMETERS:
        return f"beyond {MAX_PARAMETERS:,} parameters matrix products are faster"
    if convolutional and config.batch_size > MAX_BATCH:
        return f"convolutions of batches beyond {MAX_BATCH} are faster otherwise"
    if convolutional and not {*activations_of(config)} <= {*RISING}:
        return f"with convolutions it knows the activations {', '.join(RISING)}"
    unknown = [name for name in activations_of(config) if plain and tree_of(name) is None]
    if unknown:
        return f"the activation {unknown[0]} has no expression in the catalogue"
    if convolutional and (config.l1 or config.clip_norm is not None):
        return "with convolutions it knows neither l1 nor clip_norm"
    if _optimizer_number(parts.optimizer) is None:
        return f"it does not know the optimiser {config.optimizer}"
    return compiler_missing("cnn" if convolutional else "mlp")


def _not_recurrent_reason(config: TrainConfig, parts: Parts) -> str | None:
    if parts.device.type != "cpu":
        return f"it runs on the CPU, not on {config.device}"
    if _optimizer_number(parts.optimizer) is None:
        return f"it does not know the optimiser {config.optimizer}"
    assert isinstance(parts.network, SequenceNetwork | SymbolNetwork)
    reason = not_recurrent_reason(parts.network, parts.data.train_inputs.shape[1])
    return reason or compiler_missing("recurrent")


_KNOWN_MODULES = {MLP, nn.ModuleList, nn.Linear}


@cache
def compiler_missing(network: str) -> str | None:
    """Why steps of an "mlp", a "cnn" or a "recurrent" network cannot be compiled here, None when they can.

    Compiles (or loads) them the first time.
    """
    try:
        ahead.kernels()
        _take_one_step(network)
        ahead.note_compiled(network)
    except Exception as error:  # whatever a compiler can run into, training must work without it
        return f"the compiler does not work here ({type(error).__name__})"
    return None


def _take_one_step(kind: str) -> None:
    from core.training.compiled import cnn, dense, kernels, mlp, stack

    if kind == "recurrent":
        from core.training.compiled import cells, recurrent, recurrent_layout

        one = recurrent_layout.Network(cells.RNN_TANH, features=1, units=1, outputs=1, steps=1)
        recurrent.outputs(one, np.zeros(one.parameters, np.float32), np.zeros((1, 1), np.float32))
        return
    inputs = np.ones((1, 4), np.float32)
    if kind == "mlp":
        tree = tree_of("tanh")
        assert tree is not None
        network = stack.Network((4, 1, 1), (tree,))
        memory = mlp.Memory(*np.zeros((3, network.parameters), np.float32))
        job = stack.Job(memory, inputs, np.zeros(1), np.zeros(1, np.int64), mlp.Optimizer(mlp.SGD), 0.0)
        steps = stack.Steps(network, mlp.SGD, (0.0, 0.0), dense.SQUARED, 1, 1, penalized=False)
        stack.take_steps(steps, [job], np.ones(1), 0, stacked=False)
        stack.outputs(network, memory.theta, inputs)
        return
    stages = (cnn.Stage(2, 2, 2), cnn.Stage(2, 2, 1))
    convolutional = cnn.ConvNetwork((1, 2, 2), stages, mlp.Network((2, 1), kernels.IDENTITY))
    memory = mlp.Memory(*np.zeros((3, convolutional.parameters), np.float32))
    rest = (np.zeros(1), np.zeros(1, np.int64), 1, np.zeros(1), 0, mlp.SQUARED)
    cnn.take_steps(convolutional, mlp.Optimizer(mlp.SGD), memory, inputs, *rest)


def compiled_network(
    network: nn.Module, activations: Sequence[str], input_shape: tuple[int, ...]
) -> Network | ConvNetwork | RecurrentNetwork:
    """A network of nn.Modules as stack.py, cnn.py or recurrent_layout.py describes it.

    activations: of each hidden layer, or the one of all.
    """
    if isinstance(network, SequenceNetwork | SymbolNetwork):
        return compiled_recurrent(network, input_shape)
    from core.training.compiled import cnn, kernels, mlp, stack

    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    sizes = (linear[0].in_features, *(layer.out_features for layer in linear))
    if not isinstance(network, LeNet5 | ConvNet):
        trees = [tree for tree in map(tree_of, activations) if tree is not None]
        each = trees * (len(sizes) - 2) if len(trees) == 1 else trees
        return stack.Network(sizes, tuple(each))
    functions = [
        (getattr(kernels, number), value) for number, value in map(ACTIVATIONS.__getitem__, activations)
    ]
    dense = mlp.Network(sizes, *functions[0], each=tuple(functions) if len(functions) > 1 else ())
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    stages = [
        cnn.Stage(layer.out_channels, int(layer.padding[0]), pool)
        for layer, pool in zip(convolutions, network.pools, strict=True)
    ]
    channels, rows, columns = input_shape
    return cnn.ConvNetwork((channels, rows, columns), tuple(stages), dense)


@lru_cache(maxsize=256)
def _factors(schedule: str, steps: int, first: int, count: int) -> np.ndarray:
    """What the learning rate is multiplied by at `count` steps; cached for all members of an ensemble."""
    return np.array([SCHEDULES[schedule].factor(step / steps) for step in range(first, first + count)])


class CompiledLearner(SupervisedLearner):
    """A SupervisedLearner whose learn() takes many steps in one call of machine code."""

    engine = "compiled"
    changeable = ("learning_rate",)

    def __init__(self, config: TrainConfig, parts: Parts | None = None) -> None:
        super().__init__(config, parts)
        from core.training.compiled import mlp

        shape = self.data.train_inputs.shape[1:]
        self.compiled_network = compiled_network(self.network, activations_of(config), shape)
        self.compiled_optimizer = _optimizer(self.optimizer)
        self.loss = getattr(mlp, self._loss_name())
        self.memory = mlp.Memory(*np.zeros((3, self.compiled_network.parameters), np.float32))
        self.share_memory()
        self.inputs = np.ascontiguousarray(self.train_inputs.flatten(1).numpy())
        self.targets = self.train_targets.double().numpy()
        if isinstance(self.network, SequenceNetwork | SymbolNetwork):
            layout = compiled_recurrent(self.network, shape)
            self.sequences = compiled_data(layout, self.train_inputs, self.train_targets)

    def _loss_name(self) -> str:
        if self.data.task != CLASSIFICATION:
            return "SQUARED"
        return "BINARY" if self.objective.outputs == 1 else "SOFTMAX"

    def share_memory(self) -> None:
        """Make the network's parameters views of theta, so that pictures see each step's weights."""
        theta, start = torch.from_numpy(self.memory.theta), 0
        for parameter in self.network.parameters():
            here = theta[start : start + parameter.numel()].view_as(parameter)
            here.copy_(parameter.detach())
            parameter.data = here
            start += parameter.numel()

    def batches(self) -> Iterator[np.ndarray]:
        """One epoch's samples in a new random order, int64, in portions of many batches."""
        order = torch.randperm(len(self.inputs), generator=self.shuffle).numpy()
        batch = self.config.batch_size
        size = max(1, MULTIPLICATIONS_PER_CALL // (self.compiled_network.multiplications * batch)) * batch
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def split_at(self, batch: np.ndarray, step: int | None) -> tuple[np.ndarray, np.ndarray | None]:
        """The samples of a portion up to a step, and the others."""
        samples = len(batch) if step is None else (step - self.step) * self.config.batch_size
        return batch[:samples], batch[samples:] if samples < len(batch) else None

    def learn(self, batch: Any) -> Tensor:
        """All steps of one portion; returns the last batch's loss."""
        if self.config.max_steps is not None:
            batch = batch[: (self.config.max_steps - self.step) * self.config.batch_size]
        return torch.tensor(self._take_steps(batch))

    def learn_epochs(self, epochs: int) -> None:
        """Some whole epochs: what learn() with all their batches does, in as few calls as possible."""
        learn_epochs([self], epochs, stacked=False)

    def _take_steps(self, order: np.ndarray) -> float:
        from core.training.compiled import cnn, recurrent, recurrent_layout, stack

        config = self.config
        factors = self.factors(-(-len(order) // self.config.batch_size))
        with flushing_denormals():
            if isinstance(self.compiled_network, stack.Network):
                losses, _ = stack.take_steps(
                    self.stacked_steps(1), [self.job(order)], factors, self.step, stacked=False
                )
                loss = float(losses[0])
            elif isinstance(self.compiled_network, recurrent_layout.Network):
                loss = recurrent.take_steps(
                    self.compiled_network,
                    self.compiled_optimizer,
                    self.memory,
                    self.sequences,
                    order,
                    config.batch_size,
                    config.learning_rate * factors,
                    self.step,
                    self.loss,
                    config.label_smoothing,
                    clip_norm=config.clip_norm,
                    l1=config.l1,
                )
            else:
                loss = cnn.take_steps(
                    self.compiled_network,
                    self.compiled_optimizer,
                    self.memory,
                    self.inputs,
                    self.targets,
                    order,
                    self.config.batch_size,
                    self.config.learning_rate * factors,
                    self.step,
                    self.loss,
                    self.config.label_smoothing,
                )
        self.step += len(factors)
        return loss

    def factors(self, count: int) -> np.ndarray:
        """What the learning rate is multiplied by at the next `count` steps."""
        config = self.config
        return _factors(config.schedule, config.epochs * self.steps_per_epoch, self.step, count)

    def stacked_steps(self, passes: int) -> Steps:
        """What the steps of this network share with those of others that may be taken beside them."""
        from core.training.compiled import stack

        assert isinstance(self.compiled_network, stack.Network)
        config, optimizer = self.config, self.compiled_optimizer
        return stack.Steps(
            network=self.compiled_network,
            optimizer_kind=optimizer.kind,
            betas=(optimizer.momentum, optimizer.beta2) if optimizer.is_adam else (0.0, 0.0),
            loss=self.loss,
            batch_size=config.batch_size,
            passes=passes,
            penalized=bool(config.l1) or config.clip_norm is not None,
        )

    def stack_key(self) -> Hashable | None:
        """Equal for learners whose networks can take their steps as one stack; None where none can."""
        from core.training.compiled import stack

        if not isinstance(self.compiled_network, stack.Network):
            return None
        config = self.config
        return self.stacked_steps(1), len(self.inputs), config.schedule, config.epochs, self.step

    def job(self, order: np.ndarray) -> Job:
        """This network's own part of steps over the samples of `order`."""
        from core.training.compiled import stack

        config = self.config
        return stack.Job(
            self.memory,
            self.inputs,
            self.targets,
            order,
            self.compiled_optimizer,
            config.learning_rate,
            config.l1,
            config.clip_norm,
            config.label_smoothing,
        )

    def _outputs(self, inputs: Tensor, progress: Progress) -> Generator[Progress, None, Tensor]:
        from core.training.compiled import recurrent, recurrent_layout, stack

        if isinstance(self.compiled_network, recurrent_layout.Network):
            portions = []
            for portion in inputs.split(EVALUATION_BATCH):
                flat = portion.flatten(1).numpy()
                portions.append(recurrent.outputs(self.compiled_network, self.memory.theta, flat))
                yield progress
            return torch.from_numpy(np.concatenate(portions))
        if not isinstance(self.compiled_network, stack.Network):
            return (yield from super()._outputs(inputs, progress))
        yield progress
        flat = np.ascontiguousarray(inputs.flatten(1).numpy())
        return torch.from_numpy(stack.outputs(self.compiled_network, self.memory.theta, flat))

    def state(self) -> dict[str, Any]:
        """Weights, the optimiser's moments, random state and step."""
        return {
            "memory": {
                name: torch.from_numpy(getattr(self.memory, name).copy())
                for name in ("theta", "first", "second")
            },
            "shuffle": self.shuffle.get_state(),
            "step": self.step,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state(), or to one of an eager learner, as earlier versions had of more networks."""
        memory = state["memory"] if "memory" in state else self._memory_of_eager(state)
        for name, values in memory.items():
            getattr(self.memory, name)[:] = values.numpy()
        self.shuffle.set_state(state["shuffle"])
        self.step = state["step"]

    def _memory_of_eager(self, state: dict[str, Any]) -> dict[str, Tensor]:
        """Weights and moments of an eager learner's state, each in one row."""
        of_each = state["optimizer"]["state"]
        moments = {"first": ("exp_avg", "momentum_buffer"), "second": ("exp_avg_sq", "square_avg")}
        parts: dict[str, list[Tensor]] = {"theta": [], "first": [], "second": []}
        for number, (name, parameter) in enumerate(self.network.named_parameters()):
            parts["theta"].append(state["model"][name].flatten())
            for ours, theirs in moments.items():
                found = [of_each.get(number, {}).get(key) for key in theirs]
                held = next((one for one in found if one is not None), torch.zeros_like(parameter))
                parts[ours].append(held.detach().flatten())
        return {name: torch.cat(rows) for name, rows in parts.items()}


def learn_epochs(learners: Sequence[CompiledLearner], epochs: int, stacked: bool) -> None:
    """Some whole epochs of learners with the same stack_key(), as lanes of a stack; or of one by itself."""
    from core.training.compiled import stack

    first = learners[0]
    samples = len(first.inputs)
    if first.stack_key() is None:
        for _ in range(epochs):
            for batch in first.batches():
                first.learn(batch)
        return
    # The same portions however many lanes are used: a stack does all of them.
    lanes = stack.LANES if stacked else 1
    each = first.compiled_network.multiplications * samples * lanes
    max_passes = max(1, MULTIPLICATIONS_PER_CALL // each)
    for done in range(0, epochs, max_passes):
        passes = min(max_passes, epochs - done)
        factors = first.factors(passes * first.steps_per_epoch)
        jobs = [learner.job(_orders(learner, samples, passes)) for learner in learners]
        with flushing_denormals():
            stack.take_steps(first.stacked_steps(passes), jobs, factors, first.step, stacked)
        for learner in learners:
            learner.step += len(factors)


def _orders(learner: CompiledLearner, samples: int, passes: int) -> np.ndarray:
    """The samples of some epochs, each in a new random order, int64."""
    return torch.cat([torch.randperm(samples, generator=learner.shuffle) for _ in range(passes)]).numpy()


@contextmanager
def flushing_denormals() -> Iterator[None]:
    """Moments and slopes of saturated units sink below 1e-38, where arithmetic is slow: they become 0."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _optimizer_number(optimizer: optim.Optimizer) -> str | None:
    """The name of mlp's number for an optimiser of torch.optim, None where it has none."""
    group = optimizer.param_groups[0]
    if len(optimizer.param_groups) > 1 or any(
        group.get(unknown) for unknown in ("amsgrad", "maximize", "centered", "dampening")
    ):
        return None
    if isinstance(optimizer, optim.SGD):
        return "NESTEROV" if group["nesterov"] else "MOMENTUM" if group["momentum"] else "SGD"
    if isinstance(optimizer, optim.RMSprop):
        return None if group["momentum"] else "RMSPROP"
    if isinstance(optimizer, optim.AdamW):  # a kind of Adam for torch
        return "ADAMW"
    return "ADAM" if isinstance(optimizer, optim.Adam) else None


def _optimizer(optimizer: optim.Optimizer) -> Any:
    from core.training.compiled import mlp

    name, group = _optimizer_number(optimizer), optimizer.param_groups[0]
    assert name is not None
    beta1, beta2 = group.get("betas", (group.get("momentum", 0.0), group.get("alpha", 0.0)))
    return mlp.Optimizer(
        kind=getattr(mlp, name),
        weight_decay=group["weight_decay"],
        momentum=beta1,
        beta2=beta2,
        epsilon=group.get("eps", 0.0),
    )
