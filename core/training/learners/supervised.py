"""Learning from examples with answers: classification and forecasts."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from core.data.dataset import CLASSIFICATION, REGRESSION
from core.events import Picture, Progress
from core.torch_devices import present_device
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners.building import build, evaluation_mode, loaded, shapes_of
from core.training.learners.learner import Scores
from core.training.objective import objective_for
from core.training.optimizers import OPTIMIZERS, build_optimizer
from core.training.schedules import SCHEDULES
from core.training.settings import mutable_while_running
from core.training.snapshots.pictures import PICTURES, PICTURES_OF_DATA

MAX_TRAINING_SAMPLES = 500  # the training part is only a yardstick here; all of it would cost time
SAMPLES_AT_ONCE = 500  # between two such portions the job can be stopped


class SupervisedLearner:
    """A network, its data and its optimiser. Tensors live on `device`; shapes are those of LoadedDataset."""

    engine = "eager"
    changeable: tuple[str, ...] = mutable_while_running("supervised")

    def __init__(self, config: TrainConfig) -> None:
        self.config, self.step = config, 0
        self.device = present_device(config.device)
        self.data = data = loaded(config)
        self.objective = objective_for(data, config.label_smoothing)
        self.model = build(config, data.train_inputs.shape[1:], self.objective.outputs).to(self.device)
        self.train_inputs = torch.from_numpy(data.train_inputs).to(self.device)
        self.train_targets = torch.from_numpy(data.train_targets).to(self.device, self.objective.target_dtype)
        self.test_inputs = torch.from_numpy(data.test_inputs).to(self.device)
        self.test_targets = torch.from_numpy(data.test_targets).to(self.device, self.objective.target_dtype)
        self.optimizer = build_optimizer(
            config.optimizer,
            self.model.parameters(),
            config.learning_rate,
            config.momentum,
            config.weight_decay,
        )
        self.applied: TrainConfig | None = config
        self.shuffle = torch.Generator().manual_seed(config.seed)
        parts = [*self.model.modules()]
        self.drops_out = any(isinstance(part, nn.Dropout) and part.p > 0 for part in parts)
        self.norms_batches = any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in parts)
        self.chance = torch.Generator().manual_seed(config.seed).get_state()  # of dropout, on the CPU

    @property
    def samples_per_epoch(self) -> int:
        """Samples of the training part."""
        return len(self.train_inputs)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of the training part."""
        return math.ceil(len(self.train_inputs) / self.config.batch_size)

    def started(self) -> TrainingStarted:
        """What is about to be trained."""
        config, data = self.config, self.data
        shapes = shapes_of(self.model)
        return TrainingStarted(
            model=config.model,
            data=config.data,
            seed=config.seed,
            device=config.device,
            parameters=sum(math.prod(shape) for shape in shapes.values()),
            shapes=shapes,
            train_samples=len(data.train_inputs),
            test_samples=len(data.test_inputs),
            input_shape=data.train_inputs.shape[1:],
            outputs=self.objective.outputs,
            epochs=config.epochs,
            steps_per_epoch=self.steps_per_epoch,
            metric=self.objective.metric_name,
            engine=self.engine,
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
        steps = self.config.epochs * self.steps_per_epoch
        factor = SCHEDULES[self.config.schedule].factor(self.step / steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * factor
        if self.config is not self.applied:
            self._apply_config()
        loss = self.objective.learning_loss(self._outputs(inputs), targets)
        self.optimizer.zero_grad()
        loss.backward()
        if self.config.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        if self.config.l1:
            self._add_l1()
        self.optimizer.step()
        self.step += 1
        return loss.detach()

    def _apply_config(self) -> None:
        """Take over settings that have changed, into the optimiser that goes on."""
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
        weights = [weight for weight in self.model.parameters() if weight.dim() > 1]
        for weight in weights:
            if weight.grad is not None:
                weight.grad.add_(weight.detach().sign(), alpha=self.config.l1)

    def _outputs(self, inputs: Tensor) -> Tensor:
        """What the network makes of a batch while it learns."""
        if self.norms_batches and len(inputs) == 1:  # one sample has no spread to be normalised by
            self.model.eval()
            outputs = self.model(inputs)
            self.model.train()
            return outputs
        if not self.drops_out:
            return self.model(inputs)
        before = torch.get_rng_state()
        torch.set_rng_state(self.chance)
        outputs = self.model(inputs)
        self.chance = torch.get_rng_state()
        torch.set_rng_state(before)
        return outputs

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """Scores on the test part, and on evenly spread samples of the training part."""
        some = slice(None, None, math.ceil(len(self.train_inputs) / MAX_TRAINING_SAMPLES))
        inputs, targets = self.train_inputs[some], self.train_targets[some]
        train_loss, train_metric = yield from self._score(inputs, targets, progress)
        test_loss, test_metric = yield from self._score(self.test_inputs, self.test_targets, progress)
        return Scores(train_loss, train_metric, test_loss, test_metric, self._details(test_loss))

    def _score(
        self, inputs: Tensor, targets: Tensor, progress: Progress
    ) -> Generator[Progress, None, tuple[float, float]]:
        portions = []
        for portion in inputs.split(SAMPLES_AT_ONCE):
            # Not around the loop: whoever takes the events would run without gradients as well.
            with evaluation_mode(self.model):
                portions.append(self.model(portion))
            yield progress
        with torch.inference_mode():
            outputs = torch.cat(portions)
            loss = self.objective.loss(outputs, targets)
            metric = self.objective.metric(outputs, targets)
        return loss.item(), metric.item()

    def _baseline(self) -> dict[str, Any]:
        """What the skill of a forecast or a regression compares with; nothing for a classification."""
        data, series = self.data, self.data.series
        if series is not None:
            words = f"as it was {series.horizon_h} hours before"
            return {"baseline": words, "baseline_rmse": series.baseline_rmse, "unit": series.unit}
        if data.task == REGRESSION:
            return {
                "baseline": "always the mean",
                "baseline_rmse": float(data.test_targets.std()) * data.answer_scale,
                "unit": "",
            }
        return {}

    def _details(self, test_loss: float) -> dict[str, float]:
        """Error on the test part, in the unit of the data; nothing for a classification."""
        if self.data.task == CLASSIFICATION:
            return {}
        series, baseline_rmse = self.data.series, self._baseline()["baseline_rmse"]
        rmse = math.sqrt(test_loss) * (series.change_scale if series else self.data.answer_scale)
        return {"rmse": rmse, "baseline_rmse": baseline_rmse, "rmse_ratio": rmse / baseline_rmse}

    def pictures_of_data(self) -> Iterator[Picture]:
        """Pictures that suit the data, before the first step."""
        return PICTURES_OF_DATA[self.data.kind](self.data)

    def pictures(self) -> Iterator[Picture]:
        """Pictures that suit the data, of this moment."""
        return PICTURES[self.data.kind](self.model, self.data, self.device, self.step)

    def state(self) -> dict[str, Any]:
        """Weights, optimiser, random state and step."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "shuffle": self.shuffle.get_state(),
            "chance": self.chance,
            "step": self.step,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state()."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.shuffle.set_state(state["shuffle"])
        self.chance = state["chance"]
        self.applied = None  # the optimiser's state brings its old settings
        self.step = state["step"]
