"""Every way in which a network can learn. To add one, add an entry; a model names its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.models import MODELS

if TYPE_CHECKING:
    from core.training.compiled import learner as compiled
    from core.training.config import TrainConfig
    from core.training.learners import deep_q, gan, graph, q_table, rbm
    from core.training.learners.learner import Learner
else:
    deep_q = LazyModule("core.training.learners.deep_q")
    compiled = LazyModule("core.training.compiled.learner")
    gan = LazyModule("core.training.learners.gan")
    graph = LazyModule("core.training.learners.graph")
    q_table = LazyModule("core.training.learners.q_table")
    rbm = LazyModule("core.training.learners.rbm")

LEARNERS: dict[str, Callable[[TrainConfig], Learner]] = {
    "supervised": lambda config: compiled.supervised_learner(config),
    "rbm": lambda config: rbm.RBMLearner(config),
    "gan": lambda config: gan.GANLearner(config),
    "graph": lambda config: graph.GraphLearner(config),
    "q_table": lambda config: q_table.TableLearner(config),
    "dqn": lambda config: deep_q.DeepQLearner(config),
}


def learner_for(config: TrainConfig) -> Learner:
    """The learner of the config's network, with its data loaded.

    Raises InvalidRequest when the device cannot be used.
    """
    return LEARNERS[MODELS[config.model].learner](config)
