"""Learning from examples by compiled steps: for small networks on the CPU, the fastest way.

The numbers are those of the eager learner to rounding, from the same weights and in the same order.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn, optim

from core.data.dataset import CLASSIFICATION
from core.errors import InvalidRequest
from core.events import Progress
from core.models.cnn import ConvNet, LeNet5
from core.models.mlp import MLP
from core.training.config import TrainConfig
from core.training.learners.supervised import SupervisedLearner
from core.training.schedules import SCHEDULES

if TYPE_CHECKING:
    from core.training.compiled.cnn import ConvNetwork
    from core.training.compiled.mlp import Network

# Beyond this, a framework's matrix products take more of the time than its dispatch does.
MAX_PARAMETERS = 5_000
# Beyond this, a row of a map with all samples of the batch leaves the nearest cache.
MAX_BATCH = 256
# Between two calls of learn() a training can be stopped; so many multiplications take hundredths of a second.
MULTIPLICATIONS_AT_ONCE = 20_000_000

# Activations of the catalogue that core.training.compiled.mlp knows: the name of its number there, and the
# parameter where one applies.
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
    eager = SupervisedLearner(config)
    why_not = None if config.engine == "eager" else why_not_compiled(eager)
    if config.engine == "compiled" and why_not:
        raise InvalidRequest(f"The engine 'compiled' cannot be used: {why_not}.")
    if config.engine == "eager" or why_not:
        return eager
    return FusedLearner(config)


def why_not_compiled(learner: SupervisedLearner) -> str | None:
    """Why this training cannot take compiled steps; None when it can."""
    config, model = learner.config, learner.model
    plain = isinstance(model, MLP) and all(type(part) in _KNOWN_PARTS for part in model.modules())
    convolutional = isinstance(model, LeNet5 | ConvNet)
    known = [name for name in ACTIVATIONS if name in RISING or not convolutional]
    if not plain and not convolutional:
        return "it knows plain fully connected networks, LeNet-5 and ConvNetJS's network"
    if learner.device.type != "cpu":
        return f"it runs on the CPU, not on {config.device}"
    if plain and sum(parameter.numel() for parameter in model.parameters()) > MAX_PARAMETERS:
        return f"beyond {MAX_PARAMETERS:,} parameters matrix products are faster"
    if convolutional and config.batch_size > MAX_BATCH:
        return f"convolutions of batches beyond {MAX_BATCH} are faster otherwise"
    if config.activation not in known:
        return f"it knows the activations {', '.join(known)}"
    if config.l1 or config.clip_norm is not None:
        return "it knows neither l1 nor clip_norm"
    if _optimizer_number(learner.optimizer) is None:
        return f"it does not know the optimiser {config.optimizer}"
    return compiler_missing("cnn" if convolutional else "mlp")


_KNOWN_PARTS = {MLP, nn.ModuleList, nn.Linear}
_missing: dict[str, str | None] = {}


def compiler_missing(network: str) -> str | None:
    """Why steps of an "mlp" or a "cnn" cannot be compiled here, None when they can.

    Compiles (or loads) them the first time.
    """
    if network not in _missing:
        try:
            _take_one_step(network)
        except Exception as error:  # whatever a compiler can run into, training must go on without it
            _missing[network] = f"the compiler does not work here ({type(error).__name__})"
        else:
            _missing[network] = None
    return _missing[network]


def _take_one_step(kind: str) -> None:
    from core.training.compiled import cnn, mlp

    dense = mlp.Network((2, 1), mlp.IDENTITY)
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
    model: nn.Module, activation: str, input_shape: tuple[int, ...]
) -> Network | ConvNetwork:
    """A network of nn.Modules as core.training.compiled.mlp or compiled_cnn describes it."""
    from core.training.compiled import cnn, mlp

    number, parameter = ACTIVATIONS[activation]
    linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    sizes = (linear[0].in_features, *(layer.out_features for layer in linear))
    dense = mlp.Network(sizes, getattr(mlp, number), parameter)
    if not isinstance(model, LeNet5 | ConvNet):
        return dense
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    stages = [
        cnn.Stage(layer.out_channels, int(layer.padding[0]), pool)
        for layer, pool in zip(convolutions, model.pools, strict=True)
    ]
    channels, rows, columns = input_shape
    return cnn.ConvNetwork((channels, rows, columns), tuple(stages), dense)


@lru_cache(maxsize=256)
def _factors(schedule: str, steps: int, first: int, count: int) -> np.ndarray:
    """What the learning rate is multiplied by at `count` steps; remembered for all members of an ensemble."""
    return np.array([SCHEDULES[schedule].factor(step / steps) for step in range(first, first + count)])


class FusedLearner(SupervisedLearner):
    """A SupervisedLearner whose learn() takes many steps in one call of machine code."""

    engine = "compiled"
    changeable = ("learning_rate",)

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config)
        from core.training.compiled import mlp

        self.network = compiled_network(self.model, config.activation, self.data.train_inputs.shape[1:])
        self.steps_of = _optimizer(self.optimizer)
        self.loss = getattr(mlp, self._loss_name())
        self.memory = mlp.Memory(*np.zeros((3, self.network.parameters), np.float32))
        self._share_memory()
        self.inputs = np.ascontiguousarray(self.train_inputs.flatten(1).numpy())
        self.targets = self.train_targets.double().numpy()

    def _loss_name(self) -> str:
        if self.data.task != CLASSIFICATION:
            return "SQUARED"
        return "BINARY" if self.objective.outputs == 1 else "SOFTMAX"

    def _share_memory(self) -> None:
        """Make the network's parameters views of theta, so that pictures see each step's weights."""
        theta, at = torch.from_numpy(self.memory.theta), 0
        for parameter in self.model.parameters():
            here = theta[at : at + parameter.numel()].view_as(parameter)
            here.copy_(parameter.detach())
            parameter.data = here
            at += parameter.numel()

    def batches(self) -> Iterator[np.ndarray]:
        """One epoch's samples in a new random order, int64, in portions of many batches."""
        order = torch.randperm(len(self.inputs), generator=self.shuffle).numpy()
        batch = self.config.batch_size
        size = max(1, MULTIPLICATIONS_AT_ONCE // (self.network.multiplications * batch)) * batch
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def learn(self, batch: Any) -> Tensor:
        """All steps of one portion; returns the last batch's loss."""
        if self.config.max_steps is not None:
            batch = batch[: (self.config.max_steps - self.step) * self.config.batch_size]
        return torch.tensor(self._take_steps(batch))

    def learn_epochs(self, epochs: int) -> None:
        """Some whole epochs: what learn() with all their batches does, in as few calls as can be."""
        samples = len(self.inputs)
        at_once = max(1, MULTIPLICATIONS_AT_ONCE // (self.network.multiplications * samples))
        for done in range(0, epochs, at_once):
            passes = min(at_once, epochs - done)
            orders = [torch.randperm(samples, generator=self.shuffle) for _ in range(passes)]
            self._take_steps(torch.cat(orders).numpy(), passes)

    def _take_steps(self, order: np.ndarray, passes: int = 1) -> float:
        from core.training.compiled import cnn, mlp

        config, network = self.config, self.network
        count = passes * -(-len(order) // passes // config.batch_size)
        factors = _factors(config.schedule, config.epochs * self.steps_per_epoch, self.step, count)
        rest = (
            self.steps_of,
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

    def _score(
        self, inputs: Tensor, targets: Tensor, progress: Progress
    ) -> Generator[Progress, None, tuple[float, float]]:
        from core.training.compiled import mlp

        if not isinstance(self.network, mlp.Network):
            return (yield from super()._score(inputs, targets, progress))
        yield progress
        outputs = torch.from_numpy(mlp.outputs(self.network, self.memory.theta, inputs.flatten(1).numpy()))
        return self.objective.loss(outputs, targets).item(), self.objective.metric(outputs, targets).item()

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
        """Go back to a state()."""
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
    return {optim.Adam: "ADAM", optim.AdamW: "ADAMW"}.get(type(optimizer))


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
