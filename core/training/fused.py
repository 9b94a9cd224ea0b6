"""Learning from examples by compiled steps: for small fully connected networks on the CPU, the fastest way.

The numbers are those of the eager learner to rounding, from the same weights and in the same order.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn, optim

from core.data.dataset import CLASSIFICATION
from core.errors import InvalidRequest
from core.events import Progress
from core.models.mlp import MLP
from core.training.config import TrainConfig
from core.training.schedules import SCHEDULES
from core.training.supervised import SupervisedLearner

# Beyond this, a framework's matrix products take more of the time than its dispatch does.
MOST_PARAMETERS = 5_000
# Between two calls of learn() a training can be stopped; so many multiplications take hundredths of a second.
MULTIPLICATIONS_AT_ONCE = 20_000_000

# Activations of the catalogue that core.training.compiled knows: the name of its number there, and the
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
    if not isinstance(model, MLP) or any(type(part) not in _KNOWN_PARTS for part in model.modules()):
        return "it knows plain fully connected networks alone"
    if learner.device.type != "cpu":
        return f"it runs on the CPU, not on {config.device}"
    if sum(parameter.numel() for parameter in model.parameters()) > MOST_PARAMETERS:
        return f"beyond {MOST_PARAMETERS:,} parameters matrix products are faster"
    if config.activation not in ACTIVATIONS:
        return f"it knows the activations {', '.join(ACTIVATIONS)}"
    if config.l1 or config.clip_norm is not None:
        return "it knows neither l1 nor clip_norm"
    if _optimizer_number(learner.optimizer) is None:
        return f"it does not know the optimiser {config.optimizer}"
    return compiler_missing()


_KNOWN_PARTS = {MLP, nn.ModuleList, nn.Linear}
_missing: list[str | None] = []


def compiler_missing() -> str | None:
    """Why nothing can be compiled here, None when it can; compiles (or loads) the step the first time."""
    if not _missing:
        try:
            _take_one_step()
        except Exception as error:  # whatever a compiler can run into, training must go on without it
            _missing.append(f"the compiler does not work here ({type(error).__name__})")
        else:
            _missing.append(None)
    return _missing[0]


def _take_one_step() -> None:
    from core.training import compiled

    network = compiled.Network((1, 1), compiled.IDENTITY)
    memory = compiled.Memory(*np.zeros((3, network.parameters), np.float32))
    one = np.ones((1, 1), np.float32)
    compiled.take_steps(
        network,
        compiled.Optimizer(compiled.SGD),
        memory,
        one,
        np.zeros(1),
        np.zeros(1, np.int64),
        1,
        np.zeros(1),
        0,
        compiled.SQUARED,
    )
    compiled.outputs(network, memory.theta, one)


class FusedLearner(SupervisedLearner):
    """A SupervisedLearner whose learn() takes many steps in one call of machine code."""

    engine = "compiled"
    changeable = ("learning_rate",)

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config)
        from core.training import compiled

        number, parameter = ACTIVATIONS[config.activation]
        linear = [layer for layer in self.model.modules() if isinstance(layer, nn.Linear)]
        sizes = (linear[0].in_features, *(layer.out_features for layer in linear))
        self.network = compiled.Network(sizes, getattr(compiled, number), parameter)
        self.steps_of = _optimizer(self.optimizer)
        self.loss = getattr(compiled, self._loss_name())
        self.memory = compiled.Memory(*np.zeros((3, self.network.parameters), np.float32))
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
        size = max(1, MULTIPLICATIONS_AT_ONCE // (self.network.parameters * batch)) * batch
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def learn(self, batch: Any) -> Tensor:
        """All steps of one portion; returns the last batch's loss."""
        from core.training import compiled

        config = self.config
        if config.most_steps is not None:
            batch = batch[: (config.most_steps - self.step) * config.batch_size]
        count = -(-len(batch) // config.batch_size)
        steps, factor = config.epochs * self.steps_per_epoch, SCHEDULES[config.schedule].factor
        rates = [config.learning_rate * factor((self.step + step) / steps) for step in range(count)]
        loss = compiled.take_steps(
            self.network,
            self.steps_of,
            self.memory,
            self.inputs,
            self.targets,
            batch,
            config.batch_size,
            np.array(rates),
            self.step,
            self.loss,
            config.label_smoothing,
        )
        self.step += count
        return torch.tensor(loss)

    def _score(
        self, inputs: Tensor, targets: Tensor, progress: Progress
    ) -> Generator[Progress, None, tuple[float, float]]:
        from core.training import compiled

        yield progress
        outputs = torch.from_numpy(
            compiled.outputs(self.network, self.memory.theta, inputs.flatten(1).numpy())
        )
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
    """The name of core.training.compiled's number for an optimiser of torch.optim, None where it has none."""
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
    from core.training import compiled

    name, group = _optimizer_number(optimizer), optimizer.param_groups[0]
    assert name is not None
    beta1, beta2 = group.get("betas", (group.get("momentum", 0.0), group.get("alpha", 0.0)))
    return compiled.Optimizer(
        kind=getattr(compiled, name),
        weight_decay=group["weight_decay"],
        momentum=beta1,
        beta2=beta2,
        epsilon=group.get("eps", 0.0),
    )
