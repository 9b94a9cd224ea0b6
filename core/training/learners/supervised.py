"""Supervised learning: classification, regression and forecasts."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from core.data.dataset import CLASSIFICATION, REGRESSION, LoadedDataset
from core.events import Progress
from core.torch_devices import present_device
from core.training.class_scores import class_scores
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners.base import LearnerBase
from core.training.learners.building import build, evaluation_mode, loaded
from core.training.learners.learner import Scores
from core.training.learners.randomness import LayerRandomness
from core.training.objective import Objective, objective_for
from core.training.optimizers import OPTIMIZERS, build_optimizer
from core.training.settings import mutable_while_running
from core.training.validation import ValidationSplit, carve

if TYPE_CHECKING:
    import numpy as np
    from torch import optim

MAX_TRAINING_SAMPLES = 500  # the training split is only a yardstick here; all of it would cost time
EVALUATION_BATCH = 500  # between two of these the job can be stopped
PROGRESS = Progress(0, 1, "epochs")  # of an evaluation whose events nobody takes


@dataclass(frozen=True, eq=False)
class Parts:
    """What a supervised training is made of, built out of its config once, whichever engine steps it."""

    device: torch.device
    data: LoadedDataset  # its training split is what is left beside the validation split
    validation: ValidationSplit | None
    objective: Objective
    network: nn.Module
    optimizer: optim.Optimizer


def build_parts(config: TrainConfig) -> Parts:
    """Data, network and optimiser. Raises InvalidRequest when the device cannot be used."""
    device = present_device(config.device)
    data, validation = carve(loaded(config), config)
    objective = objective_for(data, config.label_smoothing)
    network = build(config, data.train_inputs.shape[1:], objective.outputs).to(device)
    optimizer = build_optimizer(
        config.optimizer, network.parameters(), config.learning_rate, config.momentum, config.weight_decay
    )
    return Parts(device, data, validation, objective, network, optimizer)


class SupervisedLearner(LearnerBase):
    """A network, its data and its optimiser. Tensors live on `device`; shapes are those of LoadedDataset."""

    changeable: tuple[str, ...] = mutable_while_running("supervised")

    def __init__(self, config: TrainConfig, parts: Parts | None = None) -> None:
        parts = build_parts(config) if parts is None else parts
        super().__init__(config, parts.device)
        self.data, self.objective = parts.data, parts.objective
        self.network, self.optimizer = parts.network, parts.optimizer
        self.train_inputs, self.train_targets = self._tensors(self.data.train_inputs, self.data.train_targets)
        self.test_inputs, self.test_targets = self._tensors(self.data.test_inputs, self.data.test_targets)
        split = parts.validation
        self.validation = None if split is None else self._tensors(split.inputs, split.targets)
        self.applied: TrainConfig | None = config
        self.shuffle = torch.Generator().manual_seed(config.seed)
        modules = [*self.network.modules()]
        self.drops_out = any(isinstance(module, nn.Dropout) and module.p > 0 for module in modules)
        self.norms_batches = any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in modules)
        self.chance = LayerRandomness(self.device, config.seed)  # of dropout

    def _tensors(self, inputs: np.ndarray, targets: np.ndarray | None) -> tuple[Tensor, Tensor]:
        assert targets is not None
        return (
            torch.from_numpy(inputs).to(self.device),
            torch.from_numpy(targets).to(self.device, self.objective.target_dtype),
        )

    @property
    def samples_per_epoch(self) -> int:
        """Samples of the training split, without those that validate."""
        return len(self.train_inputs)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of the training split."""
        return math.ceil(len(self.train_inputs) / self.config.batch_size)

    def started(self) -> TrainingStarted:
        """What is about to be trained."""
        return self.announce(
            train_samples=len(self.train_inputs),
            test_samples=len(self.test_inputs),
            validation_samples=0 if self.validation is None else len(self.validation[0]),
            input_shape=self.data.train_inputs.shape[1:],
            outputs=self.objective.outputs,
            metric=self.objective.metric_name,
            **self._baseline(),
        )

    def batches(self) -> Iterable[Any]:
        """One epoch's batches, inputs (batch, *shape) and targets (batch,), in a new random order."""
        order = torch.randperm(len(self.train_inputs), generator=self.shuffle).to(self.device)
        size = self.config.batch_size
        inputs, targets = self.train_inputs[order], self.train_targets[order]
        return zip(inputs.split(size), targets.split(size), strict=True)

    def learn(self, batch: Any) -> Tensor:
        """One step of the optimiser; returns the batch's loss, which stays on the device."""
        inputs, targets = batch
        self.schedule(self.optimizer)
        if self.config is not self.applied:
            self._apply_config()
        loss = self.objective.learning_loss(self.outputs(inputs), targets)
        self.optimizer.zero_grad()
        loss.backward()
        if self.config.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip_norm)
        if self.config.l1:
            self._add_l1()
        self.optimizer.step()
        self.step += 1
        return loss.detach()

    def _apply_config(self) -> None:
        """Give settings that have changed to the optimiser."""
        optimizer, config = OPTIMIZERS[self.config.optimizer], self.config
        for group in self.optimizer.param_groups:
            default = optimizer.weight_decay if config.weight_decay is None else config.weight_decay
            group["weight_decay"] = default
            if optimizer.has_momentum:
                group["momentum"] = config.momentum
                group["nesterov"] = group["nesterov"] and config.momentum > 0
        self.applied = config

    def _add_l1(self) -> None:
        """The gradient of l1 times the sum of absolute weights, biases left out."""
        weights = [weight for weight in self.network.parameters() if weight.dim() > 1]
        for weight in weights:
            if weight.grad is not None:
                weight.grad.add_(weight.detach().sign(), alpha=self.config.l1)

    def outputs(self, inputs: Tensor) -> Tensor:
        """The network's outputs for a batch that it learns from, with dropout."""
        if self.norms_batches and len(inputs) == 1:  # one sample has no spread to be normalised by
            self.network.eval()
            outputs = self.network(inputs)
            self.network.train()
            return outputs
        if not self.drops_out:
            return self.network(inputs)
        with self.chance.drawing():
            return self.network(inputs)

    def evaluated_splits(self) -> list[tuple[Tensor, Tensor]]:
        """What is scored: evenly spread training samples, the test split, and the validation split if any."""
        some = slice(None, None, math.ceil(len(self.train_inputs) / MAX_TRAINING_SAMPLES))
        splits = [(self.train_inputs[some], self.train_targets[some]), (self.test_inputs, self.test_targets)]
        return splits if self.validation is None else [*splits, self.validation]

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """Scores on the test split and the validation split, and on evenly spread training samples."""
        train, test, *validation = self.evaluated_splits()
        of_train = yield from self._score(*train, progress)
        test_outputs = yield from self._outputs(test[0], progress)
        scored = [of_train, self._scored(test_outputs, test[1])]
        if validation:
            scored.append((yield from self._score(*validation[0], progress)))
        return self.scores_of(scored, test_outputs)

    def scores_of(self, scored: Sequence[tuple[float, float]], test_outputs: Tensor) -> Scores:
        """Of the loss and metric of each of evaluated_splits()."""
        train, test, *rest = scored
        validation = rest[0] if rest else (None, None)
        return Scores(*train, *test, self._details(test[0], test_outputs), *validation)

    def _score(
        self, inputs: Tensor, targets: Tensor, progress: Progress
    ) -> Generator[Progress, None, tuple[float, float]]:
        outputs = yield from self._outputs(inputs, progress)
        return self._scored(outputs, targets)

    def _outputs(self, inputs: Tensor, progress: Progress) -> Generator[Progress, None, Tensor]:
        """The network's outputs, without dropout."""
        portions = []
        for portion in inputs.split(EVALUATION_BATCH):
            # Not around the loop: whoever takes the events would run without gradients as well.
            with evaluation_mode(self.network):
                portions.append(self.network(portion))
            yield progress
        with torch.inference_mode():
            return torch.cat(portions)

    def outputs_of(self, inputs: Tensor) -> Tensor:
        """The network's outputs in evaluation mode, without a pause between portions."""
        outputs: Tensor = finished(self._outputs(inputs, PROGRESS))
        return outputs

    def _scored(self, outputs: Tensor, targets: Tensor) -> tuple[float, float]:
        """Loss and metric."""
        with torch.inference_mode():
            loss, metric = self.objective.loss(outputs, targets), self.objective.metric(outputs, targets)
        return loss.item(), metric.item()

    def _baseline(self) -> dict[str, Any]:
        """What the skill of a forecast or a regression compares with; nothing for a classification."""
        data, series = self.data, self.data.series
        if series is not None:
            return {
                "baseline": series.baseline,
                "baseline_rmse": series.baseline_rmse,
                "unit": series.error_unit,
                "naive_rmse": series.naive_rmse,
            }
        if data.task == REGRESSION:
            return {
                "baseline": "always the mean",
                "baseline_rmse": float(data.test_targets.std()) * data.target_scale,
                "unit": "",
            }
        return {}

    def _details(self, test_loss: float, test_outputs: Tensor) -> dict[str, float]:
        """Of the test split: the error in the unit of the data, or what an accuracy is compared with."""
        if self.data.task == CLASSIFICATION:
            predicted = self.objective.classes(test_outputs).cpu().numpy()
            return class_scores(predicted, self.data.test_targets)
        series, baseline_rmse = self.data.series, self._baseline()["baseline_rmse"]
        rmse = math.sqrt(test_loss) * (series.change_scale if series else self.data.target_scale)
        return {"rmse": rmse, "baseline_rmse": baseline_rmse, "rmse_ratio": rmse / baseline_rmse}

    def state(self) -> dict[str, Any]:
        """Weights, optimiser, random state and step."""
        return {
            "model": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "shuffle": self.shuffle.get_state(),
            "chance": self.chance.state(),
            "step": self.step,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        self.network.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.shuffle.set_state(state["shuffle"])
        self.chance.restore(state["chance"])
        self.applied = None  # the optimiser's state brings its old settings
        self.step = state["step"]


def finished(events: Generator[Progress, None, Any]) -> Any:
    """What an evaluation returns, whose events nobody takes."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value
