"""Every way in which a network can learn. To add one, add an entry; a model names its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.models import MODELS

if TYPE_CHECKING:
    from core.training import deep_q, fused, gan, graph, q_learning, rbm
    from core.training.config import TrainConfig
    from core.training.learner import Learner
else:
    deep_q = LazyModule("core.training.deep_q")
    fused = LazyModule("core.training.fused")
    gan = LazyModule("core.training.gan")
    graph = LazyModule("core.training.graph")
    q_learning = LazyModule("core.training.q_learning")
    rbm = LazyModule("core.training.rbm")

LEARNERS: dict[str, Callable[[TrainConfig], Learner]] = {
    "supervised": lambda config: fused.supervised_learner(config),
    "rbm": lambda config: rbm.RBMLearner(config),
    "gan": lambda config: gan.GANLearner(config),
    "graph": lambda config: graph.GraphLearner(config),
    "q_table": lambda config: q_learning.TableLearner(config),
    "dqn": lambda config: deep_q.DeepQLearner(config),
}


def learner_for(config: TrainConfig) -> Learner:
    """The learner of the config's network, with its data loaded.

    Raises InvalidRequest when the device cannot be used.
    """
    return LEARNERS[MODELS[config.model].learner](config)
