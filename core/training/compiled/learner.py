"""Supervised learning by compiled steps: for small networks on the CPU, the fastest way.

The numbers are those of the eager learner to rounding, from the same weights and in the same order.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn, optim

from core.data.dataset import CLASSIFICATION
from core.errors import InvalidRequest
from core.events import Progress
from core.models.cnn import ConvNet, LeNet5
from core.models.mlp import MLP
from core.training.compiled import ahead
from core.training.config import TrainConfig, activations_of
from core.training.learners.supervised import Parts, SupervisedLearner, build_parts
from core.training.schedules import SCHEDULES

if TYPE_CHECKING:
    from core.training.compiled.cnn import ConvNetwork
    from core.training.compiled.mlp import Network

# Beyond this, a framework's matrix products take more of the time than its dispatch does.
MAX_PARAMETERS = 5_000
# Beyond this, a row of a map with all samples of the batch leaves the nearest cache.
MAX_BATCH = 256
# Between two calls of learn() a training can be stopped; so many multiplications take hundredths of a second.
MULTIPLICATIONS_PER_CALL = 20_000_000

# Activations of the catalogue that kernels.py knows: the name of its number there, and the parameter where
# one applies.
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
    return SupervisedLearner(config, parts)


def not_compiled_reason(config: TrainConfig, parts: Parts) -> str | None:
    """Why this training cannot take compiled steps; None when it can."""
    network = parts.network
    plain = isinstance(network, MLP) and all(type(module) in _KNOWN_MODULES for module in network.modules())
    convolutional = isinstance(network, LeNet5 | ConvNet)
    known = [name for name in ACTIVATIONS if name in RISING or not convolutional]
    if not plain and not convolutional:
        return "it knows plain fully connected networks, LeNet-5 and ConvNetJS's network"
    if parts.device.type != "cpu":
        return f"it runs on the CPU, not on {config.device}"
    if plain and sum(parameter.numel() for parameter in network.parameters()) > MAX_PARAMETERS:
        return f"beyond {MAX_PARAMETERS:,} parameters matrix products are faster"
    if convolutional and config.batch_size > MAX_BATCH:
        return f"convolutions of batches beyond {MAX_BATCH} are faster otherwise"
    if not {*activations_of(config)} <= {*known}:
        return f"it knows the activations {', '.join(known)}"
    if config.l1 or config.clip_norm is not None:
        return "it knows neither l1 nor clip_norm"
    if _optimizer_number(parts.optimizer) is None:
        return f"it does not know the optimiser {config.optimizer}"
    return compiler_missing("cnn" if convolutional else "mlp")


_KNOWN_MODULES = {MLP, nn.ModuleList, nn.Linear}


@cache
def compiler_missing(network: str) -> str | None:
    """Why steps of an "mlp" or a "cnn" cannot be compiled here, None when they can.

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
    from core.training.compiled import cnn, kernels, mlp

    dense = mlp.Network((2, 1), kernels.IDENTITY)
    stages = (cnn.Stage(2, 2, 2), cnn.Stage(2, 2, 1))
    network = dense if kind == "mlp" else cnn.ConvNetwork((1, 2, 2), stages, dense)
    memory = mlp.Memory(*np.zeros((3, network.parameters), np.float32))
    inputs = np.ones((1, 4), np.float32)
    optimizer = mlp.Optimizer(mlp.SGD)
    rest = (np.zeros(1), np.zeros(1, np.int64), 1, np.zeros(1), 0, mlp.SQUARED)
    if isinstance(network, mlp.Network):
        mlp.take_steps(network, optimizer, memory, inputs[:, :2].copy(), *rest)
        mlp.outputs(network, memory.theta, inputs[:, :2].copy())
    else:
        cnn.take_steps(network, optimizer, memory, inputs, *rest)


def compiled_network(
    network: nn.Module, activations: Sequence[str], input_shape: tuple[int, ...]
) -> Network | ConvNetwork:
    """A network of nn.Modules as mlp.py or cnn.py describes it.

    activations: of each hidden layer, or the one of all.
    """
    from core.training.compiled import cnn, kernels, mlp

    functions = [
        (getattr(kernels, number), value) for number, value in map(ACTIVATIONS.__getitem__, activations)
    ]
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    sizes = (linear[0].in_features, *(layer.out_features for layer in linear))
    dense = mlp.Network(sizes, *functions[0], each=tuple(functions) if len(functions) > 1 else ())
    if not isinstance(network, LeNet5 | ConvNet):
        return dense
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
        samples = len(self.inputs)
        max_passes = max(1, MULTIPLICATIONS_PER_CALL // (self.compiled_network.multiplications * samples))
        for done in range(0, epochs, max_passes):
            passes = min(max_passes, epochs - done)
            orders = [torch.randperm(samples, generator=self.shuffle) for _ in range(passes)]
            self._take_steps(torch.cat(orders).numpy(), passes)

    def _take_steps(self, order: np.ndarray, passes: int = 1) -> float:
        from core.training.compiled import cnn, mlp

        config, network = self.config, self.compiled_network
        count = passes * -(-len(order) // passes // config.batch_size)
        factors = _factors(config.schedule, config.epochs * self.steps_per_epoch, self.step, count)
        rest = (
            self.compiled_optimizer,
            self.memory,
            self.inputs,
            self.targets,
            order,
            config.batch_size,
            config.learning_rate * factors,
            self.step,
            self.loss,
            config.label_smoothing,
            passes,
        )
        self.step += count
        # Moments and slopes of saturated units sink below 1e-38, where arithmetic is slow; 0 will do.
        torch.set_flush_denormal(True)
        try:
            if isinstance(network, mlp.Network):
                return mlp.take_steps(network, *rest)
            return cnn.take_steps(network, *rest)
        finally:
            torch.set_flush_denormal(False)

    def _outputs(self, inputs: Tensor, progress: Progress) -> Generator[Progress, None, Tensor]:
        from core.training.compiled import mlp

        if not isinstance(self.compiled_network, mlp.Network):
            return (yield from super()._outputs(inputs, progress))
        yield progress
        flat = inputs.flatten(1).numpy()
        return torch.from_numpy(mlp.outputs(self.compiled_network, self.memory.theta, flat))

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
        """Return to a state()."""
        for name, values in state["memory"].items():
            getattr(self.memory, name)[:] = values.numpy()
        self.shuffle.set_state(state["shuffle"])
        self.step = state["step"]


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
