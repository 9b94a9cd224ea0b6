"""Training a graph network: all nodes at once, the classes of a few of them known."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.graphs import LoadedGraph
from core.events import Progress
from core.models.gnn import GraphNetwork, Messages
from core.torch_devices import present_device
from core.training.class_scores import class_scores
from core.training.config import TrainConfig
from core.training.events import TrainingStarted
from core.training.learners.base import LearnerBase
from core.training.learners.building import build, loaded
from core.training.learners.learner import Scores
from core.training.objective import fraction
from core.training.optimizers import OPTIMIZERS
from core.training.validation import split_fraction, stratified


class GraphLearner(LearnerBase):
    """A graph network between two steps of its training; a step sees the whole graph, so it is an epoch.

    The loss is the cross-entropy of the nodes whose class is known; the others test the network. Where
    validation is due, some of those others validate in place of testing: the few known nodes are needed to
    learn from (Kipf & Welling 2017 split their graphs alike).
    """

    steps_per_epoch = 1
    sample_unit = "nodes"

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config, present_device(config.device))
        data = loaded(config)
        assert isinstance(data, LoadedGraph)
        self.data = data
        validates = self._validates()
        self.features, self.edges, self.labels, self.known, self.test, self.validation = (
            torch.from_numpy(array).to(self.device)
            for array in (
                *(data.features, data.edges, data.labels, data.known),
                *(data.test[~validates], data.test[validates]),
            )
        )
        network = build(config, data.features.shape[1:], len(data.classes))
        assert isinstance(network, GraphNetwork)
        self.network: GraphNetwork = network.to(self.device)
        self.messages = Messages.along(self.edges, self.features)
        self.optimizer = OPTIMIZERS[config.optimizer].build(self.network.parameters(), config.learning_rate)
        self.random = torch.Generator().manual_seed(config.seed)

    def _validates(self) -> np.ndarray:
        """Which of the nodes of unknown class validate, bool."""
        fraction, nodes = split_fraction(self.config), self.data.test
        if fraction is None:
            return np.zeros(len(nodes), bool)
        return stratified(self.data.labels[nodes], fraction, self.config.seed)

    @property
    def samples_per_epoch(self) -> int:
        """Nodes of the graph."""
        return len(self.features)

    def started(self) -> TrainingStarted:
        """What is about to be trained."""
        return self.announce(
            train_samples=len(self.known),
            test_samples=len(self.test),
            validation_samples=len(self.validation),
            input_shape=self.data.features.shape[1:],
            outputs=len(self.data.classes),
            metric="accuracy",
        )

    def batches(self) -> Iterator[Tensor]:
        """The nodes whose class is known, once."""
        return iter((self.known,))

    def learn(self, batch: Tensor) -> Tensor:
        """One step on the cross-entropy of the nodes in the batch; that loss."""
        self.schedule(self.optimizer)
        logits = self.network(self.features, self.messages, self.random)
        loss = F.cross_entropy(logits[batch], self.labels[batch], label_smoothing=self.config.label_smoothing)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.step += 1
        return loss.detach()

    def evaluate(self, progress: Progress) -> Generator[Progress, None, Scores]:
        """Cross-entropy and accuracy of the known nodes, of those that test and of those that validate."""
        yield progress
        with torch.inference_mode():
            logits = self.network(self.features, self.messages)
            right = logits.argmax(1) == self.labels
            loss = F.cross_entropy(logits, self.labels, reduction="none")

        def score(nodes: Tensor) -> tuple[float, float]:
            return loss[nodes].mean().item(), fraction(right[nodes]).item()

        validation = score(self.validation) if len(self.validation) else (None, None)
        tests = self.test.cpu()
        predicted, labels = logits.argmax(1).cpu()[tests].numpy(), self.labels.cpu()[tests].numpy()
        details = class_scores(predicted, labels)
        return Scores(*score(self.known), *score(self.test), details, *validation)

    def state(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""
        return {
            "step": self.step,
            "model": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": self.random.get_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to a state()."""
        self.step = state["step"]
        self.network.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.random.set_state(state["random"])
