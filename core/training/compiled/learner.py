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
from core.models import MODELS
from core.models.mlp import MLP
from core.models.model import CONVOLUTIONAL
from core.models.recurrent import SequenceNetwork, SymbolNetwork
from core.options import filled_in
from core.training.compiled import ahead
from core.training.compiled.recurrent_networks import compiled_data, compiled_recurrent, not_recurrent_reason
from core.training.config import TrainConfig, activations_of
from core.training.learners.supervised import EVALUATION_BATCH, Parts, SupervisedLearner, build_parts
from core.training.schedules import SCHEDULES

if TYPE_CHECKING:
    from core.models.plans import Plan
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

# Those that never fall, so that pooling may come before them, which is faster.
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
    if isinstance(network, SequenceNetwork | SymbolNetwork):
        return _not_recurrent_reason(config, parts)
    convolutional = MODELS[config.model].family == CONVOLUTIONAL
    if not plain and not convolutional:
        return (
            "it knows fully connected networks without dropout and norm, recurrent ones, and the "
            "convolutional ones"
        )
    if parts.device.type != "cpu":
        return f"it runs on the CPU, not on {config.device}"
    if plain and sum(parameter.numel() for parameter in network.parameters()) > MAX_PARAMETERS:
        return f"beyond {MAX_PARAMETERS:,} parameters matrix products are faster"
    if convolutional and config.batch_size > MAX_BATCH:
        return f"convolutions of batches beyond {MAX_BATCH} are faster otherwise"
    known = sorted(ACTIVATIONS)
    if convolutional and not {*activations_of(config)} <= {*known}:
        return f"with convolutions it knows the activations {', '.join(known)}"
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
    layers = (cnn.Convolution(2, 3, padding=1), cnn.Linear(1, active=False))
    convolutional = cnn.ConvNetwork((1, 2, 2), layers, kernels.IDENTITY)
    rest = (np.zeros(1), np.zeros(1, np.int64), 1, np.zeros(1), 0, mlp.SQUARED)
    sgd = mlp.Optimizer(mlp.SGD)
    cnn.take_steps(convolutional.workspace(1), sgd, convolutional.memory(), inputs, *rest)


def _plan(config: TrainConfig, parts: Parts) -> Plan:
    model = MODELS[config.model]
    assert model.plan is not None
    shape = parts.data.train_inputs.shape[1:]
    return model.plan(
        shape, parts.objective.outputs, config.hidden, **filled_in(model.options, config.model_options)
    )


def compiled_network(config: TrainConfig, parts: Parts) -> Network | ConvNetwork | RecurrentNetwork:
    """The network of a training as stack.py, cnn.py or recurrent_layout.py describes it."""
    if isinstance(parts.network, SequenceNetwork | SymbolNetwork):
        return compiled_recurrent(parts.network, parts.data.train_inputs.shape[1:])
    from core.training.compiled import cnn, kernels, stack

    names = activations_of(config)
    if MODELS[config.model].family == CONVOLUTIONAL:
        kind, parameter = ACTIVATIONS[names[0]]
        return cnn.network_of(_plan(config, parts), getattr(kernels, kind), parameter, names[0] in RISING)
    linear = [layer for layer in parts.network.modules() if isinstance(layer, nn.Linear)]
    sizes = (linear[0].in_features, *(layer.out_features for layer in linear))
    trees = [tree for tree in map(tree_of, names) if tree is not None]
    each = trees * (len(sizes) - 2) if len(trees) == 1 else trees
    return stack.Network(sizes, tuple(each))


@lru_cache(maxsize=256)
def _factors(schedule: str, steps: int, first: int, count: int) -> np.ndarray:
    """What the learning rate is multiplied by at `count` steps; cached for all members of an ensemble."""
    return np.array([SCHEDULES[schedule].factor(step / steps) for step in range(first, first + count)])


class CompiledLearner(SupervisedLearner):
    """A SupervisedLearner whose learn() takes many steps in one call of machine code."""

    engine = "compiled"
    changeable = ("learning_rate",)

    def __init__(self, config: TrainConfig, parts: Parts | None = None) -> None:
        parts = build_parts(config) if parts is None else parts
        super().__init__(config, parts)
        from core.training.compiled import mlp, recurrent_layout, stack

        network = self.compiled_network = compiled_network(config, parts)
        self.compiled_optimizer = _optimizer(self.optimizer)
        self.loss = getattr(mlp, self._loss_name())
        self.memory: Any
        self.workspace: Any = None  # of convolutions
        if isinstance(network, stack.Network | recurrent_layout.Network):
            self.memory = mlp.Memory(*np.zeros((3, network.parameters), np.float32))
        else:
            self.memory, self.workspace = network.memory(), network.workspace(config.batch_size)
        self.share_memory()
        self.inputs = np.ascontiguousarray(self.train_inputs.flatten(1).numpy())
        self.targets = self.train_targets.double().numpy()
        if isinstance(network, recurrent_layout.Network):
            self.sequences = compiled_data(network, self.train_inputs, self.train_targets)

    def _loss_name(self) -> str:
        if self.data.task != CLASSIFICATION:
            return "SQUARED"
        return "BINARY" if self.objective.outputs == 1 else "SOFTMAX"

    def share_memory(self) -> None:
        """Make the network's parameters views of theta, so that pictures see each step's weights.

        Running means and variances alike.
        """
        theta, start = torch.from_numpy(self.memory.theta), 0
        for parameter in self.network.parameters():
            start = _share(parameter, theta, start)
        start = 0
        for norm in self._batch_norms():
            running = torch.from_numpy(self.memory.running)
            for statistics in (norm.running_mean, norm.running_var):
                start = _share(statistics, running, start)

    def _batch_norms(self) -> list[Any]:
        return [module for module in self.network.modules() if isinstance(module, nn.BatchNorm2d)]

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
                    self.workspace,
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
        for norm in self._batch_norms():
            norm.num_batches_tracked += len(factors)
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
        from core.training.compiled import cnn, recurrent, recurrent_layout, stack

        network = self.compiled_network
        if not isinstance(network, stack.Network):
            portions = []
            for portion in inputs.split(EVALUATION_BATCH):
                flat = portion.flatten(1).numpy()
                if isinstance(network, recurrent_layout.Network):
                    portions.append(recurrent.outputs(network, self.memory.theta, flat))
                else:
                    portions.append(cnn.outputs(self.workspace, self.memory, flat))
                yield progress
            return torch.from_numpy(np.concatenate(portions))
        yield progress
        flat = np.ascontiguousarray(inputs.flatten(1).numpy())
        return torch.from_numpy(stack.outputs(network, self.memory.theta, flat))

    def state(self) -> dict[str, Any]:
        """Weights, the optimiser's moments, random state and step."""
        return {
            "memory": {name: torch.from_numpy(array.copy()) for name, array in vars(self.memory).items()},
            "shuffle": self.shuffle.get_state(),
            "step": self.step,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state(), be it the eager learner's of the same training."""
        if "memory" in state:
            for name, values in state["memory"].items():
                getattr(self.memory, name)[:] = values.numpy()
        else:
            self._restore_eager(state)
        self.shuffle.set_state(state["shuffle"])
        self.step = state["step"]
        for norm in self._batch_norms():
            norm.num_batches_tracked.fill_(self.step)

    def _restore_eager(self, state: dict[str, Any]) -> None:
        """An earlier version took this training's steps in the eager way."""
        self.network.load_state_dict(state["model"])
        moments = {
            "exp_avg": "first",
            "momentum_buffer": "first",
            "exp_avg_sq": "second",
            "square_avg": "second",
        }
        start = 0
        for number, parameter in enumerate(self.network.parameters()):
            end = start + parameter.numel()
            for name, values in state["optimizer"]["state"].get(number, {}).items():
                if name in moments and values is not None:
                    getattr(self.memory, moments[name])[start:end] = values.flatten().numpy()
            start = end


def _share(tensor: Tensor, memory: Tensor, start: int) -> int:
    """Move a tensor to memory[start:]; returns where it ends."""
    end = start + tensor.numel()
    here = memory[start:end].view_as(tensor)
    here.copy_(tensor.detach())
    tensor.data = here
    return end


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
